import type { z } from "zod";
import { createManualClock, type ManualClock } from "../../device-sims/src/clock.ts";
import { simulatorOf } from "../../device-sims/src/devices/index.ts";
import type { SimulatedScale } from "../../device-sims/src/devices/scale.ts";
import type { SimulatedTester, TesterResult } from "../../device-sims/src/devices/tester.ts";
import { createMemoryOracle, type OracleEntry } from "../../device-sims/src/oracle.ts";
import { createRandom } from "../../device-sims/src/random.ts";
import type { LineListener, SimLine } from "../../device-sims/src/transports/sim-line.ts";
import type {
  CaptureDraft,
  DriverDefinition,
  SessionContext,
  SessionLog,
  SessionMetric,
} from "../src/drivers/define-driver.ts";
import { createMemoryLine, type MemoryEnd } from "../src/transports/memory.ts";

/** Stores a draft; rejects as the outbox would. */
export type Store = (draft: CaptureDraft) => Promise<void>;

/** A driver's session with everything around it in memory, and time that moves only when told to. */
export interface Bench {
  readonly clock: ManualClock;
  /** What is on disk, in order. */
  readonly stored: CaptureDraft[];
  /** What the session wrote to the device, one number per byte. */
  readonly written: number[];
  readonly live: Readonly<Record<string, unknown>>[];
  count(metric: SessionMetric, reason?: string): number;
  /** Replaces how drafts are stored. */
  storeWith(store: Store): void;
  /** A new connection: the device's end, the gateway's end, and the session on it. */
  connect(): Connection;
}

/** One connection of a session. */
export interface Connection {
  readonly device: MemoryEnd;
  readonly port: MemoryEnd;
  readonly running: Promise<void>;
  readonly abort: () => void;
  /** How `running` ended, `undefined` while it has not. */
  readonly outcome: () => "resolved" | { readonly rejected: unknown } | undefined;
}

/** A configuration as somebody would write it, read. */
export const exampleConfig = (driver: DriverDefinition): unknown => driver.configSchema.parse(driver.example);

const silentLog: SessionLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const collectWrites = async (device: MemoryEnd, written: number[]): Promise<void> => {
  try {
    for (let bytes = await device.read(); bytes !== undefined; bytes = await device.read()) written.push(...bytes);
  } catch {
    // Unplugged.
  }
};

/** Puts a driver on a bench. `listening`: something else reads the device's end (a simulator). */
export const createBench = (
  driver: DriverDefinition,
  options: {
    readonly config?: unknown;
    readonly clock?: ManualClock;
    readonly before?: readonly CaptureDraft[];
    readonly wall?: string;
  } = {},
): Bench => {
  const clock = options.clock ?? createManualClock();
  const stored: CaptureDraft[] = [...(options.before ?? [])];
  const written: number[] = [];
  const live: Readonly<Record<string, unknown>>[] = [];
  const counts = new Map<string, number>();
  const marks = new Set<string>();
  const store: Store = async (draft) => void stored.push(draft);
  let storing = store;
  const context: SessionContext = {
    deviceId: "device-1",
    clock,
    wall: () => options.wall ?? "2024-05-17T12:00:00.000+08:00",
    log: silentLog,
    capture: (draft) => storing(draft),
    recall: async (kind, limit) => stored.flatMap((draft) => (draft.kind === kind ? [draft.body] : [])).slice(-limit),
    marks: async () => ({
      has: (mark) => marks.has(mark),
      add: async (added) => {
        for (const mark of added) marks.add(mark);
      },
    }),
    live: (payload) => void live.push(payload),
    count: (metric, reason = "", by = 1) => {
      for (const key of new Set([metric, `${metric}:${reason}`])) counts.set(key, (counts.get(key) ?? 0) + by);
    },
  };
  const session = driver.createSession(context, options.config ?? exampleConfig(driver));

  const connect = (): Connection => {
    const [device, port] = createMemoryLine("bench");
    const stopping = new AbortController();
    let outcome: ReturnType<Connection["outcome"]>;
    const running = session.run(port, stopping.signal);
    running.then(
      () => {
        outcome = "resolved";
      },
      (rejected: unknown) => {
        outcome = { rejected };
      },
    );
    void collectWrites(tapped(device), written);
    return { device, port, running, abort: () => stopping.abort(), outcome: () => outcome };
  };

  return {
    clock,
    stored,
    written,
    live,
    count: (metric, reason) => counts.get(reason === undefined ? metric : `${metric}:${reason}`) ?? 0,
    storeWith: (next) => {
      storing = next;
    },
    connect,
  };
};

