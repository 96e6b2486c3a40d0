import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type IncomingMessage, request } from "node:http";
import { request as secureRequest } from "node:https";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { connect as secureConnect } from "node:tls";
import { MingchengError } from "@mingcheng/protocols";
import { isLoopback } from "../config/web-config.ts";
import { cookieOf } from "../web/sessions.ts";

/** Where the cameras' own door is. */
export interface ViewPlace {
  readonly host: string;
  readonly port: number;
}

/** Screens that watch at once: each of them is one connection to the cameras. */
const maxViewers = 8;
const askMs = 5_000;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** An address of the same box, from the box itself. */
const reachable = ({ host, port }: ViewPlace) => ({
  host: host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host,
  port,
  secure: !isLoopback(host),
});

const hostText = ({ host, port }: ViewPlace): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/**
 * Lets the public screen watch through the cameras' own door: it opens there with a session that nobody else knows, for the
 * channels that are configured as public and no other.
 */
export class PictureDoor {
  readonly #secret = randomBytes(32).toString("base64url");
  readonly #place: () => ViewPlace | null;
  readonly #isPublic: (channel: string) => boolean;
  readonly #open = new Set<Duplex>();

  constructor(place: () => ViewPlace | null, isPublic: (channel: string) => boolean) {
    this.#place = place;
    this.#isPublic = isPublic;
  }

  /** Whether a token is this screen's own. */
  holds(token: string): boolean {
    return timingSafeEqual(digest(token), digest(this.#secret));
  }

  /** A token to watch a public channel with. @throws {MingchengError} NOT_FOUND, MEDIA_OFF */
  async token(channel: string): Promise<unknown> {
    const place = this.#place();
    if (!this.#isPublic(channel)) throw new MingchengError("NOT_FOUND", channel, { field: "channel" });
    if (place === null) throw new MingchengError("MEDIA_OFF", "the cameras' door is closed");
    return this.#ask(place, { channel, quality: "sub", why: "market screen" });
  }

  #ask(place: ViewPlace, body: object): Promise<unknown> {
    const { host, port, secure } = reachable(place);
    const text = JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const failed = (cause?: unknown): void =>
        reject(new MingchengError("MEDIA_OFF", "the cameras' door does not answer", { cause }));
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
        cookie: cookieOf(this.#secret, false).split(";")[0] ?? "",
        host: hostText({ host, port }),
      };
      // The other side is this box; its certificate was made here and names nobody.
      const options = { host, port, path: "/cameras/tokens", method: "POST", headers, timeout: askMs };
      const asked = secure ? secureRequest({ ...options, rejectUnauthorized: false }) : request(options);
      asked.on("error", failed);
      asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
      asked.on("response", (answer) => {
        let given = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece: string) => {
          given = (given + piece).slice(0, 8_192);
        });
        answer.on("end", () => {
          if (answer.statusCode !== 200) return failed();
          try {
            resolve(JSON.parse(given));
          } catch (error) {
            failed(error);
          }
        });
      });
      asked.end(text);
    });
  }

  /** Passes a viewer on to the cameras' door, under that door's own name. */
  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    const place = this.#place();
    if (place === null || this.#open.size >= maxViewers) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
      return;
    }
    const { host, port, secure } = reachable(place);
    const other = secure ? secureConnect({ host, port, rejectUnauthorized: false }) : connect({ host, port });
    this.#open.add(socket);
    const end = (): void => {
      this.#open.delete(socket);
      socket.destroy();
      other.destroy();
    };
    for (const side of [socket, other]) side.on("error", end).on("close", end);
    const key = message.headers["sec-websocket-key"] ?? "";
    const lines = [
      ...[
        "GET /media/watch HTTP/1.1",
        `Host: ${hostText({ host, port })}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
      ],
      ...[`Sec-WebSocket-Key: ${key}`, "Sec-WebSocket-Version: 13", "", ""],
    ];
    other.write(lines.join("\r\n"));
    if (head.length > 0) other.write(head);
    other.pipe(socket);
    socket.pipe(other);
  }

  /** Ends every view; who may still watch comes back with another token. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
