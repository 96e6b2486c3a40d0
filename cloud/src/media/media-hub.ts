import {
  type FromHub,
  gatewayMessage,
  readMediaPacket,
  type ServerMessage,
  type ViewClaims,
  type ViewTokens,
  viewerMessage,
} from "@mingcheng/protocols/media";
import type { WebSocket } from "ws";
import { HubStream, type StreamName } from "./hub-stream.ts";
import type { Viewing } from "./viewing-store.ts";

/** A view, for the log: when it begins and when it ends. */
export interface NotedView {
  readonly claims: ViewClaims;
  readonly address: string;
  /** Null at the beginning. */
  readonly seconds: number | null;
}

/** What the hub works with. */
export interface MediaHubOptions {
  readonly tokens: ViewTokens;
  /** Looks whether the register was changed; what is asked next is as it is now. */
  readonly refresh: () => void;
  /** Who may watch a camera, as it was at the last refresh. */
  readonly viewing: (gw: string, channel: string) => Viewing;
  /** Whether somebody may still watch at all: not disabled since. */
  readonly mayWatch: (person: string) => boolean;
  /** Asks a gateway over the record path to dial in. */
  readonly hint: (gw: string) => void;
  readonly note: (view: NotedView) => void;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** Viewers of the public that one camera may have. */
  readonly mostPublic: number;
}

interface View {
  readonly socket: WebSocket;
  readonly tile: number;
  readonly claims: ViewClaims;
  readonly stream: HubStream;
  readonly address: string;
  readonly begunMs: number;
}

const mostTiles = 36;
const lingerMs = 5_000;
const hintEveryMs = 2_000;

const keyOf = ({ gw, channel, quality }: StreamName): string => `${gw}\n${channel}\n${quality}`;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const say = (socket: WebSocket, message: ServerMessage | FromHub): void => {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
};

/**
 * Where viewers and gateways meet. A stream is asked for with its first viewer, given up some seconds after its last, and
 * comes once however many watch. Call `tick` several times a second.
 */
export class MediaHub {
  readonly #options: MediaHubOptions;
  readonly #gateways = new Map<string, WebSocket>();
  readonly #streams = new Map<string, HubStream>();
  readonly #byNumber = new Map<number, HubStream>();
  readonly #views = new Set<View>();
  readonly #emptySince = new Map<HubStream, number>();
  readonly #hinted = new Map<string, number>();
  #next = 0;

  constructor(options: MediaHubOptions) {
    this.#options = options;
  }

  /** Figures for the health page. */
  get counts(): { readonly gateways: number; readonly streams: number; readonly views: number } {
    return { gateways: this.#gateways.size, streams: this.#streams.size, views: this.#views.size };
  }

  /** A gateway dialled in; its credential was checked. */
  gateway(gw: string, socket: WebSocket): void {
    this.#gateways.get(gw)?.terminate();
    this.#gateways.set(gw, socket);
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => this.#fromGateway(gw, data as Buffer, isBinary));
    socket.on("close", () => {
      if (this.#gateways.get(gw) !== socket) return;
      this.#gateways.delete(gw);
      for (const stream of this.#of(gw)) stream.broken("the gateway's line for video ended");
    });
    for (const stream of this.#of(gw)) this.#open(socket, stream);
  }

  #of(gw: string): HubStream[] {
    return [...this.#streams.values()].filter(({ name }) => name.gw === gw);
  }

  #open(socket: WebSocket, { number, name: { channel, quality } }: HubStream): void {
    say(socket, { type: "open", stream: number, channel, quality });
  }

  #fromGateway(gw: string, data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      const stream = this.#byNumber.get(readMediaPacket(data)?.stream ?? -1);
      if (stream?.name.gw === gw) stream.packet(data);
      return;
    }
    const read = gatewayMessage.safeParse(parsed(data.toString("utf8")));
    const stream = read.success ? this.#byNumber.get(read.data.stream) : undefined;
    if (read.success && stream?.name.gw === gw) stream.hear(read.data);
  }

  /** A viewer connected; it says with tokens what it wants to see. */
  viewer(socket: WebSocket, address: string): void {
    const tiles = new Map<number, View>();
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => {
      const read = viewerMessage.safeParse(isBinary ? undefined : parsed((data as Buffer).toString("utf8")));
      if (!read.success) {
        socket.close(4000, "not understood");
        return;
      }
      const { tile } = read.data;
      const before = tiles.get(tile);
      if (before !== undefined) this.#end(before);
      tiles.delete(tile);
      if (read.data.type === "stop" || tiles.size >= mostTiles) return;
      const view = this.#begin(socket, tile, read.data.token, address);
      if (view !== undefined) tiles.set(tile, view);
    });
    socket.on("close", () => {
      for (const view of tiles.values()) this.#end(view);
    });
  }

