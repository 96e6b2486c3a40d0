import { createServer, type Server } from "node:net";
import { MingchengError } from "@mingcheng/protocols";
import type { CodedStream } from "./coded-stream.ts";
import { type Authentication, type Login, LoginCheck } from "./digest-check.ts";
import type { Encoding } from "./encode-pictures.ts";
import { type FixtureName, fixtureEncodings, fixtureStream } from "./fixtures.ts";
import type { PictureSender } from "./picture-sender.ts";
import { type ConnectionHost, RtspConnection } from "./rtsp-connection.ts";
import { sessionDescription } from "./session-description.ts";

/** What a simulated camera is and does. */
export interface CameraConfig {
  readonly host?: string;
  /** 0 takes any free one. */
  readonly port?: number;
  /** Path of its stream. */
  readonly path?: string;
  /** What it sees: a committed stream, or another one. */
  readonly sees?: FixtureName | CodedStream;
  readonly authentication?: Authentication;
  readonly login?: Login;
  /** Requests after which a nonce of digest authentication is stale. */
  readonly usesOfNonce?: number;
  /** True: also sends sound (G.711 A-law). */
  readonly sound?: boolean;
  /** `key`: the first picture of every client is a key frame; `mid`: it joins wherever the camera is. */
  readonly starts?: "key" | "mid";
  /** True: parameter sets also stand in the session description. */
  readonly describesParameters?: boolean;
  readonly mostPacketBytes?: number;
  readonly aggregates?: boolean;
  /** A session without requests for so long ends. */
  readonly sessionSeconds?: number;
}

/**
 * What can be wrong with it. `stall`: the connection lives, no picture comes. `mute`: it answers nothing any more. `freeze`,
 * `black`, `cover`: pictures come and show that. `resize`: pictures of another size. `none`: nothing.
 */
export const cameraFaults = ["none", "stall", "mute", "freeze", "black", "cover", "resize"] as const;

/** See {@link cameraFaults}. */
export type CameraFault = (typeof cameraFaults)[number];

const shown: Partial<Record<CameraFault, FixtureName>> = {
  freeze: "frozen-640x360",
  black: "black-640x360",
  cover: "covered-640x360",
  resize: "kitchen-320x240",
};

/** A camera that speaks RTSP (RFC 2326) over TCP, with RTP in the connection or by UDP. */
export class SimulatedCamera {
  readonly #config: Required<CameraConfig>;
  readonly #connections = new Set<RtspConnection>();
  readonly #senders = new Map<PictureSender, number>();
  readonly #sentMs: number[] = [];
  readonly #requests: string[] = [];
  #check: LoginCheck;
  #login: Login;
  #stream: CodedStream;
  #fault: CameraFault = "none";
  #server: Server | undefined;
  #port: number;
  #ticker: NodeJS.Timeout | undefined;
  #ticks = 0;
  #startedMs = 0;
  #mostSessions = 0;

