import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SimulatedScale } from "../../src/devices/scale.ts";
import { type CentreProcess, startCentre } from "../../src/harness/centre-process.ts";
import {
  type ConfiguredDevice,
  enrolGateway,
  type GatewayProcess,
  startGateway,
} from "../../src/harness/gateway-process.ts";
import { createMemoryOracle } from "../../src/oracle.ts";
import { runScenario } from "../../src/scenario/run-scenario.ts";
import { scenarioSchema } from "../../src/scenario/scenario.ts";

/** A gateway with a set-up page and nothing configured, and scales on serial ports that wait to be found. */
export interface GatewayToSetUp {
  readonly centre: CentreProcess;
  readonly gateway: GatewayProcess;
  /** Where the page is served, as the gateway says. */
  readonly url: string;
  /** Path of a scale's serial port. */
  port(scale: string): string;
  scale(id: string): SimulatedScale;
  /** A new code, from the command that makes them. */
  code(): Promise<{ readonly code: string; readonly fingerprint: string | null }>;
  close(): Promise<void>;
}

/** What is started. */
export interface SetUpPlan {
  readonly gw: string;
  readonly web?: Readonly<Record<string, unknown>>;
  /** Simulators' settings by id; each has a serial port of its own. */
  readonly scales: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Devices that are configured from the start, at the port of the scale of that name. */
  readonly configured?: Readonly<Record<string, Omit<ConfiguredDevice, "id" | "address">>>;
}

/** Starts it all as real processes. Nothing is left running when a part cannot start. */
export const startGatewayToSetUp = async ({ gw, web, scales, configured = {} }: SetUpPlan): Promise<GatewayToSetUp> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-setup-"));
  const undo: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const port = (scale: string): string => join(dir, `tty-${scale}`);
  try {
    const centre = await startCentre({ dir: join(dir, "centre") });
    undo.push(() => centre.stop());
    const devices = Object.entries(scales).map(([id, more]) => ({
      id,
      listen: `pty:${port(id)}`,
      rateHz: 15,
      ...more,
    }));
    const running = await runScenario(scenarioSchema.parse({ devices }), createMemoryOracle());
    undo.push(() => running.stop());
    const gatewayDir = join(dir, "gateway");
    await enrolGateway(gatewayDir, await centre.addGateway(gw));
    const gateway = await startGateway({
      ...{ dir: gatewayDir, gw, config: { web: { port: 0, ...web } } },
      devices: Object.entries(configured).map(([id, device]) => ({ id, address: port(id), ...device })),
    });
    undo.push(() => gateway.stop());
    const ready = JSON.parse(readFileSync(join(gatewayDir, "ready.json"), "utf8")) as { readonly web: string };
    return {
      ...{ centre, gateway, port, close, url: ready.web },
      scale: (id) => {
        const found = running.devices.find((device) => device.class === "scale" && device.config.id === id);
        if (found?.class !== "scale") throw new Error(`${id} is no scale`);
        return found.device;
      },
      code: async () => JSON.parse(await gateway.command("setup-code", "--config", gateway.configFile, "--json")),
    };
  } catch (error) {
    await close();
    throw error;
  }
};
