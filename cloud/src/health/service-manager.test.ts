import { describe, expect, it } from "vitest";
import { openServiceManager, type ServiceSigns } from "./service-manager.ts";

const idle: ServiceSigns = { pending: 0, commits: 3, fault: null };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A service manager with time by hand. */
const stand = (env: NodeJS.ProcessEnv) => {
  const told: string[] = [];
  const errors: string[] = [];
  const tasks = new Map<number, () => void>();
  const world = { signs: idle, nowMs: 1_000, refuses: false };
  const manager = openServiceManager(env, {
    signs: () => world.signs,
    nowMs: () => world.nowMs,
    log: { error: (_detail, message) => void errors.push(message) },
    tell: async (message) => {
      if (world.refuses) throw new Error("spawn systemd-notify ENOENT");
      told.push(...message);
    },
    every: (ms, task) => {
      tasks.set(ms, task);
      return () => void tasks.delete(ms);
    },
  });
  /** The next sign of life is due, five minutes later. What is said then. */
  const due = async (signs: ServiceSigns): Promise<readonly string[]> => {
    const before = told.length;
    world.signs = signs;
    world.nowMs += 300_000;
    tasks.get(30_000)?.();
    await turn();
    return told.slice(before);
  };
  return { manager, told, errors, world, tasks, due };
};

const watched = (): NodeJS.ProcessEnv => ({ NOTIFY_SOCKET: "/run/n", WATCHDOG_USEC: "60000000", PATH: "/bin" });
const lives = expect.arrayContaining(["WATCHDOG=1"]);

describe("the service manager of the centre", () => {
  it("is not talked to where nobody wants to hear, and is kept from what the centre starts", async () => {
    expect(stand({}).manager).toBeUndefined();
    const env = watched();
    const { manager, told } = stand(env);
    expect([env, told]).toEqual([{ PATH: "/bin" }, []]);
    await manager?.stopping();
    expect(told).toEqual(["STOPPING=1"]);
  });

  it("hears READY once everything can be used, signs of life after that, and stopping last", async () => {
    const { manager, told, tasks, due } = stand(watched());
    expect(await due(idle)).toEqual([]);
    await manager?.ready();
    expect(told).toEqual(["READY=1", expect.stringContaining("正常入账")]);
    expect(await due(idle)).toEqual(lives);
    await manager?.stopping();
    expect([told.at(-1), tasks.size]).toEqual(["STOPPING=1", 0]);
  });

  it("hears no sign of life once messages wait without a commit, and one again after it", async () => {
    const { manager, due, errors } = stand(watched());
    await manager?.ready();
    const waiting: ServiceSigns = { pending: 9, commits: 3, fault: null };
    expect(await due(waiting)).toEqual(lives);
    expect(await due(waiting)).toEqual(lives);
    expect(await due(waiting)).toEqual([]);
    expect(await due(waiting)).toEqual([]);
    expect(errors).toEqual(["service: messages are stuck before the ledger, the watchdog is not told"]);
    expect(await due({ ...waiting, commits: 4 })).toEqual(lives);
  });

  it("hears that it lives while the store refuses: starting again would not help", async () => {
    const { manager, due } = stand(watched());
    await manager?.ready();
    const full: ServiceSigns = { pending: 9, commits: 3, fault: "database or disk is full" };
    for (let times = 0; times < 4; times++) {
      expect(await due(full)).toEqual(["WATCHDOG=1", expect.stringContaining("database or disk is full")]);
    }
  });

  it("has no watchdog where its time is not for this process, and says once that systemd cannot be told", async () => {
    const other = stand({ ...watched(), WATCHDOG_PID: "1" });
    await other.manager?.ready();
    expect(other.tasks.size).toBe(0);
    const { manager, world, due, errors } = stand(watched());
    world.refuses = true;
    await manager?.ready();
    await due(idle);
    expect(errors).toEqual(["service: systemd could not be told; is systemd-notify there?"]);
  });
});
