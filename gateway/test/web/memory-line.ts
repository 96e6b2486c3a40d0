import type { ByteStream } from "../../src/transports/byte-stream.ts";

const framesSaid = 12;

/** A line on which `frame` is heard a few times, then nothing; `written` gets what is sent. */
export const openMemoryLine = (name: string, frame: Uint8Array, written: Uint8Array[]): ByteStream => {
  let left = frame.length === 0 ? 0 : framesSaid;
  let end = (_nothing: undefined): void => undefined;
  const closed = new Promise<undefined>((resolve) => {
    end = resolve;
  });
  return {
    name,
    read: () => {
      if (left === 0) return closed;
      left -= 1;
      return Promise.resolve(frame);
    },
    write: async (bytes) => void written.push(bytes),
    close: async () => end(undefined),
  };
};
