import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { openTrack, type TrackSink } from "./media-track.ts";
import { PictureSender } from "./picture-sender.ts";
import { type RtspRequest, takeRequests } from "./rtsp-text.ts";

/** What a connection asks its camera. */
export interface ConnectionHost {
  readonly path: string;
  readonly sessionSeconds: number;
  /** True while it answers nothing at all. */
  isMute(): boolean;
  /** Null: let in; else what `WWW-Authenticate` says. */
  check(request: RtspRequest): string | null;
  describe(): string;
  /** Which picture of the loop a client sees first. */
  startAt(): number;
  note(method: string): void;
  playing(sender: PictureSender): void;
  ended(sender: PictureSender): void;
}

const mostBytes = 64 * 1024;

interface Answer {
  readonly status: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** One client of a simulated camera. */
export class RtspConnection {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #session = randomBytes(8).toString("hex");
  readonly #tracks = new Map<string, TrackSink>();
  #sender: PictureSender | undefined;
  #received: Buffer = Buffer.alloc(0);
  #busy = Promise.resolve();
  #expiry: NodeJS.Timeout | undefined;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    socket.on("error", () => undefined);
    socket.on("close", () => this.#end());
    socket.on("data", (bytes) => {
      const { requests, rest } = takeRequests(Buffer.concat([this.#received, bytes]));
      this.#received = rest;
      if (rest.length > mostBytes) socket.destroy();
      for (const request of requests) this.#busy = this.#busy.then(() => this.#serve(request));
    });
  }

  drop(): void {
    this.#socket.destroy();
  }

  async #serve(request: RtspRequest): Promise<void> {
    this.#host.note(request.method);
    if (this.#host.isMute()) return;
    this.#stayAlive();
    const { status, headers = [], body = "" } = await this.#answer(request);
    const sequence = `CSeq: ${request.headers.get("cseq") ?? "0"}`;
    const length = body === "" ? [] : ["Content-Type: application/sdp", `Content-Length: ${Buffer.byteLength(body)}`];
    const lines = [`RTSP/1.0 ${status}`, sequence, "Server: simulated camera", ...headers, ...length, "", body];
    if (!this.#socket.destroyed) this.#socket.write(lines.join("\r\n"));
    if (request.method === "PLAY" && status === "200 OK") this.#play();
  }

  async #answer(request: RtspRequest): Promise<Answer> {
    const { method, uri, headers } = request;
    if (method === "OPTIONS") {
      return { status: "200 OK", headers: ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"] };
    }
    const login = this.#host.check(request);
    if (login !== null) return { status: "401 Unauthorized", headers: [`WWW-Authenticate: ${login}`] };
    if (!uri.replace(/^rtsp:\/\/[^/]*/, "").startsWith(this.#host.path)) return { status: "404 Not Found" };
    switch (method) {
      case "DESCRIBE":
        return { status: "200 OK", headers: [`Content-Base: ${uri}/`], body: this.#host.describe() };
      case "SETUP":
        return this.#setUp(uri, headers.get("transport") ?? "");
      case "PLAY":
        return {
          status: this.#tracks.size === 0 ? "455 Method Not Valid in This State" : "200 OK",
          headers: this.#sessionHeader(),
        };
      case "GET_PARAMETER":
        return { status: "200 OK", headers: this.#sessionHeader() };
      case "TEARDOWN":
        this.#end();
        return { status: "200 OK" };
      default:
        return { status: "501 Not Implemented" };
    }
  }

  #sessionHeader(): string[] {
    return [`Session: ${this.#session};timeout=${this.#host.sessionSeconds}`];
  }

  async #setUp(uri: string, transport: string): Promise<Answer> {
    const sink = await openTrack(this.#socket, transport);
    if (sink === undefined) return { status: "461 Unsupported Transport" };
    this.#tracks.set(uri.endsWith("trackID=1") ? "audio" : "video", sink);
    return { status: "200 OK", headers: [`Transport: ${sink.transport}`, ...this.#sessionHeader()] };
  }

  #play(): void {
    const video = this.#tracks.get("video");
    if (video === undefined || this.#sender !== undefined) return;
    this.#sender = new PictureSender(video, this.#tracks.get("audio"), this.#host.startAt());
    this.#host.playing(this.#sender);
  }

  #stayAlive(): void {
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#end(), this.#host.sessionSeconds * 1_000);
  }

  #end(): void {
    clearTimeout(this.#expiry);
    const sender = this.#sender;
    this.#sender = undefined;
    if (sender === undefined) {
      for (const track of this.#tracks.values()) track.close();
    } else {
      sender.close();
      this.#host.ended(sender);
    }
    this.#tracks.clear();
  }
}
