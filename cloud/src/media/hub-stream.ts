import type { CameraState } from "@mingcheng/protocols";
import {
  type BeginMessage,
  type GatewayMessage,
  mediaKinds,
  type Played,
  readMediaPacket,
  type Showing,
  ViewerGate,
} from "@mingcheng/protocols/media";
import type { WebSocket } from "ws";

/** Which stream of which camera. */
export interface StreamName {
  readonly gw: string;
  readonly channel: string;
  readonly quality: Showing;
  /** A recording, from this moment on and so fast; undefined: what is live. Seen by one viewer only. */
  readonly played?: Played;
}

interface Viewer {
  readonly socket: WebSocket;
  readonly gate: ViewerGate;
  hasBegun: boolean;
}

/** Kept since the last key frame; a stream with a longer interval is joined later. */
const mostKeptBytes = 12 * 1024 * 1024;

const isOpen = (socket: WebSocket): boolean => socket.readyState === socket.OPEN;

/** One stream on its way through the hub: comes once, goes to every viewer, each at its own pace. */
export class HubStream {
  readonly number: number;
  readonly name: StreamName;
  readonly #viewers = new Map<object, Viewer>();
  readonly #nowMs: () => number;
  #begin: { readonly text: string; readonly bytes: Uint8Array } | undefined;
  #coming: BeginMessage | undefined;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #state: { state: CameraState; reason: string } = { state: "pending", reason: "" };
  #shownMs: number | null = null;

  constructor(number: number, name: StreamName, nowMs: () => number) {
    this.number = number;
    this.name = name;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** What the gateway is to send: a recording goes on where its line broke. */
  get asked(): StreamName {
    const { name } = this;
    if (name.played === undefined || this.#shownMs === null) return name;
    return { ...name, played: { ...name.played, from: new Date(this.#shownMs).toISOString() } };
  }

  /** `who` names the viewer until it is removed. What is there already is sent at once. */
  add(who: object, socket: WebSocket): void {
    const viewer: Viewer = { socket, gate: new ViewerGate(), hasBegun: false };
    this.#viewers.set(who, viewer);
    if (this.name.played === undefined) this.#say(socket, { type: "state", stream: this.number, ...this.#state });
    for (const bytes of this.#kept) this.#give(viewer, bytes, bytes === this.#kept[0]);
  }

  remove(who: object): void {
    this.#viewers.delete(who);
  }

  /** What the gateway says of it. */
  hear(message: GatewayMessage): void {
    if (message.type === "begin") {
      this.#coming = message;
      return;
    }
    if (message.type === "state") this.#state = { state: message.state, reason: message.reason };
    this.#tell(message);
  }

  /** A packet of the gateway. The same octets go on to viewers. */
  packet(bytes: Uint8Array): void {
    const packet = readMediaPacket(bytes);
    if (packet === undefined) return;
    if (packet.kind === mediaKinds.begin) {
      if (this.#coming === undefined) return;
      this.#begin = { text: JSON.stringify(this.#coming), bytes };
      this.#coming = undefined;
      this.#forget();
      for (const viewer of this.#viewers.values()) viewer.hasBegun = false;
      return;
    }
    if (packet.kind === mediaKinds.soundA || packet.kind === mediaKinds.soundU) {
      for (const { socket, hasBegun } of this.#viewers.values()) {
        if (hasBegun && isOpen(socket) && socket.bufferedAmount < 100_000) socket.send(bytes);
      }
      return;
    }
    if (packet.key) this.#forget();
    this.#shownMs = packet.wallMs;
    if (packet.key || this.#kept.length > 0) {
      this.#kept.push(bytes);
      this.#keptBytes += bytes.length;
    }
    if (this.#keptBytes > mostKeptBytes) this.#forget();
    for (const viewer of this.#viewers.values()) this.#give(viewer, bytes, packet.key);
  }

  /** The gateway's line broke: what was kept is not live any more. */
  broken(reason: string): void {
    this.#begin = undefined;
    this.#coming = undefined;
    this.#forget();
    this.#state = { state: "pending", reason };
    if (this.name.played === undefined) this.#tell({ type: "state", stream: this.number, ...this.#state });
  }

  #forget(): void {
    this.#kept = [];
    this.#keptBytes = 0;
  }

  #give(viewer: Viewer, bytes: Uint8Array, key: boolean): void {
    const { socket, gate } = viewer;
    if (!isOpen(socket) || this.#begin === undefined) return;
    const verdict = gate.pass(key, socket.bufferedAmount, this.#nowMs());
    if (verdict === "stuck") socket.terminate();
    if (verdict === "behind") this.#say(socket, { type: "slow", stream: this.number });
    if (verdict !== "send") return;
    if (!viewer.hasBegun) {
      viewer.hasBegun = true;
      socket.send(this.#begin.text);
      socket.send(this.#begin.bytes);
    }
    socket.send(bytes);
  }

  #tell(message: GatewayMessage): void {
    for (const { socket } of this.#viewers.values()) this.#say(socket, message);
  }

  #say(socket: WebSocket, message: GatewayMessage): void {
    if (isOpen(socket)) socket.send(JSON.stringify(message));
  }
}
