import type { Played, ServerMessage, Showing, ViewerMessage } from "@mingcheng/protocols/media";
import { readPacket } from "./packets.ts";
import { type RecordingMessage, Tile, type TileState } from "./tile.ts";
import type { LoadJsMpeg } from "./transport-pane.ts";

export { type RecordingMessage, staleMs, type Tile, type TileState } from "./tile.ts";

/** What is to be shown, and how a token for it is had. */
export interface Shown {
  readonly video: HTMLVideoElement;
  /** Which of the camera's streams fits the size of the tile; `sub` when left out. */
  readonly wanted?: "main" | "sub";
  /**
   * Asked again whenever the line was broken, a view has ended, or another form is to be shown: tokens are good once.
   * Rejects when there is none.
   */
  readonly token: (showing: Showing) => Promise<string>;
  readonly onState: (state: TileState) => void;
  /** What there is of a recording, and where there is no picture. */
  readonly onRecording?: (message: RecordingMessage) => void;
}

/** A camera that is shown. */
export interface ShownTile {
  readonly tile: Tile;
  /** The tile is larger or smaller now. */
  want(wanted: "main" | "sub"): void;
  /** Plays the recording from a moment on. */
  play(played: Played): void;
  /** What is live again. */
  live(): void;
  /** Holds the recording; {@link ShownTile.play} goes on. */
  pause(): void;
  stop(): void;
}

/** How a player is made. */
export interface PlayerOptions {
  /** Loads `@cycjimmy/jsmpeg-player` where video is recoded; left out: such video is not asked for. */
  readonly loadJsMpeg?: LoadJsMpeg;
}

interface Watched {
  readonly tile: Tile;
  readonly shown: Shown;
  stream: number | undefined;
  played: Played | undefined;
  soughtMs: number;
  cancel: () => void;
}

/** What a browser gave up on is asked for again after so long. */
const afterFaultMs = 1_000;
const againMs = [500, 1_000, 2_000, 5_000, 10_000] as const;
/** Servers take another moment once a second. */
const seekEveryMs = 1_100;

/** One connection for all tiles of a page, made again by itself. */
export class Player {
  readonly #url: string;
  readonly #options: PlayerOptions;
  readonly #tiles = new Map<number, Watched>();
  #socket: WebSocket | undefined;
  #next = 0;
  #failures = 0;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `url`: `wss://…/media/watch`. */
  constructor(url: string, options: PlayerOptions = {}) {
    this.#url = url;
    this.#options = options;
  }

  /** Shows a camera until it is stopped. */
  show(shown: Shown): ShownTile {
    do this.#next = (this.#next + 1) % 256;
    while (this.#tiles.has(this.#next));
    const number = this.#next;
    const tile = new Tile({
      ...{ video: shown.video, wanted: shown.wanted ?? "sub", loadJsMpeg: this.#options.loadJsMpeg },
      ...{ onState: shown.onState, onRecording: (message) => shown.onRecording?.(message) },
      onChoice: () => void this.#ask(number, watched),
      onFault: () => this.#soonAgain(number, watched),
    });
    const nothing = (): void => undefined;
    const watched: Watched = { tile, shown, stream: undefined, played: undefined, soughtMs: 0, cancel: nothing };
    this.#tiles.set(number, watched);
    if (this.#socket === undefined) this.#connect();
    else if (this.#socket.readyState === WebSocket.OPEN) void this.#ask(number, watched);
    return {
      tile,
      want: (wanted) => this.#want(number, watched, wanted),
      play: (played) => this.#play(number, watched, played),
      live: () => {
        watched.played = undefined;
        void this.#ask(number, watched);
      },
      pause: () => {
        watched.stream = undefined;
        this.#send({ type: "stop", tile: number });
      },
      stop: () => this.#stop(number, watched),
    };
  }

  #stop(number: number, watched: Watched): void {
    if (!this.#tiles.delete(number)) return;
    watched.cancel();
    watched.tile.end();
    this.#send({ type: "stop", tile: number });
    if (this.#tiles.size === 0) this.#hangUp();
  }

  #want(number: number, watched: Watched, wanted: "main" | "sub"): void {
    const { choice } = watched.tile;
    const before = choice.now;
    choice.want(wanted);
    if (choice.now !== before && watched.played === undefined) void this.#ask(number, watched);
  }

  #play(number: number, watched: Watched, played: Played): void {
    watched.played = played;
    watched.cancel();
    if (watched.stream === undefined) {
      void this.#ask(number, watched);
      return;
    }
    const seek = (): void => {
      watched.tile.asked(watched.tile.choice.now, { speed: played.speed });
      watched.stream = undefined;
      this.#send({ type: "seek", tile: number, ...played });
    };
    const waitMs = watched.soughtMs + seekEveryMs - performance.now();
    const timer = setTimeout(seek, Math.max(0, waitMs));
    watched.cancel = () => clearTimeout(timer);
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
    const { tile, shown, played } = watched;
    const showing = tile.choice.now;
    watched.cancel();
    // What still comes of the stream before is not of what is asked for now.
    watched.stream = undefined;
    tile.asked(showing, played === undefined ? "live" : { speed: played.speed });
    try {
      const token = await shown.token(showing);
      // Meanwhile something else may have been asked for, or the line broken.
      if (this.#socket !== socket || this.#tiles.get(number) !== watched || watched.played !== played) return;
      if (tile.choice.now !== showing) return;
      this.#send({ type: "watch", tile: number, token, ...played });
    } catch (error) {
      tile.say({ type: "refused", code: error instanceof Error ? error.message : String(error), reason: "" });
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
      else {
        watched.stream = message.stream;
        // The server counts from when it began, which is before this.
        watched.soughtMs = performance.now();
      }
      return;
    }
    for (const [number, watched] of this.#tiles) {
      if (watched.stream !== message.stream) continue;
      watched.tile.say(message);
      // A view that ended by time goes on when there is still somebody who may see it.
      if (message.type === "ended" && message.code === "VIEW_TOKEN_EXPIRED") this.#goOn(number, watched);
    }
  }

  #soonAgain(number: number, watched: Watched): void {
    watched.cancel();
    this.#goOnFrom(watched);
    const timer = setTimeout(() => void this.#ask(number, watched), afterFaultMs);
    watched.cancel = () => clearTimeout(timer);
  }

  /** A recording goes on where it was. */
  #goOn(number: number, watched: Watched): void {
    this.#goOnFrom(watched);
    void this.#ask(number, watched);
  }

  #goOnFrom(watched: Watched): void {
    const { takenMs } = watched.tile;
    if (watched.played === undefined || takenMs === null) return;
    watched.played = { ...watched.played, from: new Date(takenMs).toISOString() };
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
    for (const { tile, cancel } of this.#tiles.values()) {
      cancel();
      tile.end();
    }
    this.#tiles.clear();
    this.#hangUp();
  }
}
