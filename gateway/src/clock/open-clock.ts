import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ClockBody } from "@mingcheng/protocols";
import { readEvidence, systemPaths } from "./clock-evidence.ts";
import type { ClockOptions, ClockPorts, GatewayClock } from "./gateway-clock.ts";
import { KnownTime } from "./known-time.ts";
import { WallClock } from "./wall-clock.ts";

const lookEveryMs = 1_000;
const evidenceEveryMs = 10_000;
/** Largest delay of a Node.js timer. */
const maxDelayMs = 2 ** 31 - 1;
/** Changes kept for the first listener; a clock that jumps more often before is of no use anyway. */
const maxPending = 32;

const systemPorts: ClockPorts = {
  systemMs: () => Date.now(),
  monoMs: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  evidence: (bootedMs) => readEvidence(systemPaths, bootedMs),
  bootId: async () => {
    try {
      return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    } catch {
      // Without a boot id every start counts as a boot: the centre then joins nothing across it.
      return randomUUID();
    }
  },
};

/** Hands changes on outside the call that found them: whoever asked for the time must not be called back by it. */
class Changes {
  private readonly listeners = new Set<(body: ClockBody) => void>();
  private pending: ClockBody[] = [];

  add(listener: (body: ClockBody) => void): () => void {
    this.listeners.add(listener);
    if (this.pending.length > 0) setImmediate(() => this.flush());
    return () => this.listeners.delete(listener);
  }

  push(body: ClockBody): void {
    if (this.pending.length < maxPending) this.pending.push(body);
    if (this.listeners.size > 0) setImmediate(() => this.flush());
  }

  private flush(): void {
    if (this.listeners.size === 0) return;
    for (const body of this.pending.splice(0)) for (const listener of this.listeners) listener(body);
  }
}

/**
 * Opens the gateway's clock and keeps watching it: jumps every second, time services every 10 s. Nothing is started and no
 * network is used for it.
 */
export const openGatewayClock = async (options: ClockOptions): Promise<GatewayClock> => {
  const { dataDirectory, notBefore, log } = options;
  const ports = options.ports ?? systemPorts;
  const known = new KnownTime(dataDirectory, notBefore, log);
  await known.load();
  const boot = await ports.bootId();
  const evidence = () => ports.evidence(ports.systemMs() - ports.monoMs());
  const changes = new Changes();
  const { systemMs, monoMs } = ports;
  const wallClock = new WallClock(
    {
      systemMs,
      monoMs,
      floorMs: () => known.floorMs,
      onChange: (body) => {
        log.info({ ...body }, "clock: the wall clock was set or jumped");
        changes.push(body);
      },
    },
    await evidence(),
  );
  const looking = setInterval(() => wallClock.look(), lookEveryMs).unref();
  const refresh = (): Promise<void> =>
    evidence().then(
      (found) => wallClock.take(found),
      (error: unknown) => log.warn({ error: String(error) }, "clock: the time services' files cannot be read"),
    );
  const asking = setInterval(() => void refresh(), evidenceEveryMs).unref();
  const isBehind = (): boolean => systemMs() < known.floorMs;
  return {
    nowMs: monoMs,
    wall: () => wallClock.wall(),
    time: () => wallClock.read(boot),
    after: (delayMs, task) => {
      const timer = setTimeout(task, Math.min(delayMs, maxDelayMs)).unref();
      return () => clearTimeout(timer);
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          resolve();
        };
        const timer = setTimeout(end, Math.min(ms, maxDelayMs));
        signal.addEventListener("abort", end, { once: true });
      }),
    onChange: (listener) => changes.add(listener),
    learn: (at, askedMs) => {
      const centreMs = Date.parse(at);
      if (Number.isNaN(centreMs)) return;
      known.learn(centreMs);
      wallClock.learn(centreMs, askedMs);
    },
    refresh,
    floorMs: () => known.floorMs,
    isBehind,
    status: () => {
      const { wall, sync, err_ms: errMs } = wallClock.read(boot);
      const { steps, aheadOfCentreMs } = wallClock;
      return { wall, sync, errMs, isBehind: isBehind(), steps, aheadOfCentreMs };
    },
    close: async () => {
      clearInterval(looking);
      clearInterval(asking);
      await known.close();
    },
  };
};
