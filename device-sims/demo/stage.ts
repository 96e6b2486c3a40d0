import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CentreApi, signIn } from "../src/harness/centre-api.ts";
import { type CentreProcess, startCentre } from "../src/harness/centre-process.ts";
import { configuredDevice } from "../src/harness/configured-device.ts";
import { enrolGateway, type GatewayProcess, startGateway } from "../src/harness/gateway-process.ts";
import { createMemoryOracle, type OracleEntry } from "../src/oracle.ts";
import { type RunningScenario, runScenario } from "../src/scenario/run-scenario.ts";
import { type DemoCameras, registerDemoCameras, startDemoCameras } from "./cameras.ts";
import { demoMarket, demoScenario } from "./demo-market.ts";
import { type Link, openLink } from "./link.ts";
import { openWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

/** Everything that plays in the demo: each a process or a connection of its own, except the simulated devices. */
export interface Stage {
  readonly dir: string;
  readonly centre: CentreProcess;
  readonly link: Link;
  readonly gateway: GatewayProcess;
  readonly devices: RunningScenario;
  /** What the devices said and what was acknowledged to them. */
  readonly said: readonly OracleEntry[];
  readonly receiver: WebhookReceiver;
  readonly api: CentreApi;
  /** Made for this run. */
  readonly login: { readonly user: string; readonly password: string };
  /** Somebody of the market's station, who sees this market only. */
  readonly inspector: Stage["login"];
  /** Null: without cameras. */
  readonly cameras: DemoCameras | null;
  close(): Promise<void>;
}

/** How the stage is set up. */
export interface StageOptions {
  /** Folder of everything on disk; null: a temporary one that is removed at the end. */
  readonly dir: string | null;
  /** With two simulated cameras; left out: none. */
  readonly cameras?: boolean;
  /** Says what is being done, for people. */
  progress(step: "centre" | "devices" | "enrol" | "gateway"): void;
}

const openFolder = (dir: string | null): { path: string; remove(): void } => {
  if (dir === null) {
    const path = mkdtempSync(join(tmpdir(), "mingcheng-demo-"));
    return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
  }
  // Every run tells its own story: what a former one left would have to be told apart from it.
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  return { path: dir, remove: () => undefined };
};

/** Enters the sample city, and somebody who sees the demo's market only. */
const enterCity = async (centre: CentreProcess, { user, password }: Stage["inspector"]): Promise<void> => {
  await centre.command("register", "sample");
  await centre.addUser(user, "inspector", password, ["--area", demoMarket.area]);
};

/** Pictures can be looked back at for as long as the demo runs, within a gibibyte. */
const withCameras = ({ channels }: DemoCameras, dir: string): Readonly<Record<string, unknown>> => ({
  channels,
  recording: { folder: join(dir, "video"), maxGiB: 1, minFreeGiB: 1 },
});

/** Sets the stage: centre, devices, link, enrolled gateway. Nothing is left running when a part cannot start. */
export const openStage = async (options: StageOptions): Promise<Stage> => {
  const folder = openFolder(options.dir);
  const undo: (() => unknown)[] = [() => folder.remove()];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const receiver = await openWebhookReceiver(/JC-LEEK-\d+/);
    undo.push(() => receiver.close());
    options.progress("centre");
    const secretFile = join(folder.path, "webhook-secret");
    writeFileSync(secretFile, randomBytes(32).toString("hex"), { mode: 0o600 });
    const channels = [{ type: "console" }, { type: "webhook", name: "demo", url: receiver.url, secretFile }];
    const cameras = options.cameras === true ? await startDemoCameras() : null;
    undo.push(() => cameras?.stop());
    const media = cameras === null ? {} : { media: { host: "127.0.0.1", port: 0 } };
    const centre = await startCentre({ dir: join(folder.path, "centre"), config: { channels, ...media } });
    undo.push(() => centre.stop());
    const login = { user: "demo", password: randomBytes(9).toString("base64url") };
    const inspector = { user: "songbai", password: randomBytes(9).toString("base64url") };
    // Nothing waits for the city: it is entered while devices and gateway start.
    const city = enterCity(centre, inspector);
    city.catch(() => undefined);
    await centre.addUser(login.user, "centre", login.password);
    const api = await signIn(centre, login.user, login.password);
    options.progress("devices");
    const oracle = createMemoryOracle();
    const devices = await runScenario(demoScenario(folder.path), oracle);
    undo.push(() => devices.stop());
    options.progress("enrol");
    const dir = join(folder.path, "gateway");
    await enrolGateway(dir, await centre.addGateway(demoMarket.gw, demoMarket.site));
    const link = await openLink(centre.addresses.mqtts.port);
    undo.push(() => link.close());
    options.progress("gateway");
    const gateway = await startGateway({
      dir,
      gw: demoMarket.gw,
      centre: { host: "127.0.0.1", port: link.port },
      devices: devices.devices.map(({ config, device }) => configuredDevice(config.id, config.kind, device.address)),
      ...(cameras === null ? {} : { config: { cameras: withCameras(cameras, folder.path) } }),
    });
    undo.push(() => gateway.stop());
    await city;
    if (cameras !== null) await registerDemoCameras(api);
    return {
      dir: folder.path,
      centre,
      link,
      gateway,
      devices,
      said: oracle.entries,
      receiver,
      api,
      login,
      inspector,
      cameras,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
