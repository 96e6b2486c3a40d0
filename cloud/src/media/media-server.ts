import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { MingchengError } from "@mingcheng/protocols";
import { WebSocketServer } from "ws";
import { isOwnHost } from "../web/request-guards.ts";
import type { ClipStore } from "./clip-store.ts";
import type { MediaHub } from "./media-hub.ts";

/** What the media door is opened with. */
export interface MediaServerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
  /** Names under which this centre is reached. */
  readonly hosts: ReadonlySet<string>;
  readonly hub: MediaHub;
  readonly authenticates: (gw: string, credential: string) => boolean;
  readonly clips: Pick<ClipStore, "take">;
  readonly onFault: (error: unknown) => void;
}

/** The open door. */
export interface MediaServer {
  readonly port: number;
  renewTls(tls: MediaServerOptions["tls"]): void;
  close(): Promise<void>;
}

const mostConnections = 2_000;
const mostPerAddress = 128;
const mostPacketBytes = 8 * 1024 * 1024;
const mostMessageBytes = 4 * 1024;
const pingEveryMs = 15_000;
const firstMessageMs = 10_000;

const clipPath = /^\/media\/clips\/([0-9a-z][0-9a-z-]{0,63})\/([a-z0-9.-]{1,64})$/;

const credentialsIn = (header: string | undefined): { gw: string; credential: string } | undefined => {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]{1,1024})$/.exec(header ?? "") ?? [];
  const text = Buffer.from(encoded ?? "", "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 1 ? undefined : { gw: text.slice(0, colon), credential: text.slice(colon + 1) };
};

const refuse = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
};

/** Who says nothing wants nothing; who does not answer is gone. */
const watchOver = (sockets: WebSocketServer): NodeJS.Timeout => {
  const alive = new WeakSet<object>();
  sockets.on("connection", (socket) => {
    alive.add(socket);
    socket.on("pong", () => alive.add(socket));
  });
  return setInterval(() => {
    for (const socket of sockets.clients) {
      if (!alive.delete(socket)) socket.terminate();
      else if (socket.readyState === socket.OPEN) socket.ping();
    }
  }, pingEveryMs);
};

class Door {
  readonly #options: MediaServerOptions;
  readonly #gateways = new WebSocketServer({ noServer: true, maxPayload: mostPacketBytes, perMessageDeflate: false });
  readonly #viewers = new WebSocketServer({ noServer: true, maxPayload: mostMessageBytes, perMessageDeflate: false });
  readonly #perAddress = new Map<string, number>();
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(options: MediaServerOptions) {
    this.#options = options;
    this.#timers = [watchOver(this.#gateways), watchOver(this.#viewers)];
  }

  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined);
    if (message.url === "/media/gateway") this.#gateway(message, socket, head);
    else if (message.url === "/media/watch") this.#viewer(message, socket, head);
    else refuse(socket, "404 Not Found");
  }

  /** A gateway brings a file of a clip that it was ordered to export. */
  async answer(message: IncomingMessage): Promise<number> {
    const [, id, name] = clipPath.exec(message.url ?? "") ?? [];
    if (message.method !== "PUT" || id === undefined || name === undefined) return 404;
    const given = credentialsIn(message.headers.authorization);
    if (given === undefined || !this.#options.authenticates(given.gw, given.credential)) return 401;
    const taken = await this.#options.clips.take({ gw: given.gw, id }, name, message as AsyncIterable<Uint8Array>);
    return { stored: 204, there: 204, unknown: 404, "not-what-was-answered": 422 }[taken];
  }

  #gateway(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    const given = credentialsIn(message.headers.authorization);
    if (given === undefined || !this.#options.authenticates(given.gw, given.credential)) {
      refuse(socket, "401 Unauthorized");
      return;
    }
    this.#gateways.handleUpgrade(message, socket, head, (gateway) => {
      this.#gateways.emit("connection", gateway, message);
      this.#options.hub.gateway(given.gw, gateway);
    });
  }

  #viewer(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, origin } = message.headers;
    const address = (message.socket.remoteAddress ?? "unknown").replace(/^::ffff:/, "");
    const many = this.#perAddress.get(address) ?? 0;
    // The page comes from another port of the same name; pages of other names are strangers.
    const ownOrigin = origin === undefined || hostOf(origin) === hostOf(`https://${host ?? ""}`);
    if (!isOwnHost(host, this.#options.hosts) || !ownOrigin) {
      refuse(socket, "403 Forbidden");
      return;
    }
    if (many >= mostPerAddress || this.#viewers.clients.size >= mostConnections) {
      refuse(socket, "503 Service Unavailable");
      return;
    }
    this.#perAddress.set(address, many + 1);
    this.#viewers.handleUpgrade(message, socket, head, (viewer) => {
      this.#viewers.emit("connection", viewer, message);
      const timer = setTimeout(() => viewer.close(4000, "no token came"), firstMessageMs);
      viewer.once("message", () => clearTimeout(timer));
      this.#options.hub.viewer(viewer, address);
    });
    socket.once("close", () => {
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    });
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of [...this.#gateways.clients, ...this.#viewers.clients]) socket.terminate();
  }
}

const hostOf = (url: string): string | undefined => {
  try {
    return new URL(url).hostname;
  } catch {
    return undefined;
  }
};

/** Opens the door for gateways and viewers: WebSocket over TLS. @throws {MingchengError} LISTEN_FAILED */
export const openMediaServer = async (options: MediaServerOptions): Promise<MediaServer> => {
  const { host, port, tls } = options;
  const door = new Door(options);
  // A clip takes its time; who says nothing at all is let go by the time for headers.
  const limits = { requestTimeout: 0, headersTimeout: 5_000, maxHeaderSize: 8 * 1024, handshakeTimeout: 5_000 };
  const server: Server = createServer({ ...limits, ...tls, minVersion: "TLSv1.2" }, (message, response) => {
    door
      .answer(message)
      .catch((error: unknown) => {
        options.onFault(error);
        return 500;
      })
      .then((status) => {
        response.writeHead(status, { connection: "close" }).end();
        if (status !== 204) message.destroy();
      })
      .catch(options.onFault);
  });
  server.maxConnections = mostConnections;
  server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => door.upgrade(message, socket, head));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new MingchengError("LISTEN_FAILED", `media ${host}:${port}: ${cause.message}`, { field: "media", cause })),
    );
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    renewTls: (renewed) => server.setSecureContext({ ...renewed, minVersion: "TLSv1.2" }),
    close: () =>
      new Promise((resolve) => {
        door.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