const taps = new WeakMap<MemoryEnd, (bytes: Uint8Array) => void>();

/** Reads as usual, and lets a simulator hear the same. */
const tapped = (device: MemoryEnd): MemoryEnd => ({
  ...device,
  get closed() {
    return device.closed;
  },
  read: async () => {
    const bytes = await device.read();
    if (bytes !== undefined) taps.get(device)?.(bytes);
    return bytes;
  },
});

/** A simulated device of the driver's family, on the device's end of the bench's connections. */
export interface SimulatedDevice {
  readonly oracle: readonly OracleEntry[];
  /** The line is there: the simulator may speak. */
  plug(connection: Connection): void;
  /** Pulls the cable out. */
  unplug(): void;
  /** The device's message is lost or not: asked for every piece the simulator sends. */
  passes: (bytes: Uint8Array) => boolean;
  /** The same for what the gateway answers. */
  hears: (bytes: Uint8Array) => boolean;
  /** One load of 1.25 on a scale, or one result from a tester; resolves when it is over. */
  perform(number?: number, value?: string): Promise<void>;
  stop(): Promise<void>;
}

const resultOf = (number: number, value: string): TesterResult => ({
  specimenId: `S-${number}`,
  item: "韭菜",
  assay: "OP",
  value,
  unit: "%",
  flags: "A",
  completedAt: `202405170930${(number % 60).toString().padStart(2, "0")}`,
});

/** Starts the simulator of the driver's family. `settings` are those of a scenario file. */
export const simulate = (
  driver: DriverDefinition,
  bench: Bench,
  settings: Readonly<Record<string, unknown>> = {},
): SimulatedDevice => {
  const simulator = simulatorOf(driver.protocol);
  const oracle = createMemoryOracle(() => bench.clock.nowMs());
  let listener: LineListener | undefined;
  let plugged: Connection | undefined;
  let connections = 0;
  const line: SimLine = {
    address: "memory",
    connection: () => (plugged === undefined ? 0 : connections),
    send: (bytes) => {
      if (plugged === undefined) return false;
      if (device.passes(bytes)) void plugged.device.write(bytes).catch(() => {});
      return true;
    },
    listen: (next) => {
      listener = next;
    },
    drop: () => device.unplug(),
    close: async () => {},
  };
  const parts = { id: "device-1", line, clock: bench.clock, oracle, random: createRandom(1), rateHz: 10 };
  const read = (simulator.settingsSchema as z.ZodType<unknown>).parse(settings);
  const started: SimulatedScale | SimulatedTester = simulator.start(read, parts);

  const device: SimulatedDevice = {
    oracle: oracle.entries,
    plug: (connection) => {
      plugged = connection;
      connections++;
      taps.set(connection.device, (bytes) => {
        if (device.hears(bytes)) listener?.bytes(bytes);
      });
      listener?.up();
    },
    unplug: () => {
      const pulled = plugged;
      plugged = undefined;
      pulled?.device.unplug();
      listener?.down();
    },
    passes: () => true,
    hears: () => true,
    perform: async (number = 1, value = "62.3") => {
      if ("weigh" in started) {
        await Promise.all([bench.clock.advance(1000)]);
        const over = started.weigh({ value: "1.25", rampMs: 300, holdMs: 1500, restMs: 800 });
        await bench.clock.advance(2700);
        await over;
      } else {
        started.report([resultOf(number, value)]);
        await bench.clock.advance(5000);
      }
    },
    stop: async () => {
      const stopped = started.stop();
      await bench.clock.advance(0);
      await stopped;
    },
  };
  return device;
};
