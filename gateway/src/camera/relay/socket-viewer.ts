import type { CameraState } from "@mingcheng/protocols";
import { type BeginMessage, mediaKinds, mediaPacket, type ServerMessage, ViewerGate } from "@mingcheng/protocols/media";
import type { WebSocket } from "ws";
import type { StreamSound } from "../media/camera-stream.ts";
import type { MovieBegin } from "../media/fragment.ts";
import type { PlaybackMessage, PlaybackScreen } from "../recording/playback-run.ts";
import { fragmentPacket, type SentFragment } from "./fragment-packet.ts";
import type { ShownPiece, ShownViewer } from "./shown.ts";

/** Sends a stream into a socket under a number. A socket that is too slow is left out until the next key frame. */
export class SocketViewer implements ShownViewer, PlaybackScreen {
  readonly #socket: WebSocket;
  readonly #stream: number;
  readonly #nowMs: () => number;
  readonly #form: Pick<BeginMessage, "source" | "showing">;
  readonly #gate = new ViewerGate();

  /** `form`: which of the camera's streams it is, once that is known, and what is sent in place of what was asked for. */
  constructor(
    socket: WebSocket,
    stream: number,
    nowMs: () => number,
    form: Pick<BeginMessage, "source" | "showing"> = {},
  ) {
    this.#form = form;
    this.#socket = socket;
    this.#stream = stream;
    this.#nowMs = nowMs;
  }

  begin({ bytes, codec, widthPx, heightPx }: MovieBegin): void {
    this.#say({ type: "begin", stream: this.#stream, codec, widthPx, heightPx, ...this.#form });
    this.#send(mediaPacket({ kind: mediaKinds.begin, key: true, stream: this.#stream, wallMs: 0, payload: bytes }));
  }

  fragment(fragment: SentFragment): void {
    if (this.#passes(fragment.key)) this.#send(fragmentPacket(fragment, this.#stream));
  }

  piece({ kind, bytes, wallMs }: ShownPiece): void {
    if (!this.#passes(true)) return;
    this.#send(mediaPacket({ kind: mediaKinds[kind], key: true, stream: this.#stream, wallMs, payload: bytes }));
  }

  ended(code: string, reason: string): void {
    this.#say({ type: "ended", stream: this.#stream, code, reason });
  }

  #passes(key: boolean): boolean {
    const verdict = this.#gate.pass(key, this.#socket.bufferedAmount, this.#nowMs());
    if (verdict === "stuck") this.#socket.terminate();
    if (verdict === "behind") this.#say({ type: "slow", stream: this.#stream });
    return verdict === "send";
  }

  sound({ codec, bytes }: StreamSound): void {
    if (this.#socket.bufferedAmount > 100_000) return;
    const kind = codec === "pcma" ? mediaKinds.soundA : mediaKinds.soundU;
    this.#send(mediaPacket({ kind, key: false, stream: this.#stream, wallMs: 0, payload: bytes }));
  }

  state(state: CameraState, reason: string): void {
    this.#say({ type: "state", stream: this.#stream, state, reason });
  }

  tell(message: PlaybackMessage): void {
    this.#say({ ...message, stream: this.#stream });
  }

  waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  #say(message: ServerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #send(bytes: Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(bytes);
  }
}
