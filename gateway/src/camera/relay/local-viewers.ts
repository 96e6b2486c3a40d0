import type { IncomingMessage } from "node:http";
import { type ServerMessage, type ViewClaims, type ViewTokens, viewerMessage } from "@mingcheng/protocols/media";
import type { WebSocket } from "ws";
import type { Channels } from "./channels.ts";
import { SocketViewer } from "./socket-viewer.ts";
import type { ViewLog } from "./view-log.ts";

/** What local viewers are served with. */
export interface LocalViewersOptions {
  readonly channels: Channels;
  readonly tokens: ViewTokens;
  readonly log: ViewLog;
  /** Monotonic, and milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

const mostTiles = 16;
const mostViewers = 32;
const firstMessageMs = 10_000;

interface Tile {
  readonly stream: number;
  readonly end: () => void;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Viewers in the market itself: they need no internet, and no more than a token for each tile. */
export class LocalViewers {
  readonly #options: LocalViewersOptions;
  readonly #sockets = new Set<WebSocket>();
  #streams = 0;

  constructor(options: LocalViewersOptions) {
    this.#options = options;
  }

  /** How many sockets are open. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Serves a socket from its first message on. */
  add(socket: WebSocket, request: IncomingMessage): void {
    if (this.#sockets.size >= mostViewers) {
      socket.close(1013, "too many viewers");
      return;
    }
    this.#sockets.add(socket);
    const from = (request.socket.remoteAddress ?? "unknown").replace(/^::ffff:/, "");
    const tiles = new Map<number, Tile>();
    // Who says nothing wants nothing.
    const cancel = this.#options.after(firstMessageMs, () => {
      if (tiles.size === 0) socket.close(4000, "no token came");
    });
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => {
      const read = viewerMessage.safeParse(isBinary ? undefined : parsed(String(data as Buffer)));
      if (!read.success) {
        socket.close(4000, "not understood");
        return;
      }
      const { tile } = read.data;
      tiles.get(tile)?.end();
      tiles.delete(tile);
      if (read.data.type === "stop") return;
      const begun = tiles.size < mostTiles ? this.#watch(socket, tile, read.data.token, from) : undefined;
      if (begun !== undefined) tiles.set(tile, begun);
    });
    socket.on("close", () => {
      cancel();
      this.#sockets.delete(socket);
      for (const tile of tiles.values()) tile.end();
    });
  }

  #watch(socket: WebSocket, tile: number, token: string, from: string): Tile | undefined {
    const { channels, tokens, wallMs, nowMs } = this.#options;
    const say = (message: ServerMessage): void => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
    };
    const claims = tokens.redeem(token, wallMs());
    const relayed = typeof claims === "string" ? undefined : channels.stream(claims.channel, claims.quality);
    if (typeof claims === "string" || relayed === undefined) {
      const code = typeof claims === "string" ? claims : "CAMERA_UNKNOWN";
      say({ type: "refused", tile, code, reason: "" });
      return undefined;
    }
    const stream = this.#streams++ % 65_536;
    say({ type: "watching", tile, stream });
    const end = relayed.fan.watch(new SocketViewer(socket, stream, nowMs));
    const noted = this.#note(claims, from);
    const cancel = this.#options.after(Math.max(0, claims.endsMs - wallMs()), () => {
      say({ type: "ended", stream, code: "VIEW_TOKEN_EXPIRED", reason: "" });
      close();
    });
    let open = true;
    const close = (): void => {
      if (!open) return;
      open = false;
      cancel();
      end();
      noted();
    };
    return { stream, end: close };
  }

  #note({ channel, quality, person, why }: ViewClaims, from: string): () => void {
    const { nowMs, wallMs, log } = this.#options;
    const [begunMs, at] = [nowMs(), new Date(wallMs()).toISOString()];
    return () => {
      const seconds = Math.round((nowMs() - begunMs) / 100) / 10;
      void log.add({ channel, quality, person, from, why, at, seconds });
    };
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}
