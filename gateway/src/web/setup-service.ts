import {
  type ErrorCode,
  MingchengError,
  type SetupChange,
  type SetupReport,
  type SetupState,
} from "@mingcheng/protocols";
import { z } from "zod";
import type { CameraSetup } from "../camera/discovery/camera-setup.ts";
import type { DetectPorts } from "../detect/detect-port.ts";
import { drivers } from "../drivers/index.ts";
import { DetectJob } from "./detect-job.ts";
import type { EventStreams } from "./event-streams.ts";
import { type ChangedConfiguration, OwnConfiguration } from "./own-configuration.ts";
import { selfCheck } from "./self-check.ts";
import { portsView, stateView } from "./state-view.ts";
import type { WebParts } from "./web-parts.ts";

const address = z.string().min(1).max(4096);
const id = z.string().min(1).max(64);

const detectSchema = z.strictObject({
  addresses: z.array(address).max(32).default([]),
  seconds: z.int().min(1).max(120).default(15),
  probe: z.boolean().default(false),
});

const acceptSchema = z.strictObject({
  id,
  protocol: z.string().min(1).max(64),
  address,
  options: z.record(z.string(), z.unknown()).default({}),
  /** An entry with this id is there already and is to be replaced. */
  replaces: z.boolean().default(false),
});

const confirmSchema = z.strictObject({ unidentified: id, device: id });

const parse = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> => {
  const read = schema.safeParse(input);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new MingchengError("INPUT_INVALID", issue?.message ?? "", { field: issue?.path.join(".") ?? "" });
};

/** What the set-up page can do, apart from how it is asked. */
export class SetupService {
  readonly detection: DetectJob;
  private readonly parts: WebParts;
  private readonly own: OwnConfiguration | null;
  private cameraSetup: CameraSetup | undefined;

  constructor(parts: WebParts, streams: EventStreams, openLine?: DetectPorts["open"]) {
    this.parts = parts;
    this.own = parts.file === null ? null : new OwnConfiguration(parts.file);
    this.detection = new DetectJob(parts, (now) => streams.tell("detection", now), openLine);
  }

  state(): SetupState {
    return stateView(this.parts);
  }

  async ports(): Promise<object> {
    return { ports: await portsView(this.parts) };
  }

  async report(): Promise<SetupReport> {
    return selfCheck(this.state(), await portsView(this.parts));
  }

  /** @throws {MingchengError} INPUT_INVALID, DETECT_BUSY */
  async detect(input: unknown): Promise<object> {
    return this.detection.start(parse(detectSchema, input));
  }

  async stopDetecting(): Promise<object> {
    await this.detection.stop();
    return this.detection.now;
  }

  /**
   * Writes the device that was found at an address, with the settings that were found there.
   * @throws {MingchengError} INPUT_INVALID, NOT_FOUND, CONFIG_INVALID, SETUP_DEVICES_REMOTE, SETUP_FILE_UNWRITABLE
   */
  async accept(input: unknown): Promise<SetupChange> {
    const { id: device, protocol, address: at, options, replaces } = parse(acceptSchema, input);
    const found = this.detection.settingsAt(at);
    if (found === undefined) throw new MingchengError("NOT_FOUND", `${at} was not looked at`, { field: "address" });
    if (!drivers.some((driver) => driver.protocol === protocol)) {
      throw new MingchengError("INPUT_INVALID", `${protocol} is no protocol`, { field: "protocol" });
    }
    const entry = { id: device, protocol, address: at, serial: found.settings, options };
    return this.change(device, (own) => own.putDevice(entry, replaces));
  }

  /**
   * Says that an unidentified adapter is this device: gives the device its place.
   * @throws {MingchengError} INPUT_INVALID, NOT_FOUND, CONFIG_INVALID, SETUP_DEVICES_REMOTE, SETUP_FILE_UNWRITABLE
   */
  async confirm(input: unknown): Promise<SetupChange> {
    const { unidentified, device } = parse(confirmSchema, input);
    const path = this.parts.supervisor.deviceOf(unidentified)?.unidentified?.path;
    if (path === undefined) throw new MingchengError("NOT_FOUND", unidentified, { field: "unidentified" });
    return this.change(device, (own) => own.moveDevice(device, path));
  }

  /** Cameras, loaded when somebody looks for them. */
  async cameras(): Promise<CameraSetup> {
    const { CameraSetup: Loaded } = await import("../camera/discovery/camera-setup.ts");
    const { parts } = this;
    this.cameraSetup ??= new Loaded({
      ...{ dataDirectory: parts.dataDirectory, config: () => parts.config().cameras },
      nowMs: () => parts.clock.nowMs(),
      wallMs: () => Date.parse(parts.clock.wall()),
      after: (delayMs, task) => parts.clock.after(delayMs, task),
    });
    return this.cameraSetup;
  }

  /**
   * Writes a camera, and keeps its password.
   * @throws {MingchengError} INPUT_INVALID, CONFIG_INVALID, SETUP_DEVICES_REMOTE, SETUP_FILE_UNWRITABLE
   */
  async putCamera(input: unknown): Promise<SetupChange> {
    const cameras = await this.cameras();
    const { password, replaces, ...entry } = cameras.entry(input);
    return this.change(entry.id, async (own) => {
      const changed = await own.putChannel(entry, replaces);
      // Before the configuration runs: the first session is to find it.
      if (password !== null) await cameras.keepPassword(entry.id, password);
      return changed;
    });
  }

  private async change(
    device: string,
    write: (own: OwnConfiguration) => Promise<ChangedConfiguration>,
  ): Promise<SetupChange> {
    const { parts, own } = this;
    const refused: ErrorCode | null =
      own === null ? "SETUP_FILE_UNWRITABLE" : parts.version() > 0 ? "SETUP_DEVICES_REMOTE" : null;
    if (own === null || refused !== null) throw new MingchengError(refused ?? "SETUP_FILE_UNWRITABLE", device);
    if (this.detection.isRunning) throw new MingchengError("DETECT_BUSY", device);
    const { read, file, previous } = await write(own);
    parts.log.warn({ device, file }, "web: the configuration was changed on the set-up page");
    const applied = await parts.apply(read).then(
      () => true,
      (error: unknown) => {
        parts.log.error({ err: error }, "web: the changed configuration could not be applied; restart the gateway");
        return false;
      },
    );
    return { device, applied, file, previous };
  }
}