  constructor(config: CameraConfig = {}) {
    this.#config = {
      ...{ host: "127.0.0.1", port: 0, path: "/live", sees: "kitchen-640x360", authentication: "digest" },
      ...{ login: { user: "admin", password: "kitchen-1234" }, usesOfNonce: 1_000, sound: false, starts: "key" },
      ...{ describesParameters: true, mostPacketBytes: 1_400, aggregates: true, sessionSeconds: 60 },
      ...config,
    };
    this.#port = this.#config.port;
    this.#login = this.#config.login;
    this.#check = new LoginCheck(this.#config.authentication, this.#config.usesOfNonce);
    this.#stream = this.#usual();
  }

  #usual(): CodedStream {
    const { sees } = this.#config;
    return typeof sees === "string" ? fixtureStream(sees) : sees;
  }

  /** Where it can be reached, without a password. */
  get address(): string {
    return `rtsp://${this.#config.host}:${this.#port}${this.#config.path}`;
  }

  /** Name and password that it takes now. */
  get login(): Login {
    return this.#login;
  }

  /** The stream it shows when nothing is wrong with it: of the committed ones, how it was made; else undefined. */
  get encoding(): Encoding | undefined {
    const { sees } = this.#config;
    return typeof sees === "string" ? fixtureEncodings[sees] : undefined;
  }

  /** Sessions that are being sent pictures now, and the most there ever were. */
  get sessions(): { readonly now: number; readonly most: number } {
    return { now: this.#senders.size, most: this.#mostSessions };
  }

  /** Methods of all requests so far. */
  get requests(): readonly string[] {
    return this.#requests;
  }

  /** When the picture with that number was sent last, milliseconds since 1970; undefined: never. */
  sentMs(number: number): number | undefined {
    return this.#sentMs[number];
  }

  /** Begins to listen. @throws {MingchengError} SIM_LINE_FAILED when the address is taken */
  async start(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => {
      const connection = new RtspConnection(socket, this.#host());
      this.#connections.add(connection);
      socket.on("close", () => this.#connections.delete(connection));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause) => reject(new MingchengError("SIM_LINE_FAILED", String(cause), { cause })));
      server.listen(this.#port, this.#config.host, resolve);
    });
    const bound = server.address();
    if (typeof bound === "object" && bound !== null) this.#port = bound.port;
    this.#server = server;
    this.#startedMs = performance.now();
    this.#ticks = 0;
    this.#tick();
  }

  /** From now on this is wrong with it. */
  fault(fault: CameraFault): void {
    const before = shown[this.#fault];
    this.#fault = fault;
    const name = shown[fault];
    if (name === before) return;
    this.#stream = name === undefined ? this.#usual() : fixtureStream(name);
    for (const sender of this.#senders.keys()) sender.restart();
  }

  /** Loses the next packets on their way to every client. */
  lose(packets: number): void {
    for (const sender of this.#senders.keys()) sender.lose += packets;
  }

  /** Takes another password from now on. Sessions that are open stay, as with real cameras. */
  changePassword(password: string): void {
    this.#login = { ...this.#login, password };
    this.#check = new LoginCheck(this.#config.authentication, this.#config.usesOfNonce);
  }

  /** Ends every connection, as a pulled cable does once. */
  drop(): void {
    for (const connection of this.#connections) connection.drop();
  }

  /** Refuses connections until {@link start}; those that are open end. */
  async stop(): Promise<void> {
    clearTimeout(this.#ticker);
    const server = this.#server;
    this.#server = undefined;
    this.drop();
    await new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  #tick(): void {
    const frameMs = 1_000 / this.#stream.framesPerSecond;
    const isSilent = this.#fault === "stall" || this.#fault === "mute";
    const { mostPacketBytes: mostBytes, aggregates } = this.#config;
    for (const [sender, firstTick] of isSilent ? [] : this.#senders) {
      const number = sender.sendNext({ stream: this.#stream, mostBytes, aggregates }, this.#ticks - firstTick);
      this.#sentMs[number] = performance.timeOrigin + performance.now();
    }
    this.#ticks++;
    const dueMs = this.#startedMs + this.#ticks * frameMs;
    this.#ticker = setTimeout(() => this.#tick(), Math.max(0, dueMs - performance.now()));
  }

  #host(): ConnectionHost {
    const { path, sessionSeconds, sound, describesParameters: says, starts } = this.#config;
    return {
      ...{ path, sessionSeconds },
      isMute: () => this.#fault === "mute",
      check: ({ method, uri, headers }) => this.#check.check(method, uri, headers.get("authorization"), this.#login),
      describe: () => sessionDescription(this.#stream, { says, sound }),
      startAt: () => (starts === "key" ? 0 : this.#ticks),
      note: (method) => void this.#requests.push(method),
      playing: (sender) => {
        this.#senders.set(sender, this.#ticks);
        this.#mostSessions = Math.max(this.#mostSessions, this.#senders.size);
      },
      ended: (sender) => void this.#senders.delete(sender),
    };
  }
}
