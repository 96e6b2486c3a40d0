import { MingchengError } from "@mingcheng/protocols";
import type { ByteStream } from "./byte-stream.ts";

/** Unread bytes one end holds at most; `write` waits beyond that. */
const highWaterBytes = 64 * 1024;

/** One end of an in-process line, which tests can also break. */
export interface MemoryEnd extends ByteStream {
  /** Breaks the line as an unplugged adapter would: both ends' reads and writes reject. */
  unplug(): void;
  /** True once this end was closed. */
  readonly closed: boolean;
}

interface Pipe {
  readonly chunks: Uint8Array[];
  size: number;
  ended: boolean;
  broken: boolean;
  wakeReader: (() => void) | undefined;
  wakeWriter: (() => void) | undefined;
}

const createPipe = (): Pipe => ({
  chunks: [],
  size: 0,
  ended: false,
  broken: false,
  wakeReader: undefined,
  wakeWriter: undefined,
});

const wake = (pipe: Pipe): void => {
  pipe.wakeReader?.();
  pipe.wakeWriter?.();
  pipe.wakeReader = undefined;
  pipe.wakeWriter = undefined;
};

const createEnd = (name: string, incoming: Pipe, outgoing: Pipe): MemoryEnd => {
  let closed = false;
  const broken = () => new MingchengError("DEVICE_DISCONNECTED", `${name}: unplugged`);
  return {
    name,
    get closed() {
      return closed;
    },
    read: async () => {
      for (;;) {
        if (closed) return undefined;
        const chunk = incoming.chunks.shift();
        if (chunk !== undefined) {
          incoming.size -= chunk.length;
          incoming.wakeWriter?.();
          return chunk;
        }
        if (incoming.broken) throw broken();
        if (incoming.ended) return undefined;
        await new Promise<void>((resolve) => {
          incoming.wakeReader = resolve;
        });
      }
    },
    write: async (bytes) => {
      while (outgoing.size >= highWaterBytes && !outgoing.broken && !outgoing.ended) {
        await new Promise<void>((resolve) => {
          outgoing.wakeWriter = resolve;
        });
      }
      if (outgoing.broken) throw broken();
      if (closed || outgoing.ended) throw new MingchengError("DEVICE_DISCONNECTED", `${name}: closed`);
      if (bytes.length === 0) return;
      outgoing.chunks.push(bytes.slice());
      outgoing.size += bytes.length;
      outgoing.wakeReader?.();
      outgoing.wakeReader = undefined;
    },
    close: async () => {
      closed = true;
      outgoing.ended = true;
      incoming.ended = true;
      wake(incoming);
      wake(outgoing);
    },
    unplug: () => {
      incoming.broken = true;
      outgoing.broken = true;
      wake(incoming);
      wake(outgoing);
    },
  };
};

/** Two ends of one line in memory: what one writes the other reads. */
export const createMemoryLine = (name = "memory"): readonly [MemoryEnd, MemoryEnd] => {
  const forward = createPipe();
  const backward = createPipe();
  return [createEnd(name, backward, forward), createEnd(name, forward, backward)];
};
