import type { CameraState } from "@mingcheng/protocols";
import { mediaKinds, mediaPacket, type ServerMessage, ViewerGate } from "@mingcheng/protocols/media";
import type { WebSocket } from "ws";
import type { StreamSound } from "../media/camera-stream.ts";
import type { MovieBegin } from "../media/fragment.ts";
import type { PlaybackMessage, PlaybackScreen } from "../recording/playback-run.ts";
import { fragmentPacket, type SentFragment } from "./fragment-packet.ts";
import type { StreamViewer } from "./stream-fan.ts";

/** Sends a stream into a socket under a number. A socket that is too slow is left out until the next key frame. */
export class SocketViewer implements StreamViewer, PlaybackScreen {
  readonly #socket: WebSocket;
  readonly #stream: number;
  readonly #nowMs: () => number;
  readonly #gate = new ViewerGate();

  constructor(socket: WebSocket, stream: number, nowMs: () => number) {
    this.#socket = socket;
    this.#stream = stream;
    this.#nowMs = nowMs;
  }

  begin({ bytes, codec, widthPx, heightPx }: MovieBegin): void {
    this.#say({ type: "begin", stream: this.#stream, codec, widthPx, heightPx });
    this.#send(mediaPacket({ kind: mediaKinds.begin, key: true, stream: this.#stream, wallMs: 0, payload: bytes }));
  }

  fragment(fragment: SentFragment): void {
    const verdict = this.#gate.pass(fragment.key, this.#socket.bufferedAmount, this.#nowMs());
    if (verdict === "stuck") this.#socket.terminate();
    if (verdict !== "send") return;
    this.#send(fragmentPacket(fragment, this.#stream));
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
