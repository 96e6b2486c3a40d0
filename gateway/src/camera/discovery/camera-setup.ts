import {
  cameraZones,
  deviceIdPattern,
  MingchengError,
  type SetupCameraTest,
  type SetupChannel,
  type SetupFoundCamera,
  type SetupStreams,
} from "@mingcheng/protocols";
import { z } from "zod";
import type { CamerasConfig } from "../../config/cameras-config.ts";
import { CameraPasswords } from "../secrets/camera-passwords.ts";
import { onvifProblem } from "./camera-problems.ts";
import { CameraSubnets, usualSubnets } from "./camera-subnets.ts";
import { askStreams } from "./onvif-client.ts";
import { tryStream } from "./try-stream.ts";
import { probeCameras } from "./ws-discovery.ts";

/** What setting cameras up works with. */
export interface CameraSetupPorts {
  readonly dataDirectory: string;
  readonly config: () => CamerasConfig | undefined;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

const user = z.string().max(64).nullable().default("admin");
const password = z.string().max(128).nullable().default(null);
const address = z.string().min(1).max(1_024);
const channel = z.string().regex(deviceIdPattern);

const findSchema = z.strictObject({ seconds: z.int().min(2).max(20).default(4) });
const streamsSchema = z.strictObject({ onvifUrl: address, user, password });
const testSchema = z.strictObject({
  ...{ address, user, password },
  transport: z.enum(["tcp", "udp"]).default("tcp"),
  /** Whose stored password is used where none is given. */
  channel: channel.nullable().default(null),
});

/** A camera as it is to be written into the configuration. */
export const channelEntrySchema = z.strictObject({
  id: channel,
  zone: z.enum(cameraZones),
  address,
  subAddress: address.nullable().default(null),
  ...{ user, password },
  /** A camera with this id is there already and is to be replaced. */
  replaces: z.boolean().default(false),
});

const timeoutMs = 5_000;

const parse = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> => {
  const read = schema.safeParse(input);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new MingchengError("INPUT_INVALID", issue?.message ?? "", { field: issue?.path.join(".") ?? "" });
};

/** Finds cameras, asks what they offer, tries them, and keeps their passwords. */
export class CameraSetup {
  readonly #ports: CameraSetupPorts;

  constructor(ports: CameraSetupPorts) {
    this.#ports = ports;
  }

  get #subnets(): CameraSubnets {
    return new CameraSubnets(this.#ports.config()?.subnets ?? usualSubnets);
  }

  async channels(): Promise<{ readonly channels: readonly SetupChannel[] }> {
    const known = new Set((await CameraPasswords.open(this.#ports.dataDirectory)).list());
    const channels = (this.#ports.config()?.channels ?? []).map(({ id, zone, address: at, subAddress, user: by }) => ({
      ...{ id, zone, address: at, subAddress: subAddress ?? null, user: by, hasPassword: known.has(id) },
    }));
    return { channels };
  }

  /** @throws {MingchengError} INPUT_INVALID */
  async find(input: unknown): Promise<{ readonly found: readonly SetupFoundCamera[] }> {
    const { seconds } = parse(findSchema, input);
    const found = await probeCameras({ subnets: this.#subnets, waitMs: seconds * 1_000 });
    const channels = this.#ports.config()?.channels ?? [];
    return {
      found: found.map(({ address: at, onvifUrl, name, hardware }) => {
        const known = channels.find(({ address: one }) => URL.canParse(one) && new URL(one).hostname === at);
        return { address: at, onvifUrl, name, hardware, channel: known?.id ?? null };
      }),
    };
  }

  /** @throws {MingchengError} INPUT_INVALID */
  async streams(input: unknown): Promise<SetupStreams> {
    const { onvifUrl, user: username, password: secret } = parse(streamsSchema, input);
    const answer = await askStreams({
      ...{ onvifUrl, subnets: this.#subnets, username: username ?? "", password: secret ?? "", timeoutMs },
      nowMs: this.#ports.wallMs,
    });
    if (answer.type === "streams") return { streams: answer.streams, problem: null };
    return { streams: null, problem: onvifProblem(answer.problem, answer.detail) };
  }

  /** @throws {MingchengError} INPUT_INVALID, CAMERA_PASSWORDS_DAMAGED */
  async test(input: unknown): Promise<SetupCameraTest> {
    const { address: at, user: name, password: given, transport, channel: of } = parse(testSchema, input);
    const { dataDirectory, nowMs, after } = this.#ports;
    const stored = of === null ? undefined : (await CameraPasswords.open(dataDirectory)).get(of);
    const login = name === null ? undefined : { user: name, password: given ?? stored ?? "" };
    return tryStream({ address: at, login, transport, subnets: this.#subnets, timeoutMs, nowMs, after });
  }

  /** What is to be written, checked. @throws {MingchengError} INPUT_INVALID */
  entry(input: unknown): z.output<typeof channelEntrySchema> {
    return parse(channelEntrySchema, input);
  }

  /** Keeps a camera's password, encrypted. @throws {MingchengError} CAMERA_PASSWORDS_DAMAGED; the system's error */
  async keepPassword(of: string, secret: string): Promise<void> {
    await (await CameraPasswords.open(this.#ports.dataDirectory)).set(of, secret);
  }
}