  #begin(socket: WebSocket, tile: number, token: string, address: string): View | undefined {
    const { tokens, wallMs, nowMs, note, refresh } = this.#options;
    refresh();
    const claims = tokens.redeem(token, wallMs());
    const code = typeof claims === "string" ? claims : this.#refusal(claims);
    if (typeof claims === "string" || code !== undefined) {
      say(socket, { type: "refused", tile, code: code ?? "VIEW_TOKEN_INVALID", reason: "" });
      return undefined;
    }
    note({ claims, address, seconds: null });
    const stream = this.#stream(claims);
    const view: View = { socket, tile, claims, stream, address, begunMs: nowMs() };
    this.#views.add(view);
    say(socket, { type: "watching", tile, stream: stream.number });
    stream.add(view, socket);
    return view;
  }

  /** Why this view may not be now; undefined: it may. */
  #refusal({ gw, channel, isPublic, person }: ViewClaims): string | undefined {
    const viewing = this.#options.viewing(gw, channel);
    if (viewing === "off" || (isPublic && viewing !== "public")) return "VIEWING_OFF";
    if (!isPublic && !this.#options.mayWatch(person)) return "ACCESS_DENIED";
    const many = [...this.#views].filter(
      ({ claims }) => claims.isPublic && claims.gw === gw && claims.channel === channel,
    );
    return isPublic && many.length > this.#options.mostPublic ? "VIEWERS_TOO_MANY" : undefined;
  }

  #stream(name: StreamName): HubStream {
    const key = keyOf(name);
    const found = this.#streams.get(key);
    if (found !== undefined) return found;
    do this.#next = (this.#next + 1) % 65_536;
    while (this.#byNumber.has(this.#next));
    const { gw, channel, quality } = name;
    const stream = new HubStream(this.#next, { gw, channel, quality }, this.#options.nowMs);
    this.#streams.set(key, stream);
    this.#byNumber.set(stream.number, stream);
    const gateway = this.#gateways.get(gw);
    if (gateway === undefined) this.#hint(gw);
    else this.#open(gateway, stream);
    return stream;
  }

  #hint(gw: string): void {
    this.#hinted.set(gw, this.#options.nowMs());
    this.#options.hint(gw);
  }

  #end(view: View): void {
    if (!this.#views.delete(view)) return;
    const { stream, claims, address, begunMs } = view;
    stream.remove(view);
    this.#options.note({ claims, address, seconds: Math.round((this.#options.nowMs() - begunMs) / 100) / 10 });
  }

  /** Ends what may not go on, gives up what nobody watches, asks again for gateways that have not come. */
  tick(): void {
    const { wallMs, nowMs, refresh } = this.#options;
    refresh();
    for (const view of [...this.#views]) {
      const code = wallMs() > view.claims.endsMs ? "VIEW_TOKEN_EXPIRED" : this.#refusal(view.claims);
      if (code === undefined) continue;
      say(view.socket, { type: "ended", stream: view.stream.number, code, reason: "" });
      this.#end(view);
    }
    for (const [key, stream] of [...this.#streams]) {
      if (stream.size > 0) {
        this.#emptySince.delete(stream);
        this.#maybeHint(stream.name.gw);
        continue;
      }
      const since = this.#emptySince.get(stream) ?? nowMs();
      this.#emptySince.set(stream, since);
      if (nowMs() - since < lingerMs) continue;
      const gateway = this.#gateways.get(stream.name.gw);
      if (gateway !== undefined) say(gateway, { type: "close", stream: stream.number });
      this.#streams.delete(key);
      this.#byNumber.delete(stream.number);
      this.#emptySince.delete(stream);
    }
  }

  #maybeHint(gw: string): void {
    if (this.#gateways.has(gw)) return;
    if (this.#options.nowMs() - (this.#hinted.get(gw) ?? 0) >= hintEveryMs) this.#hint(gw);
  }

  /** Ends the connections of gateways that may not stay. */
  recheckGateways(mayStay: (gw: string) => boolean): void {
    for (const [gw, socket] of this.#gateways) if (!mayStay(gw)) socket.terminate();
  }

  close(): void {
    for (const view of [...this.#views]) this.#end(view);
    for (const socket of this.#gateways.values()) socket.terminate();
  }
}
