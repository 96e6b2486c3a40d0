import { type FromHub, fromHub } from "@mingcheng/protocols/media";
import { WebSocket } from "ws";
import { openSecureSocket } from "../../uplink/secure-socket.ts";
import type { Reviewer } from "../recording/reviewer.ts";
import type { MediaAccess } from "./media-access.ts";
import type { ShownChannels } from "./shown-channels.ts";
import { SocketViewer } from "./socket-viewer.ts";

/** What a link works with. */
export interface CentreLinkOptions {
  readonly shown: ShownChannels;
  readonly review: Reviewer;
  /** Folder of exported clips; undefined: nothing is recorded. */
  readonly clips: string | undefined;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
  readonly log: (level: "info" | "warn", text: string, detail: object) => void;
}

const connectMs = 10_000;
/** The connection ends so long after the last stream was closed. */
const idleMs = 15_000;
const mostMessageBytes = 16 * 1024;
const pingEveryMs = 10_000;

/**
 * The one connection for video to the centre, apart from the records', dialled only when the centre says that somebody
 * watches, and only to the centre. Over it the hub says which streams to send.
 */
export class CentreLink {
  readonly #options: CentreLinkOptions;
  readonly #streams = new Map<number, () => void>();
  #socket: WebSocket | undefined;
  #isDialling = false;
  #isFetching = false;
  #access: MediaAccess | undefined;
  #cancelIdle = (): void => undefined;
  #cancelPing = (): void => undefined;

  constructor(options: CentreLinkOptions) {
    this.#options = options;
  }

  /** Streams that are sent now. */
  get size(): number {
    return this.#streams.size;
  }

  /** Dials unless it is connected. Never rejects. */
  async dial(access: MediaAccess): Promise<void> {
    if (this.#socket !== undefined || this.#isDialling) return;
    this.#isDialling = true;
    this.#access = access;
    const { log } = this.#options;
    try {
      const { host, port, gw, credential, authorities } = access;
      const clock = { isBehind: () => access.clockIsBehind, floorMs: () => access.floorMs };
      const secure = await openSecureSocket({ host, port, authorities, clock, withinMs: connectMs });
      const authorization = `Basic ${Buffer.from(`${gw}:${credential}`).toString("base64")}`;
      const name = host.includes(":") ? `[${host}]` : host;
      // The socket is verified already; the address only names the path.
      const socket = new WebSocket(`ws://${name}:${port}/media/gateway`, {
        createConnection: () => secure,
        ...{ headers: { authorization }, maxPayload: mostMessageBytes, perMessageDeflate: false },
        ...{ handshakeTimeout: connectMs, followRedirects: false },
      });
      this.#attach(socket);
    } catch (error) {
      log("warn", "cameras: the centre's media door cannot be reached", { error: String(error) });
    } finally {
      this.#isDialling = false;
    }
  }

  #attach(socket: WebSocket): void {
    const { log } = this.#options;
    this.#socket = socket;
    let isAlive = true;
    const ping = (): void => {
      if (!isAlive) socket.terminate();
      isAlive = false;
      if (socket.readyState === socket.OPEN) socket.ping();
      this.#cancelPing = this.#options.after(pingEveryMs, ping);
    };
    socket.on("open", () => {
      log("info", "cameras: connected for video", {});
      isAlive = true;
      ping();
      this.#maybeIdle();
    });
    socket.on("pong", () => {
      isAlive = true;
    });
    socket.on("message", (data, isBinary) => {
      if (isBinary) return;
      const read = fromHub.safeParse(parsed(String(data as Buffer)));
      if (read.success) this.#obey(socket, read.data);
    });
    socket.on("error", (error) => log("warn", "cameras: the connection for video failed", { error: error.message }));
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#cancelIdle();
      this.#cancelPing();
      for (const end of this.#streams.values()) end();
      this.#streams.clear();
    });
  }

  /** One clip at a time; what does not arrive is asked for again. */
  async #fetch(clip: string): Promise<void> {
    const access = this.#access;
    const { clips, log } = this.#options;
    if (this.#isFetching || access === undefined || clips === undefined) return;
    this.#isFetching = true;
    try {
      const { uploadClip } = await import("./clip-upload.ts");
      await uploadClip(access, clips, clip);
      log("info", "cameras: a clip was brought to the centre", { clip });
    } catch (error) {
      log("warn", "cameras: a clip could not be brought to the centre", { clip, error: String(error) });
    } finally {
      this.#isFetching = false;
      this.#maybeIdle();
    }
  }

  #obey(socket: WebSocket, message: FromHub): void {
    if (message.type === "fetch") {
      void this.#fetch(message.clip);
      return;
    }
    this.#streams.get(message.stream)?.();
    this.#streams.delete(message.stream);
    if (message.type === "open") {
      const { stream, channel, quality, from, speed = 1 } = message;
      const { shown, review, nowMs } = this.#options;
      const showing = shown.formForCentre(channel, quality);
      const found = shown.find(channel, showing);
      if (typeof found === "string") {
        socket.send(JSON.stringify({ type: "ended", stream, code: found, reason: channel }));
      } else {
        const form = { source: found.source, ...(showing === quality ? {} : { showing }) };
        const viewer = new SocketViewer(socket, stream, nowMs, from === undefined ? form : {});
        const end = from === undefined ? found.watch(viewer) : review.play(channel, { from, speed }, viewer);
        this.#streams.set(stream, end);
      }
    }
    this.#maybeIdle();
  }

  #maybeIdle(): void {
    this.#cancelIdle();
    if (this.#streams.size > 0 || this.#isFetching) return;
    this.#cancelIdle = this.#options.after(idleMs, () => this.#socket?.close());
  }

  close(): void {
    this.#socket?.terminate();
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
