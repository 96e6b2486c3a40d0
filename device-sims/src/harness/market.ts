import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GatewayList, GatewayView } from "@mingcheng/protocols";
import { compareWithLedger, type DeviceFinding } from "../comparison/compare.ts";
import { type ComparedRecord, recordsInEvidence, sayingsOf, storedReadingsOf } from "../comparison/readings.ts";
import { createMemoryOracle, type OracleEntry } from "../oracle.ts";
import { type RunningDevice, type RunningScenario, runScenario } from "../scenario/run-scenario.ts";
import { scenarioSchema } from "../scenario/scenario.ts";
import { type CentreApi, signIn } from "./centre-api.ts";
import { type CentreProcess, type CentreSetup, startCentre } from "./centre-process.ts";
import { configuredDevice } from "./configured-device.ts";
import { enrolGateway, type GatewayProcess, type GatewaySetup, startGateway } from "./gateway-process.ts";
import { zoneAtNoon } from "./noon.ts";
import { until } from "./until.ts";

/** A gateway of the test and its simulated devices (as in a scenario file, on free TCP ports unless they say otherwise). */
export interface GatewayUnderTest {
  readonly gw: string;
  readonly devices: readonly Readonly<Record<string, unknown>>[];
  readonly setup?: Partial<GatewaySetup>;
  /** Called with the gateway's directory before anything is in it. Returns how to undo it. */
  readonly prepare?: (dir: string) => () => void;
}

/** Centre, gateways and devices as real processes, and the devices' own log beside them. */
export interface MarketUnderTest {
  readonly dir: string;
  readonly centre: CentreProcess;
  readonly gateways: readonly GatewayProcess[];
  readonly devices: RunningScenario;
  readonly said: readonly OracleEntry[];
  /** Signed in once: the session outlives restarts of the centre. */
  readonly api: () => Promise<CentreApi>;
  readonly device: (id: string) => RunningDevice;
  readonly gatewayView: (gw: string) => Promise<GatewayView>;
  /** Waits until the centre holds everything that the running gateway has made durable. */
  readonly arrived: (gateway: GatewayProcess, withinMs?: number) => Promise<void>;
  /** Exports and verifies the evidence of a gateway; its records in the order of the file. */
  readonly evidence: (gw: string) => Promise<readonly ComparedRecord[]>;
  /** What the devices said against what the ledger holds. */
  readonly findings: () => Promise<readonly DeviceFinding[]>;
  readonly close: () => Promise<void>;
}

const login = { user: "tester", password: "songbai-market-7531" } as const;

const toConfigured = ({ config, device }: RunningDevice) => configuredDevice(config.id, config.kind, device.address);

/** Last durable sequence number of the gateway's running line, as it says itself. */
export const headOf = async (gateway: GatewayProcess): Promise<number> => {
  const status = (await gateway.status()) as { readonly line?: { readonly head?: number } };
  return status.line?.head ?? 0;
};

const lineHeads = async (api: CentreApi, gw: string): Promise<GatewayView> => {
  const { gateways } = await api.get<GatewayList>("/api/v1/gateways");
  const view = gateways.find((gateway) => gateway.gw === gw);
  if (view === undefined) throw new Error(`the centre does not know ${gw}`);
  return view;
};

/** Sets up centre, gateways and devices. Nothing is left running when a part cannot start. */
export const openMarket = async (
  gateways: readonly GatewayUnderTest[],
  centreSetup: Partial<CentreSetup> = {},
): Promise<MarketUnderTest> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-market-"));
  const undo: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    // What a test reads of today is not to be of yesterday because it was tried around midnight.
    const config = { timezone: zoneAtNoon(Date.now()).name, ...centreSetup.config };
    const centre = await startCentre({ dir: join(dir, "centre"), ...centreSetup, config });
    undo.push(() => centre.stop());
    await centre.addUser(login.user, "auditor", login.password);
    const oracle = createMemoryOracle();
    const configs = gateways.flatMap(({ devices }) =>
      devices.map((device) => ({ listen: "tcp://127.0.0.1:0", ...device })),
    );
    const devices = await runScenario(scenarioSchema.parse({ devices: configs }), oracle);
    undo.push(() => devices.stop());
    const device = (id: string): RunningDevice => {
      const found = devices.devices.find(({ config }) => config.id === id);
      if (found === undefined) throw new Error(`no device ${id}`);
      return found;
    };
    const started: GatewayProcess[] = [];
    for (const { gw, devices: own, setup, prepare } of gateways) {
      const gatewayDir = join(dir, gw);
      mkdirSync(gatewayDir);
      if (prepare !== undefined) undo.push(prepare(gatewayDir));
      await enrolGateway(gatewayDir, await centre.addGateway(gw), setup?.main);
      const configured = own.map(({ id }) => toConfigured(device(String(id))));
      const gateway = await startGateway({ dir: gatewayDir, gw, devices: configured, ...setup });
      undo.push(() => gateway.stop());
      started.push(gateway);
    }
    let session: Promise<CentreApi> | undefined;
    const api = (): Promise<CentreApi> => {
      session ??= signIn(centre, login.user, login.password);
      return session;
    };
    const gatewayView = async (gw: string): Promise<GatewayView> => lineHeads(await api(), gw);
    const evidence = async (gw: string): Promise<readonly ComparedRecord[]> => {
      const file = join(dir, `${gw}.mcx`);
      await centre.command("export", "--gateway", gw, "--out", file);
      await centre.command("verify", file);
      return recordsInEvidence(readFileSync(file, "utf8"));
    };
    return {
      dir,
      centre,
      gateways: started,
      devices,
      said: oracle.entries,
      api,
      device,
      gatewayView,
      arrived: async (gateway, withinMs = 30_000) => {
        const signedIn = await api();
        const head = await headOf(gateway);
        await until(
          async () => {
            const { lines } = await lineHeads(signedIn, gateway.gw);
            const line = lines.newest.find(({ eid }) => eid === gateway.line.eid);
            return (line?.contiguousHead ?? 0) >= head && lines.newest.every(isWhole);
          },
          {
            what: `everything of ${gateway.gw} has arrived`,
            withinMs,
            everyMs: 50,
            detail: () => gateway.program.output().slice(-2_000),
          },
        );
      },
      evidence,
      findings: async () => {
        const records: ComparedRecord[] = [];
        for (const { gw } of gateways) records.push(...(await evidence(gw)));
        return compareWithLedger(sayingsOf(oracle.entries), storedReadingsOf(records));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const isWhole = ({ heardHead, contiguousHead }: { readonly heardHead: number; readonly contiguousHead: number }) =>
  contiguousHead >= heardHead;

/** Findings that break the promise, in words. */
export const brokenPromises = (findings: readonly DeviceFinding[]): readonly string[] =>
  findings.flatMap(({ device, missing, twice, invented }) => [
    ...missing.map((content) => `${device} missing: ${content}`),
    ...twice.map((row) => `${device} twice: ${row}`),
    ...invented.map((row) => `${device} invented: ${row}`),
  ]);
