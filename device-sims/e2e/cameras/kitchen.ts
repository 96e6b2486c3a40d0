import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CameraConfig, SimulatedCamera } from "../../src/cameras/simulated-camera.ts";
import { type CentreApi, signIn } from "../../src/harness/centre-api.ts";
import { type CentreProcess, startCentre } from "../../src/harness/centre-process.ts";
import { enrolGateway, type GatewayProcess, startGateway } from "../../src/harness/gateway-process.ts";
import { builtModule } from "../../src/harness/repository.ts";
import { runProgram } from "../../src/harness/running-program.ts";
import { until } from "../../src/harness/until.ts";

/** A kitchen with cameras, its gateway and the centre, as real processes. */
export interface Kitchen {
  readonly dir: string;
  readonly centre: CentreProcess;
  readonly gateway: GatewayProcess;
  readonly cameras: ReadonlyMap<string, SimulatedCamera>;
  camera(id: string): SimulatedCamera;
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
  close(): Promise<void>;
}

/** What is started: cameras by channel id; `address` where the camera is another program's. */
export interface KitchenPlan {
  readonly gw: string;
  /** What is kept of them, as `cameras` of the gateway's configuration says; recordings go to a folder of the test's. */
  readonly recording?: Readonly<Record<string, unknown>>;
  readonly cameras: Readonly<Record<string, CameraConfig & { readonly channel?: Readonly<Record<string, unknown>> }>>;
}

/** Password of all simulated cameras. */
export const cameraPassword = "kitchen-1234";
/** Administrator of the test's centre. */
export const watcher = { user: "watcher", password: "bright-kitchen-2468" } as const;

/** Line of the gateway's log that says the camera process runs. */
const runningLine = (output: string): { pid: number; viewPort: number } | undefined => {
  const lines = output.split("\n").filter((line) => line.includes("cameras: the process runs"));
  const last = lines.at(-1);
  return last === undefined
    ? undefined
    : (JSON.parse(last.slice(last.indexOf("{"))) as { pid: number; viewPort: number });
};

/** Starts it all. Nothing is left running when a part cannot start. */
export const openKitchen = async ({ gw, cameras: plan, recording }: KitchenPlan): Promise<Kitchen> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-kitchen-"));
  const undo: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const cameras = new Map<string, SimulatedCamera>();
    for (const [id, { channel: _channel, ...config }] of Object.entries(plan)) {
      const camera = new SimulatedCamera(config);
      await camera.start();
      undo.push(() => camera.stop());
      cameras.set(id, camera);
    }
    const centre = await startCentre({ dir: join(dir, "centre"), config: { media: { host: "127.0.0.1", port: 0 } } });
    undo.push(() => centre.stop());
    await centre.addUser(watcher.user, "administrator", watcher.password);
    const gatewayDir = join(dir, "gateway");
    await enrolGateway(gatewayDir, await centre.addGateway(gw));
    const channels = Object.entries(plan).map(([id, { channel }]) => ({
      ...{ id, zone: "cooking", address: cameras.get(id)?.address ?? "", insecureTransport: true, ...channel },
    }));
    let output = "";
    const gateway = await startGateway({
      ...{ dir: gatewayDir, gw, devices: [] },
      config: {
        web: { port: 0 },
        cameras: {
          ...{ view: { port: 0 }, channels },
          ...(recording === undefined ? {} : { recording: { folder: join(dir, "video"), ...recording } }),
        },
      },
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
    for (const id of cameras.keys()) await setPassword(id, cameraPassword);
    const running = await until(() => runningLine(output), { what: "the camera process runs", withinMs: 20_000 });
    const ready = JSON.parse(readFileSync(join(gatewayDir, "ready.json"), "utf8")) as { readonly web: string };
    return {
      ...{ dir, centre, gateway, cameras, close, setPassword, webUrl: ready.web },
      api: await signIn(centre, watcher.user, watcher.password),
      camera: (id) => {
        const found = cameras.get(id);
        if (found === undefined) throw new Error(`no camera ${id}`);
        return found;
      },
      viewUrl: `http://127.0.0.1:${running.viewPort}`,
      cameraPid: () => runningLine(output)?.pid ?? 0,
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
