import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MingchengError } from "@mingcheng/protocols";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { systemClock } from "../../device-sims/src/clock.ts";
import { startProgram } from "../../device-sims/src/harness/running-program.ts";
import { until } from "../../device-sims/src/harness/until.ts";
import type { OracleEntry } from "../../device-sims/src/oracle.ts";
import type { CaptureDraft, DriverDefinition } from "../src/drivers/define-driver.ts";
import { drivers } from "../src/drivers/index.ts";
import { openTransport } from "../src/transports/open-transport.ts";
import { exampleConfig } from "./driver-contract-bench.ts";

const simulators = fileURLToPath(new URL("../../device-sims/dist/src/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "mingcheng-lines-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = (value: string) => ({ do: "weigh", value, rampMs: 200, holdMs: 800, restMs: 500 });
const report = (specimenId: string) => ({ do: "report", results: [{ specimenId, item: "韭菜", value: "62.3" }] });

/** Loads or results before and after the cable is pulled out and put back; each of its own value. */
const script = {
  scale: [
    load("1.25"),
    load("1.50"),
    { do: "unplug" },
    { do: "await-connection" },
    { do: "wait", ms: 400 },
    load("2.50"),
    load("2.75"),
  ],
  tester: [
    report("S-1"),
    { do: "drain" },
    { do: "unplug" },
    { do: "await-connection" },
    report("S-2"),
    { do: "drain" },
  ],
} as const;

const settings: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  // A 7E1 terminal: neither a pseudo-terminal nor a serial-to-TCP box takes the parity bit off.
  "mt-continuous": { places: 2, parityBit: true },
  lis: { busyDelayMs: 200, messageRetryDelayMs: 200 },
};

/** One driver of each manner: sends by itself, is asked, is acknowledged, keeps results to be read. */
const manners = ["mt-continuous", "yaohua-a9", "toledo-8217", "lis", "lz-4000t"];
const driversOnSerialPorts = drivers.filter(({ protocol }) => manners.includes(protocol));

const scenarioOf = (heard: readonly DriverDefinition[], listen: (protocol: string) => string): string =>
  stringify({
    devices: heard.map(({ protocol, deviceClass }) => ({
      id: protocol,
      kind: protocol,
      listen: listen(protocol),
      settings: settings[protocol] ?? {},
      ...(deviceClass === "scale" ? { rateHz: 20 } : {}),
      script: [{ do: "await-connection" }, { do: "wait", ms: 400 }, ...script[deviceClass]],
    })),
  });

interface ListeningGateway {
  readonly captured: CaptureDraft[];
  readonly connections: () => number;
  readonly stop: () => Promise<void>;
}

/** What the supervisor does for one device, as short as can be: open, run, open again. */
const listenTo = (driver: DriverDefinition, address: string): ListeningGateway => {
  const stopping = new AbortController();
  const captured: CaptureDraft[] = [];
  let connections = 0;
  const session = driver.createSession(
    {
      deviceId: driver.protocol,
      clock: systemClock,
      wall: () => new Date().toISOString(),
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      capture: async (draft) => void captured.push(draft),
      recall: async () => [],
      marks: async () => ({ has: () => false, add: async () => undefined }),
      live: () => {},
      count: () => {},
    },
    exampleConfig(driver),
  );
  const serve = async (): Promise<void> => {
    const stream = await openTransport(address, driver.transportDefaults, stopping.signal);
    connections++;
    try {
      await session.run(stream, stopping.signal);
    } finally {
      await stream.close();
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await serve();
      } catch (error) {
        if (!(error instanceof MingchengError && error.retryable)) throw error;
        await systemClock.sleep(50, stopping.signal);
      }
    }
  };
  const running = run();
  return {
    captured,
    connections: () => connections,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};

/** Plays the scenario with simulators as a process of their own; returns what each side says happened. */
const play = async (heard: readonly DriverDefinition[], scenario: string, name: string) => {
  const [file, oracleFile] = [join(folder, `${name}.yaml`), join(folder, `${name}.jsonl`)];
  writeFileSync(file, scenario);
  const args = [simulators, "run", file, "--oracle", oracleFile, "--until-done", "--seconds", "40"];
  const program = startProgram({ name: "simulators", command: process.execPath, args });
  const ready = await until(() => /^\{"event":"ready".*\}$/m.exec(program.output())?.[0], {
    what: "simulators are ready",
    withinMs: 20_000,
    detail: () => program.output(),
  });
  const { devices } = JSON.parse(ready) as { devices: { kind: string; address: string }[] };
  const gateways = new Map(
    heard.map((driver) => {
      const address = devices.find(({ kind }) => kind === driver.protocol)?.address ?? "";
      return [driver.protocol, listenTo(driver, address)] as const;
    }),
  );
  const exit = await program.exited;
  for (const gateway of gateways.values()) await gateway.stop();
  if (exit.code !== 0) throw new Error(program.output());
  const oracle = readFileSync(oracleFile, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as OracleEntry);
  return { heard, gateways, oracle };
};

/**
 * What a device says it said, loads by value, results by specimen, and what of it whoever listened must have: on a busy
 * machine a simulated scale may miss its own pace, and then it promises nothing.
 */
const saidBy = (protocol: string, oracle: readonly OracleEntry[]) => {
  const own = oracle.filter((entry) => entry.device === protocol);
  const all = own.flatMap((entry) => {
    if (entry.event === "load") return [entry.value];
    return entry.event === "result-said" ? [entry.specimenId] : [];
  });
  const promised = own.flatMap((entry) => {
    if (entry.event === "load" && entry.heard) return [entry.value];
    return entry.event === "result-acknowledged" ? [entry.specimenId] : [];
  });
  return { all, promised };
};

const soldIn = (body: CaptureDraft["body"]): unknown => (body["lines"] as { weight: unknown }[])[0]?.weight;

const capturedAs = ({ kind, body }: CaptureDraft): string =>
  // An instrument without numbers and names tells its results apart by channel.
  String(kind === "test" ? body["specimenId"] || body["channel"] : kind === "sale" ? soldIn(body) : body["value"]);

const expectHeard = ({ heard, gateways, oracle }: Awaited<ReturnType<typeof play>>): void => {
  for (const { protocol } of heard) {
    const gateway = gateways.get(protocol);
    const captured = gateway?.captured.map(capturedAs) ?? [];
    const { all, promised } = saidBy(protocol, oracle);
    const told = `${protocol}: captured ${captured.join()}, said ${all.join()}`;
    expect(gateway?.connections(), told).toBeGreaterThanOrEqual(2);
    expect(
      promised.filter((value) => !captured.includes(value)),
      told,
    ).toEqual([]);
    expect(
      captured.filter((value, index) => !all.includes(value) || captured.indexOf(value) !== index),
      told,
    ).toEqual([]);
    expect(captured.length, told).toBeGreaterThanOrEqual(1);
  }
};

describe("drivers and their simulators, with the cable pulled out and put back", () => {
  it("every one over TCP", async () => {
    const scenario = scenarioOf(drivers, () => "tcp://127.0.0.1:0");
    expectHeard(await play(drivers, scenario, "tcp"));
  });

  it("one of each manner over serial ports", async () => {
    expect(driversOnSerialPorts).toHaveLength(manners.length);
    const scenario = scenarioOf(driversOnSerialPorts, (protocol) => `pty:${join(folder, protocol)}`);
    expectHeard(await play(driversOnSerialPorts, scenario, "pty"));
  });
});
