import type { Duplex } from "node:stream";
import { MingchengError } from "@mingcheng/protocols";
import type { ByteStream } from "./byte-stream.ts";

/** How one kind of connection frees its port and pushes bytes out. */
export interface DuplexPort {
  readonly name: string;
  readonly duplex: Duplex;
  /** Resolves when written bytes have left the process. */
  readonly flush: () => Promise<void>;
  /** Frees the port; called once. */
  readonly release: () => Promise<void>;
}

/**
 * A byte stream over an open Node duplex. Bytes are pulled, so a reader that lags lets the operating system's buffers
 * fill instead of this process. Only own listeners are added and removed.
 */
export const duplexStream = ({ name, duplex, flush, release }: DuplexPort): ByteStream => {
  let closing: Promise<void> | undefined;
  let fault: MingchengError | undefined;
  let ended = false;
  let wake: (() => void) | undefined;

  const stir = () => {
    const waiting = wake;
    wake = undefined;
    waiting?.();
  };
  const onError = (cause: Error) => {
    fault ??= new MingchengError("DEVICE_DISCONNECTED", `${name}: ${cause.message}`, { cause });
    stir();
  };
  // serialport closes with an error whose `disconnected` is true when the adapter is pulled out.
  const onClose = (cause?: unknown) => {
    if (cause instanceof Error && closing === undefined) onError(cause);
    ended = true;
    stir();
  };
  const onEnd = () => {
    ended = true;
    stir();
  };
  duplex.on("readable", stir);
  duplex.on("error", onError);
  duplex.on("close", onClose);
  duplex.on("end", onEnd);

  const detach = () => {
    duplex.off("readable", stir);
    duplex.off("close", onClose);
    duplex.off("end", onEnd);
    // The error listener stays: a late error of a released port must not end the process.
  };

  const read = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      if (closing !== undefined) return undefined;
      const chunk: unknown = duplex.read();
      if (chunk instanceof Uint8Array && chunk.length > 0) return chunk;
      if (fault !== undefined) throw fault;
      if (ended) return undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };

  const write = async (bytes: Uint8Array): Promise<void> => {
    if (fault !== undefined) throw fault;
    if (closing !== undefined || ended) throw new MingchengError("DEVICE_DISCONNECTED", `${name}: closed`);
    try {
      await new Promise<void>((resolve, reject) => {
        duplex.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
      await flush();
    } catch (cause) {
      throw new MingchengError("DEVICE_DISCONNECTED", `${name}: ${String(cause)}`, { cause });
    }
  };

  const close = (): Promise<void> => {
    if (closing === undefined) {
      closing = release().finally(detach);
      stir();
    }
    return closing;
  };

  return { name, read, write, close };
};
