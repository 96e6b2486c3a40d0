import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { type PacketFault, PacketGauge } from "@mingcheng/protocols";

/** A connection behind the guard, as the broker gets it: same bytes, but never more than allowed. */
export class GuardedConnection extends Duplex {
  /** For the broker's log. */
  readonly remoteAddress: string;
  readonly #socket: TLSSocket;
  readonly #gauge = new PacketGauge();

  constructor(socket: TLSSocket, onFault: (fault: PacketFault) => void) {
    super({ readableHighWaterMark: 64 * 1024, writableHighWaterMark: 256 * 1024, allowHalfOpen: false });
    this.remoteAddress = socket.remoteAddress ?? "unknown";
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => {
      const fault = this.#gauge.take(bytes);
      if (fault !== undefined) {
        onFault(fault);
        this.destroy();
        return;
      }
      if (!this.push(bytes)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", () => this.destroy());
    socket.on("close", () => this.destroy());
  }

  /** The client is known and let in. */
  admit(): void {
    this.#gauge.admit();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
