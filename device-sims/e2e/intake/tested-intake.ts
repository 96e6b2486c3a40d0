import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareWithLedger, type DeviceFinding } from "../../src/comparison/compare.ts";
import { recordsInEvidence, sayingsOf, storedReadingsOf } from "../../src/comparison/readings.ts";
import type { SmartAccess } from "../../src/devices/smart-link.ts";
import { type CentreProcess, startCentre } from "../../src/harness/centre-process.ts";
import { enrolGateway, type GatewayProcess, startGateway } from "../../src/harness/gateway-process.ts";
import { plantedGateway } from "../../src/harness/planted-gateway.ts";
import { until } from "../../src/harness/until.ts";
import { createMemoryOracle, type OracleEntry } from "../../src/oracle.ts";
import { type RunningScenario, runScenario } from "../../src/scenario/run-scenario.ts";
import { scenarioSchema } from "../../src/scenario/scenario.ts";
import { type IntakePlant, intakePlants } from "./plants.ts";

/** A device of the intake, as configured. */
export interface IntakeDevice {
  readonly id: string;
  readonly kind: "smart-scale" | "smart-tester";
  readonly over: "http" | "mqtt";
}

/** Centre and gateway as processes, devices with their secrets, and the devices' own log. */
export interface TestedIntake {
  readonly centre: CentreProcess;
  readonly gateway: GatewayProcess;
  readonly said: readonly OracleEntry[];
  access(id: string): SmartAccess;
  /** Switches devices on; `more` is added to each of them in the scenario. */
  play(more: (device: IntakeDevice) => Readonly<Record<string, unknown>>): Promise<RunningScenario>;
  /** What `/status` says about the intake. */
  status(): Promise<Readonly<Record<string, unknown>>>;
  /** Goes on with a gateway in which a fault is planted, on the same data. */
  plant(plant: IntakePlant): Promise<void>;
  /** What the devices said against what the ledger holds, once it holds everything. */
  findings(): Promise<readonly DeviceFinding[]>;
  dispose(): Promise<void>;
}

const gw = "market-intake";

/** A port that was free a moment ago: it has to be the same after a restart. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Starts it all. Nothing is left running when a part cannot start. */
export const startTestedIntake = async (devices: readonly IntakeDevice[]): Promise<TestedIntake> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-intake-"));
  const undo: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const dispose = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const centre = await startCentre({ dir: join(dir, "centre") });
    undo.push(() => centre.stop());
    const gatewayDir = join(dir, "gateway");
    await enrolGateway(gatewayDir, await centre.addGateway(gw));
    const ports = { http: await freePort(), mqtt: await freePort() };
    const intake = {
      listeners: (["http", "mqtt"] as const).map((protocol) => ({
        protocol,
        host: "127.0.0.1",
        port: ports[protocol],
        insecureTransport: true,
      })),
      devices: devices.map(({ id, kind }) => ({ id, kind, insecureTransport: true })),
    };
    const setup = { dir: gatewayDir, gw, devices: [], intake };
    let gateway = await startGateway(setup);
    undo.push(() => gateway.stop());
    const secrets = new Map<string, string>();
    for (const { id } of devices) {
      const printed = await gateway.command("intake", "add", id, "--config", gateway.configFile, "--json");
      secrets.set(id, (JSON.parse(printed) as { secret: string }).secret);
    }
    const oracle = createMemoryOracle();
    const access = (id: string): SmartAccess => {
      const over = devices.find((device) => device.id === id)?.over ?? "http";
      return { url: `${over}://127.0.0.1:${ports[over]}`, device: id, secret: secrets.get(id) ?? "" };
    };
    return {
      centre,
      get gateway() {
        return gateway;
      },
      said: oracle.entries,
      access,
      play: async (more) => {
        const configs = devices.map((device) => {
          const { url, secret } = access(device.id);
          return { id: device.id, kind: device.kind, url, secret, ...more(device) };
        });
        const running = await runScenario(scenarioSchema.parse({ seed: 7, devices: configs }), oracle);
        undo.push(() => running.stop());
        return running;
      },
      status: async () => (await gateway.status())["intake"] as Readonly<Record<string, unknown>>,
      plant: async (plant) => {
        await gateway.stop();
        gateway = await startGateway({ ...setup, main: plantedGateway(dir, { name: plant, ...intakePlants[plant] }) });
      },
      findings: async () => {
        await until(
          async () => {
            const { uplink } = (await gateway.status()) as { uplink: { state: string; pending: number } };
            return uplink.state === "ready" && uplink.pending === 0;
          },
          {
            what: "the centre has everything",
            withinMs: 60_000,
            everyMs: 50,
            detail: () => gateway.program.output().slice(-2_000),
          },
        );
        const file = join(dir, "evidence.mcx");
        await centre.command("export", "--gateway", gw, "--out", file);
        await centre.command("verify", file);
        const records = recordsInEvidence(readFileSync(file, "utf8"));
        return compareWithLedger(sayingsOf(oracle.entries), storedReadingsOf(records));
      },
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
};
