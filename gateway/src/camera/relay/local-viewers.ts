import type { IncomingMessage } from "node:http";
import {
  type ServerMessage,
  type TokenFault,
  type ViewClaims,
  type ViewerMessage,
  type ViewTokens,
  viewerMessage,
} from "@mingcheng/protocols/media";
import type { WebSocket } from "ws";
import type { Reviewer } from "../recording/reviewer.ts";
import type { Shown } from "./shown.ts";
import type { ShownChannels } from "./shown-channels.ts";
import { SocketViewer } from "./socket-viewer.ts";
import type { ViewLog } from "./view-log.ts";

/** What local viewers are served with. */
export interface LocalViewersOptions {
  readonly shown: ShownChannels;
  readonly tokens: ViewTokens;
  readonly log: ViewLog;
  readonly review: Reviewer;
  /** Monotonic, and milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

const mostTiles = 16;
const mostViewers = 32;
const firstMessageMs = 10_000;
/** Another moment of a recording is taken so often. */
const seekEveryMs = 1_000;

type WatchMessage = Exclude<ViewerMessage, { readonly type: "stop" }>;

/** A tile, and the address it is watched from. */
interface Seat {
  readonly socket: WebSocket;
  readonly tile: number;
  readonly from: string;
  /** Numbers of the streams that other tiles of the same socket show. */
  readonly others: readonly number[];
}

interface Tile {
  readonly stream: number;
  readonly claims: ViewClaims;
  readonly begunMs: number;
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
  /** The same number for everybody who watches the same stream, so that all are sent the same octets. */
  readonly #numbers = new Map<Shown, number>();
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
      const before = tiles.get(tile);
      if (read.data.type === "seek" && this.#options.nowMs() - (before?.begunMs ?? 0) < seekEveryMs) return;
      before?.end();
      tiles.delete(tile);
      if (read.data.type === "stop" || tiles.size >= mostTiles) return;
      const others = [...tiles.values()].map(({ stream }) => stream);
      const begun = this.#watch({ socket, tile, from, others }, read.data, before?.claims);
      if (begun !== undefined) tiles.set(tile, begun);
    });
    socket.on("close", () => {
      cancel();
      this.#sockets.delete(socket);
      for (const tile of tiles.values()) tile.end();
    });
  }

  #number(live: Shown | undefined, others: readonly number[]): number {
    const known = live === undefined ? undefined : this.#numbers.get(live);
    if (known !== undefined && !others.includes(known)) return known;
    const taken = new Set([...this.#numbers.values(), ...others]);
    do this.#streams = (this.#streams + 1) % 65_536;
    while (taken.has(this.#streams));
    if (live !== undefined && known === undefined) this.#numbers.set(live, this.#streams);
    return this.#streams;
  }

  /** What somebody may watch: a token says it once, a tile that watches goes on under its own. */
  #claims(message: WatchMessage, before: ViewClaims | undefined): ViewClaims | TokenFault {
    const { tokens, wallMs } = this.#options;
    if (message.type === "watch") return tokens.redeem(message.token, wallMs());
    return before === undefined || wallMs() > before.endsMs ? "VIEW_TOKEN_EXPIRED" : before;
  }

  #watch(
    { socket, tile, from, others }: Seat,
    message: WatchMessage,
    before: ViewClaims | undefined,
  ): Tile | undefined {
    const { shown, wallMs, nowMs, review } = this.#options;
    const say = (said: ServerMessage): void => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(said));
    };
    const claims = this.#claims(message, before);
    const found = typeof claims === "string" ? claims : shown.find(claims.channel, claims.quality);
    if (typeof claims === "string" || typeof found === "string") {
      say({ type: "refused", tile, code: typeof found === "string" ? found : "CAMERA_UNKNOWN", reason: "" });
      return undefined;
    }
    const stream = this.#number(message.from === undefined ? found : undefined, others);
    say({ type: "watching", tile, stream });
    const viewer = new SocketViewer(socket, stream, nowMs, message.from === undefined ? { source: found.source } : {});
    const { from: playedFrom, speed = 1 } = message;
    const end =
      playedFrom === undefined ? found.watch(viewer) : review.play(claims.channel, { from: playedFrom, speed }, viewer);
    const noted = this.#note(claims, from, playedFrom);
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
    return { stream, claims, begunMs: nowMs(), end: close };
  }

  #note({ channel, quality, person, why }: ViewClaims, from: string, recordedFrom: string | undefined): () => void {
    const { nowMs, wallMs, log } = this.#options;
    const [begunMs, at] = [nowMs(), new Date(wallMs()).toISOString()];
    return () => {
      const seconds = Math.round((nowMs() - begunMs) / 100) / 10;
      const recorded = recordedFrom === undefined ? {} : { recordedFrom };
      void log.add({ channel, quality, person, from, why, at, seconds, ...recorded });
    };
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}
