import type { ServerMessage, ViewerMessage } from "@mingcheng/protocols/media";
import { readPacket } from "./packets.ts";
import { Tile, type TileState } from "./tile.ts";

export { staleMs, type Tile, type TileState } from "./tile.ts";

/** What is to be shown, and how a token for it is had. */
export interface Shown {
  readonly video: HTMLVideoElement;
  /** Asked again whenever the line was broken or a view has ended: tokens are good once. Rejects when there is none. */
  readonly token: () => Promise<string>;
  readonly onState: (state: TileState) => void;
}

interface Watched {
  readonly tile: Tile;
  readonly shown: Shown;
  stream: number | undefined;
}

const againMs = [500, 1_000, 2_000, 5_000, 10_000] as const;

/** One connection for all tiles of a page, made again by itself. */
export class Player {
  readonly #url: string;
  readonly #tiles = new Map<number, Watched>();
  #socket: WebSocket | undefined;
  #next = 0;
  #failures = 0;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `url`: `wss://…/media/watch`. */
  constructor(url: string) {
    this.#url = url;
  }

  /** Shows a camera until the returned function is called. */
  show(shown: Shown): { readonly tile: Tile; readonly stop: () => void } {
    const number = this.#next++ % 256;
    const watched: Watched = { tile: new Tile(shown.video, shown.onState), shown, stream: undefined };
    this.#tiles.set(number, watched);
    if (this.#socket === undefined) this.#connect();
    else if (this.#socket.readyState === WebSocket.OPEN) void this.#ask(number, watched);
    const stop = (): void => {
      this.#tiles.delete(number);
      watched.tile.end();
      this.#send({ type: "stop", tile: number });
      if (this.#tiles.size === 0) this.#hangUp();
    };
    return { tile: watched.tile, stop };
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#failures = 0;
      for (const [number, watched] of this.#tiles) void this.#ask(number, watched);
    });
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) this.#packet(data);
      else this.#message(JSON.parse(String(data)) as ServerMessage);
    });
    socket.addEventListener("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      for (const watched of this.#tiles.values()) {
        watched.stream = undefined;
        watched.tile.lost();
      }
      if (this.#closed || this.#tiles.size === 0) return;
      const waitMs = againMs[Math.min(this.#failures++, againMs.length - 1)] ?? 10_000;
      this.#timer = setTimeout(() => this.#connect(), waitMs);
    });
  }

  async #ask(number: number, watched: Watched): Promise<void> {
    const socket = this.#socket;
    try {
      const token = await watched.shown.token();
      if (this.#socket === socket && this.#tiles.get(number) === watched)
        this.#send({ type: "watch", tile: number, token });
    } catch (error) {
      watched.tile.say({ type: "refused", code: error instanceof Error ? error.message : String(error), reason: "" });
    }
  }

  #send(message: ViewerMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #packet(data: ArrayBuffer): void {
    const packet = readPacket(data);
    if (packet === undefined) return;
    for (const { stream, tile } of this.#tiles.values()) if (stream === packet.stream) tile.packet(packet);
  }

  #message(message: ServerMessage): void {
    if (message.type === "watching" || message.type === "refused") {
      const watched = this.#tiles.get(message.tile);
      if (watched === undefined) return;
      if (message.type === "refused") watched.tile.say(message);
      else watched.stream = message.stream;
      return;
    }
    for (const [number, watched] of this.#tiles) {
      if (watched.stream !== message.stream) continue;
      watched.tile.say(message);
      // A view that ended by time goes on when there is still somebody who may see it.
      if (message.type === "ended" && message.code === "VIEW_TOKEN_EXPIRED") void this.#ask(number, watched);
    }
  }

  #hangUp(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** Ends everything. */
  close(): void {
    this.#closed = true;
    for (const { tile } of this.#tiles.values()) tile.end();
    this.#tiles.clear();
    this.#hangUp();
  }
}
