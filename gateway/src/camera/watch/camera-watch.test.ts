import { MingchengError } from "@mingcheng/protocols";
import { beforeEach, describe, expect, it } from "vitest";
import { channelSchema } from "../../config/cameras-config.ts";
import { CameraHealth, type HealthChange, usualHealthSettings } from "../health/camera-health.ts";
import type { GreyPicture } from "../health/picture-measure.ts";
import type { StreamListener } from "../media/camera-stream.ts";
import type { Fragment } from "../media/fragment.ts";
import type { RelayedChannel, RelayedStream } from "../relay/channels.ts";
import { CameraWatch } from "./camera-watch.ts";
import { RareFaults } from "./rare-faults.ts";

const black: GreyPicture = { widthPx: 160, heightPx: 90, pixels: new Uint8Array(160 * 90).fill(2) };
const room: GreyPicture = { ...black, pixels: Uint8Array.from({ length: 160 * 90 }, (_, at) => (at % 16) * 15) };

let nowMs: number;
let seen: GreyPicture | Error;
let jobs: number;
let changes: HealthChange[];
let listeners: StreamListener[];
let holds: number;
let faults: unknown[];

const channelOf = (): RelayedChannel => {
  const health = new CameraHealth(usualHealthSettings, nowMs);
  const stream = {
    ...{ quality: "main", health, judged: (change?: HealthChange) => change !== undefined && changes.push(change) },
    source: {
      listen: (listener: StreamListener) => {
        listeners.push(listener);
        return () => undefined;
      },
      hold: () => {
        holds++;
        return () => {
          holds--;
        };
      },
    },
  } as unknown as RelayedStream;
  const said = { id: "one", address: "rtsp://127.0.0.1/live", insecureTransport: true };
  return { config: channelSchema.parse(said), main: stream, sub: stream };
};

const watch = (channel: RelayedChannel, always = true): CameraWatch => {
  const watching = new CameraWatch({
    ...{ nowMs: () => nowMs, always, judgedBy: ({ main }) => main, onMeasured: () => undefined },
    ...{ onAway: () => undefined, onFault: (_, error) => void faults.push(error) },
    decoder: {
      grey: async () => {
        jobs++;
        if (seen instanceof Error) throw seen;
        return seen;
      },
    },
  });
  watching.add(channel);
  channel.main.health.ask(nowMs);
  return watching;
};

/** A key frame each second, for so long. */
const pass = async (channel: RelayedChannel, seconds: number): Promise<void> => {
  for (let second = 0; second < seconds; second++) {
    nowMs += 1_000;
    channel.main.health.picture({ atMs: nowMs, key: true, bytes: 50_000 });
    for (const listener of listeners) listener.fragment?.({ key: true, begin: black.pixels } as unknown as Fragment);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
};

beforeEach(() => {
  nowMs = 100_000;
  seen = room;
  jobs = 0;
  changes = [];
  listeners = [];
  holds = 0;
  faults = [];
});

describe("watching over a camera", () => {
  it("decodes a picture now and then, and the next ones sooner when something is wrong", async () => {
    const channel = channelOf();
    const watching = watch(channel);
    expect(holds).toBe(1);
    await pass(channel, 60);
    expect(jobs).toBeLessThanOrEqual(5);
    seen = black;
    await pass(channel, 20);
    expect(changes.map(({ state }) => state)).toEqual(["black"]);
    seen = room;
    await pass(channel, 3);
    expect(changes.map(({ state }) => state)).toEqual(["black", "live"]);
    watching.close();
    expect(holds).toBe(0);
  });

  it("keeps no session where it is not to", () => {
    watch(channelOf(), false);
    expect(holds).toBe(0);
  });

  it("does without a decoder, and asks for it seldom", async () => {
    const channel = channelOf();
    seen = new MingchengError("DECODER_MISSING", "ffmpeg");
    watch(channel);
    await pass(channel, 300);
    expect(jobs).toBe(1);
    expect(changes).toEqual([]);
    seen = new MingchengError("PICTURE_UNREADABLE", "cut off");
    await pass(channel, 600);
    expect(jobs).toBeLessThan(30);
  });
});

describe("faults that come again and again", () => {
  it("are written once in ten minutes, with how often they came", () => {
    const lines: object[] = [];
    let atMs = 0;
    const rare = new RareFaults(
      (detail) => lines.push(detail),
      () => atMs,
    );
    for (; atMs < 1_200_000; atMs += 1_000) rare.add("one", new MingchengError("PICTURE_UNREADABLE", "no"));
    rare.add("two", new Error("other"));
    expect(lines).toMatchObject([{ channel: "one" }, { channel: "one", times: 600 }, { channel: "two" }]);
  });
});
