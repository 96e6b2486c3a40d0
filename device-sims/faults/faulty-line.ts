import { sameBytes } from "@mingcheng/protocols";
import type { SimClock } from "../src/clock.ts";
import type { Random } from "../src/random.ts";
import type { SimLine } from "../src/transports/sim-line.ts";
import { applyFaults, type Fault } from "./fault.ts";

/** A line that damages what the device sends. */
export interface FaultyLine extends SimLine {
  /** Pieces that did not leave as they were sent (delayed ones not counted). */
  damaged(): number;
  /** Replaces the faults; an empty list heals the line. */
  setFaults(faults: readonly Fault[]): void;
}

const intact = (bytes: Uint8Array, pieces: readonly { readonly bytes: Uint8Array }[]): boolean => {
  let at = 0;
  for (const piece of pieces) {
    if (!sameBytes(piece.bytes, bytes.subarray(at, at + piece.bytes.length))) return false;
    at += piece.bytes.length;
  }
  return at === bytes.length;
};

/** Puts faults between a device and its line. Order is kept: a stalled piece holds up what follows. */
export const createFaultyLine = (
  line: SimLine,
  faults: readonly Fault[],
  clock: SimClock,
  random: Random,
): FaultyLine => {
  let active = faults;
  let damaged = 0;
  let tail: Promise<void> = Promise.resolve();
  let waiting = 0;
  const closing = new AbortController();

  const later = (bytes: Uint8Array, delayMs: number, connection: number) => {
    waiting++;
    tail = tail.then(async () => {
      if (delayMs > 0) await clock.sleep(delayMs, closing.signal);
      waiting--;
      // What was held back for a connection that is gone is lost with it.
      if (line.connection() === connection) line.send(bytes);
    });
  };

  return {
    address: line.address,
    connection: () => line.connection(),
    listen: (listener) => line.listen(listener),
    drop: () => line.drop(),
    damaged: () => damaged,
    setFaults: (next) => {
      active = next;
    },
    send: (bytes) => {
      const connection = line.connection();
      if (connection === 0) return false;
      const pieces = applyFaults(active, bytes, random);
      if (!intact(bytes, pieces)) damaged++;
      for (const { bytes: part, delayMs } of pieces) {
        if (waiting > 0 || delayMs > 0) later(part, delayMs, connection);
        else if (!line.send(part)) return false;
      }
      return true;
    },
    close: async () => {
      closing.abort();
      await line.close();
    },
  };
};
