import { describe, expect, it } from "vitest";
import { openServiceManager, type ServiceSubject } from "./service-manager.ts";

const idle = { pendingBytes: 0, commits: 1, faults: 0 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A service manager with time by hand; `subject` and `nowMs` may be changed. */
const stand = (env: NodeJS.ProcessEnv) => {
  const told: string[] = [];
  const errors: string[] = [];
  const tasks = new Map<number, () => void>();
  const world = {
    ...{ env, told, errors },
    subject: { state: "opening", signs: idle } as ServiceSubject,
    nowMs: 1_000,
    refuses: false,
    /** Runs what is due every `ms`; false when nothing is. */
    async due(ms: number): Promise<boolean> {
      const task = tasks.get(ms);
      task?.();
      await turn();
      return task !== undefined;
    },
  };
  const manager = openServiceManager(env, {
    subject: () => world.subject,
    nowMs: () => world.nowMs,
    log: { error: (_detail, message) => void errors.push(message) },
    tell: async (message) => {
      if (world.refuses) throw new Error("spawn systemd-notify ENOENT");
      told.push(message[0] ?? "");
    },
    every: (ms, task) => {
      tasks.set(ms, task);
      return () => void tasks.delete(ms);
    },
  });
  return { ...world, manager, world };
};

const watched = () => ({ NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "60000000", WATCHDOG_PID: `${process.pid}` });

describe("the service manager", () => {
  it("is not talked to where nobody wants to hear", () => {
    expect(stand({}).manager).toBeUndefined();
    expect(stand({ NOTIFY_SOCKET: "" }).manager).toBeUndefined();
  });

  it("hears that the gateway is ready once, and keeps its socket from programs the gateway starts", async () => {
    const env: NodeJS.ProcessEnv = { ...watched(), PATH: "/bin" };
    const { manager, told, world } = stand(env);
    expect(env).toEqual({ PATH: "/bin" });
    await world.due(1_000);
    expect(told).toEqual([]);
    await manager?.ready();
    expect(await world.due(1_000)).toBe(false);
    await manager?.ready();
    expect(told).toEqual(["READY=1"]);
  });

  it("hears so, too, when the disk is unusable from the start: the process lives", async () => {
    const { told, world } = stand(watched());
    world.subject = { state: "io-error", signs: { ...idle, faults: 1 } };
    await world.due(1_000);
    expect(told).toEqual(["READY=1"]);
  });

  it("hears a sign of life every half of the watchdog's time, none once captures are stuck, and stopping last", async () => {
    const { manager, told, errors, world } = stand(watched());
    world.subject = { state: "ok", signs: idle };
    const lives = async (signs: ServiceSubject["signs"]): Promise<boolean> => {
      const before = told.length;
      world.subject = { state: "ok", signs };
      world.nowMs += 30_000;
      expect(await world.due(30_000)).toBe(true);
      return told.length > before;
    };
    expect(await lives(idle)).toBe(true);
    const stuck = { pendingBytes: 700, commits: 1, faults: 0 };
    const said = [];
    for (let times = 0; times < 6; times++) said.push(await lives(stuck));
    expect(said).toEqual([true, true, true, false, false, false]);
    expect(errors).toEqual(["service: captures are stuck, the watchdog is not told"]);
    expect(await lives({ pendingBytes: 0, commits: 2, faults: 0 })).toBe(true);
    await manager?.stopping();
    expect(told.at(-1)).toBe("STOPPING=1");
    expect(await world.due(30_000)).toBe(false);
  });

  it("has no watchdog where the time is not for this process, or is none", async () => {
    for (const env of [{ WATCHDOG_PID: "1" }, { WATCHDOG_USEC: "" }, { WATCHDOG_USEC: "soon" }]) {
      expect(await stand({ ...watched(), ...env }).world.due(30_000)).toBe(false);
    }
  });

  it("is complained about once while it cannot be told", async () => {
    const { errors, world } = stand(watched());
    world.refuses = true;
    for (let times = 0; times < 3; times++) await world.due(30_000);
    expect(errors).toHaveLength(1);
    world.refuses = false;
    await world.due(30_000);
    world.refuses = true;
    await world.due(30_000);
    expect(errors).toHaveLength(2);
  });
});
