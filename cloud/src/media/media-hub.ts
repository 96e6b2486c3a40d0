import {
  type FromHub,
  gatewayMessage,
  readMediaPacket,
  type ServerMessage,
  type TokenFault,
  type ViewClaims,
  type ViewerMessage,
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
  /** A recording was watched, from this moment on; undefined: what was live. */
  readonly from?: string;
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
/** Another moment of a recording is taken so often. */
const seekEveryMs = 1_000;

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

  #open(socket: WebSocket, { number, asked: { channel, quality, played } }: HubStream): void {
    say(socket, { type: "open", stream: number, channel, quality, ...played });
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

  /** Has a gateway bring a clip. False: it is not connected, and was hinted first. */
  fetch(gw: string, clip: string): boolean {
    const gateway = this.#gateways.get(gw);
    if (gateway === undefined) this.#maybeHint(gw);
    else say(gateway, { type: "fetch", clip });
    return gateway !== undefined;
  }

  /** A viewer connected; it says with tokens what it wants to see. */
  viewer(socket: WebSocket, address: string): void {
    const tiles = new Map<number, View>();
    const { nowMs } = this.#options;
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => {
      const read = viewerMessage.safeParse(isBinary ? undefined : parsed((data as Buffer).toString("utf8")));
      if (!read.success) {
        socket.close(4000, "not understood");
        return;
      }
      const { tile } = read.data;
      const before = tiles.get(tile);
      if (read.data.type === "seek" && nowMs() - (before?.begunMs ?? 0) < seekEveryMs) return;
      if (before !== undefined) this.#end(before);
      tiles.delete(tile);
      if (read.data.type === "stop" || tiles.size >= mostTiles) return;
      const claims = this.#claims(read.data, before);
      const { from, speed = 1 } = read.data;
      const played = from === undefined ? {} : { played: { from, speed } };
      const view = this.#begin({ socket, tile, address, ...played }, claims);
      if (view !== undefined) tiles.set(tile, view);
    });
    socket.on("close", () => {
      for (const view of tiles.values()) this.#end(view);
    });
  }

  /** What somebody may watch: a token says it once, a tile that watches goes on under its own. */
  #claims(message: Exclude<ViewerMessage, { type: "stop" }>, before: View | undefined): ViewClaims | TokenFault {
    const { tokens, wallMs } = this.#options;
    if (message.type === "watch") return tokens.redeem(message.token, wallMs());
    return before === undefined || wallMs() > before.claims.endsMs ? "VIEW_TOKEN_EXPIRED" : before.claims;
  }

  #begin(
    { socket, tile, address, played }: Pick<View, "socket" | "tile" | "address"> & Pick<StreamName, "played">,
    claims: ViewClaims | TokenFault,
  ): View | undefined {
    const { nowMs, note, refresh } = this.#options;
    refresh();
    // What the public may see is what is live.
    const isNotPublic = typeof claims !== "string" && claims.isPublic && played !== undefined;
    const code = isNotPublic ? "ACCESS_DENIED" : typeof claims === "string" ? claims : this.#refusal(claims);
    if (typeof claims === "string" || code !== undefined) {
      say(socket, { type: "refused", tile, code: code ?? "VIEW_TOKEN_INVALID", reason: "" });
      return undefined;
    }
    const { gw, channel, quality } = claims;
    note({ claims, address, seconds: null, ...(played === undefined ? {} : { from: played.from }) });
    const stream = this.#stream({ gw, channel, quality, ...(played === undefined ? {} : { played }) });
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
    const found = name.played === undefined ? this.#streams.get(keyOf(name)) : undefined;
    if (found !== undefined) return found;
    do this.#next = (this.#next + 1) % 65_536;
    while (this.#byNumber.has(this.#next));
    const stream = new HubStream(this.#next, name, this.#options.nowMs);
    this.#streams.set(name.played === undefined ? keyOf(name) : `${keyOf(name)}\n${stream.number}`, stream);
    this.#byNumber.set(stream.number, stream);
    const gateway = this.#gateways.get(name.gw);
    if (gateway === undefined) this.#hint(name.gw);
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
    const { played } = stream.name;
    const from = played === undefined ? {} : { from: played.from };
    this.#options.note({ claims, address, seconds: Math.round((this.#options.nowMs() - begunMs) / 100) / 10, ...from });
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
      // Nobody else can come to a recording that was asked for by one.
      if (nowMs() - since < lingerMs && stream.name.played === undefined) continue;
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
