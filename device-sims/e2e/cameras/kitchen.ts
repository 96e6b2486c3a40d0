import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onvifOf } from "../../src/cameras/onvif-camera.ts";
import type { OnvifDevice } from "../../src/cameras/onvif-device.ts";
import { type CameraConfig, SimulatedCamera } from "../../src/cameras/simulated-camera.ts";
import { type CentreApi, signIn } from "../../src/harness/centre-api.ts";
import { type CentreProcess, startCentre } from "../../src/harness/centre-process.ts";
import { configuredDevice } from "../../src/harness/configured-device.ts";
import { enrolGateway, type GatewayProcess, startGateway } from "../../src/harness/gateway-process.ts";
import { builtModule } from "../../src/harness/repository.ts";
import { runProgram } from "../../src/harness/running-program.ts";
import { until } from "../../src/harness/until.ts";
import { createMemoryOracle } from "../../src/oracle.ts";
import { type RunningDevice, runScenario } from "../../src/scenario/run-scenario.ts";
import { scenarioSchema } from "../../src/scenario/scenario.ts";
import { hastyTester } from "../system/busy-tester.ts";

/** A market with cameras and a tester, its gateway and the centre, as real processes. */
export interface Kitchen {
  readonly dir: string;
  /** Where the gateway records, on the filesystem of its outbox. */
  readonly video: string;
  readonly centre: CentreProcess;
  readonly gateway: GatewayProcess;
  /** A tester of results, of the gateway. */
  readonly tester: RunningDevice;
  camera(id: string): SimulatedCamera;
  /** ONVIF side of the camera that is called that. */
  readonly onvif: OnvifDevice;
  /** Signed in as a user who sees the whole centre. */
  readonly api: CentreApi;
  /** Where viewers on the spot connect: `http://127.0.0.1:<port>`. */
  readonly viewUrl: string;
  /** Where the set-up page is. */
  readonly webUrl: string;
  /** The camera process. */
  cameraPid(): number;
  setupCode(): Promise<string>;
  setPassword(channel: string, password: string): Promise<void>;
  /** Runs `mingcheng-gateway camera <args> --config …` and returns what it printed. */
  spot(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Password of all simulated cameras. */
export const cameraPassword = "kitchen-1234";
/** Administrator of the test's centre. */
export const watcher = { user: "watcher", password: "bright-kitchen-2468" } as const;
/** The gateway's id: that of a market of the sample register. */
export const gw = "market-songbai";

/** What the camera that answers by ONVIF calls itself. */
export const onvifName = `kitchen-1-${process.pid}`;

type PlannedCamera = CameraConfig & { readonly channel?: Readonly<Record<string, unknown>> };

/** Which cameras there are, by channel id. */
export type KitchenPlan = Readonly<Record<string, PlannedCamera>>;

/** One of each kind. */
const everyKind: KitchenPlan = {
  "kitchen-1": { starts: "mid" },
  "kitchen-h265": { authentication: "none", sees: "kitchen-h265-640x360", channel: { record: false } },
  // Of its own recording only some seconds are kept; the centre is never sent more than pictures.
  yard: { authentication: "none", channel: { maxGiB: 0.0002, uplink: "pictures" } },
  "test-room": { authentication: "none", channel: { zone: "test-room" } },
  old: { authentication: "none", channel: { record: false, compatibility: "node-rtsp-stream" } },
};

/** Room for the outbox, some minutes of recording, and the least that recording leaves free. */
const diskMiB = 192;

/** Line of the gateway's log that says the camera process runs. */
const runningLine = (output: string): { pid: number; viewPort: number } | undefined => {
  const lines = output.split("\n").filter((line) => line.includes("cameras: the process runs"));
  const last = lines.at(-1);
  return last === undefined
    ? undefined
    : (JSON.parse(last.slice(last.indexOf("{"))) as { pid: number; viewPort: number });
};

const place = async (api: CentreApi, plan: KitchenPlan): Promise<void> => {
  const from = "2026-01-01T00:00:00+08:00";
  const put = Object.keys(plan).flatMap((dev) => [
    { kind: "devices", values: { gw, dev, class: "camera" }, from },
    { kind: "placements", values: { gw, dev, site: "songbai" }, from },
  ]);
  await api.post("/api/v1/register/changes", { put, withdraw: [], dryRun: false, note: "test" });
};

/** How something that was started is ended again, in reverse. */
type Undo = (() => unknown)[];

/** A small filesystem for the gateway, where this process may mount one: it is filled later. */
const mountSmall = (folder: string, undo: Undo): void => {
  mkdirSync(folder);
  if (process.getuid?.() !== 0) return;
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${diskMiB}m`, "mingcheng-test", folder]);
  undo.push(() => execFileSync("umount", ["-l", folder]));
};

/** Starts the cameras and one's ONVIF side. */
const openCameras = async (undo: Undo, plan: KitchenPlan): Promise<Pick<Kitchen, "camera" | "onvif">> => {
  const cameras = new Map<string, SimulatedCamera>();
  for (const [id, { channel: _channel, ...config }] of Object.entries(plan)) {
    const camera = new SimulatedCamera(config);
    await camera.start();
    undo.push(() => camera.stop());
    cameras.set(id, camera);
  }
  const camera = (id: string): SimulatedCamera => {
    const found = cameras.get(id);
    if (found === undefined) throw new Error(`no camera ${id}`);
    return found;
  };
  // Other tests on this machine may have cameras that answer, too.
  const onvif = onvifOf(camera("kitchen-1"), { name: onvifName });
  await onvif.start();
  undo.push(() => onvif.stop());
  return { camera, onvif };
};

const openTester = async (undo: Undo): Promise<RunningDevice> => {
  const devices = [{ id: "tester-1", listen: "tcp://127.0.0.1:0", ...hastyTester }];
  const running = await runScenario(scenarioSchema.parse({ devices }), createMemoryOracle());
  undo.push(() => running.stop());
  const [tester] = running.devices;
  if (tester === undefined) throw new Error("no tester");
  return tester;
};

const configOf = (video: string, camera: Kitchen["camera"], plan: KitchenPlan): Readonly<Record<string, unknown>> => ({
  web: { port: 0 },
  cameras: {
    view: { port: 0 },
    channels: Object.entries(plan).map(([id, { channel, authentication }]) => ({
      ...{ id, zone: "cooking", address: camera(id).address, insecureTransport: true },
      ...{ user: authentication === "none" ? null : "admin", ...channel },
    })),
    recording: { folder: video, maxGiB: 1, minFreeGiB: 0.1, segmentSeconds: 2 },
  },
});

const openCentre = async (dir: string, undo: Undo): Promise<{ centre: CentreProcess; code: string }> => {
  const centre = await startCentre({ dir, config: { media: { host: "127.0.0.1", port: 0 } } });
  undo.push(() => centre.stop());
  const [code] = await Promise.all([
    centre.addGateway(gw),
    centre.addUser(watcher.user, "administrator", watcher.password),
    centre.command("register", "sample"),
  ]);
  return { centre, code };
};

/** Starts it all. Nothing is left running when a part cannot start. */
export const openKitchen = async (plan: KitchenPlan = everyKind): Promise<Kitchen> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-kitchen-"));
  const undo: Undo = [() => rmSync(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const gatewayDir = join(dir, "gateway");
    mountSmall(gatewayDir, undo);
    const { camera, onvif } = await openCameras(undo, plan);
    const tester = await openTester(undo);
    const { centre, code } = await openCentre(join(dir, "centre"), undo);
    const [api] = await Promise.all([signIn(centre, watcher.user, watcher.password), enrolGateway(gatewayDir, code)]);
    await place(api, plan);
    const video = join(gatewayDir, "video");
    let output = "";
    const gateway = await startGateway({
      ...{ dir: gatewayDir, gw, outbox: { segmentMiB: 1, reserveKiB: 256 }, config: configOf(video, camera, plan) },
      devices: [configuredDevice("tester-1", "lis", tester.device.address)],
      onOutput: (text) => {
        output += text;
      },
    });
    undo.push(() => gateway.stop());
    const setPassword = async (channel: string, password: string): Promise<void> => {
      await runProgram({
        name: "mingcheng-gateway camera password",
        command: process.execPath,
        args: [builtModule("gateway/dist/main.js"), "camera", "password", channel, "--config", gateway.configFile],
        input: `${password}\n`,
      });
    };
    for (const [id, { authentication }] of Object.entries(plan)) {
      if (authentication !== "none") await setPassword(id, cameraPassword);
    }
    const running = await until(() => runningLine(output), {
      ...{ what: "the camera process runs", withinMs: 60_000, detail: () => output.slice(-2_000) },
    });
    const ready = JSON.parse(readFileSync(join(gatewayDir, "ready.json"), "utf8")) as { readonly web: string };
    return {
      ...{ dir, video, centre, gateway, tester, api, camera, onvif, close, setPassword, webUrl: ready.web },
      get viewUrl() {
        return `http://127.0.0.1:${(runningLine(output) ?? running).viewPort}`;
      },
      cameraPid: () => runningLine(output)?.pid ?? 0,
      spot: (...args) => gateway.command("camera", ...args, "--config", gateway.configFile),
      setupCode: async () => {
        const text = await gateway.command("setup-code", "--config", gateway.configFile, "--json");
        return (JSON.parse(text) as { readonly code: string }).code;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
};
