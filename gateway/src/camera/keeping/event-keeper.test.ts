import { beforeEach, describe, expect, it } from "vitest";
import { channelSchema } from "../../config/cameras-config.ts";
import { EventKeeper } from "./event-keeper.ts";
import type { HoldAsk } from "./recording-desk.ts";

const channel = (id: string, zone: string, devices: readonly string[] = []) =>
  channelSchema.parse({ id, zone, devices, address: "rtsp://127.0.0.1/live", insecureTransport: true });

let nowMs: number;
let holds: HoldAsk[];
let stills: string[];
let faults: unknown[];
let refuses: boolean;

const keeperOf = (...channels: ReturnType<typeof channel>[]): EventKeeper =>
  new EventKeeper({
    ...{ channels, eventDays: 30, nowMs: () => nowMs, wallMs: () => 1_000_000 + nowMs },
    hold: async (ask) => {
      if (refuses) throw new Error("full");
      holds.push(ask);
    },
    still: async (id) => {
      stills.push(id);
    },
    onFault: (_, error) => faults.push(error),
  });

const record = (device: string, cause: "test" | "weighing", seq = 1) => ({
  ...{ type: "event" as const, device, cause, ref: `1/${"a".repeat(32)}/${seq}` },
});

beforeEach(() => {
  nowMs = 50_000;
  holds = [];
  stills = [];
  faults = [];
  refuses = false;
});

describe("what cameras saw of what devices recorded", () => {
  it("is held before and after, with a still, and names the record", async () => {
    await keeperOf(channel("lab", "test-room"), channel("stove", "cooking")).take(record("tester-1", "test"));
    expect(holds).toEqual([
      {
        ...{ id: expect.stringMatching(/^test-[0-9a-f]{24}$/), channel: "lab", fromMs: 990_000, toMs: 1_170_000 },
        ...{ cause: { type: "test", ref: `1/${"a".repeat(32)}/1` }, by: "system", why: "", days: 30 },
      },
    ]);
    expect(stills).toEqual(["lab"]);
  });

  it("goes by the devices that a camera sees, where it says which", async () => {
    const keeper = keeperOf(
      channel("lab", "test-room", ["tester-2"]),
      channel("bin", "disposal", ["scale-9"]),
      channel("shop", "stalls", ["scale-9"]),
    );
    await keeper.take(record("tester-1", "test"));
    expect(holds).toEqual([]);
    await keeper.take(record("scale-9", "weighing"));
    expect(holds.map(({ channel: id, cause }) => [id, cause.type])).toEqual([["bin", "goods-destroyed"]]);
  });

  it("is left out when a memory is read, and one picture does for one moment", async () => {
    const keeper = keeperOf(channel("lab", "test-room"));
    for (let seq = 1; seq <= 40; seq++) await keeper.take(record("tester-1", "test", seq));
    expect(holds).toHaveLength(5);
    expect(stills).toHaveLength(1);
    nowMs += 60_000;
    await keeper.take(record("tester-1", "test", 41));
    expect([holds.length, stills.length]).toEqual([6, 2]);
  });

  it("says what could not be held, and keeps the still all the same", async () => {
    refuses = true;
    await keeperOf(channel("lab", "test-room")).take(record("tester-1", "test"));
    expect(faults).toHaveLength(1);
    expect(stills).toEqual(["lab"]);
  });
});
