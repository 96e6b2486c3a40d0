import { MingchengError } from "@mingcheng/protocols";
import type { ByteStream } from "../transports/byte-stream.ts";
import type { SessionClock } from "./define-driver.ts";

/** What happened on the line first. */
export type LineEvent =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "quiet" }
  | { readonly kind: "aborted" };

/** Waits for bytes, silence or the end, without ever having two reads outstanding. */
export interface LineReader {
  /**
   * The next bytes, or `aborted`, or `quiet` after `quietMs` without any (`null`: however long it takes).
   * @throws {MingchengError} DEVICE_DISCONNECTED when the line ended or broke
   */
  next(quietMs: number | null): Promise<LineEvent>;
  /** Lets go of the signal. */
  release(): void;
}

type Arrival = { readonly bytes: Uint8Array | undefined } | { readonly fault: unknown };

/**
 * A reader of one connection; ends with `signal`. Every promise it waits on is listened to exactly once: racing
 * long-lived promises again and again would grow without bound on a line that is open for months.
 */
export const createLineReader = (stream: ByteStream, clock: SessionClock, signal: AbortSignal): LineReader => {
  let reading = false;
  let arrival: Arrival | undefined;
  let wake: (() => void) | undefined;

  const stir = () => {
    const waiting = wake;
    wake = undefined;
    waiting?.();
  };
  signal.addEventListener("abort", stir);

  const ask = () => {
    if (reading || arrival !== undefined) return;
    reading = true;
    const arrive = (what: Arrival) => {
      reading = false;
      arrival = what;
      stir();
    };
    stream.read().then(
      (bytes) => arrive({ bytes }),
      (fault: unknown) => arrive({ fault }),
    );
  };

  const takeArrival = (): LineEvent | undefined => {
    if (arrival === undefined) return undefined;
    const taken = arrival;
    arrival = undefined;
    if ("fault" in taken) throw taken.fault;
    if (taken.bytes !== undefined) return { kind: "bytes", bytes: taken.bytes };
    throw new MingchengError("DEVICE_DISCONNECTED", `${stream.name}: closed by the other end`);
  };

  const next = async (quietMs: number | null): Promise<LineEvent> => {
    let quiet = false;
    const timer = new AbortController();
    if (quietMs !== null && !signal.aborted) {
      void clock.sleep(quietMs, timer.signal).then(() => {
        quiet = !timer.signal.aborted;
        if (quiet) stir();
      });
    }
    try {
      for (;;) {
        if (signal.aborted) return { kind: "aborted" };
        const taken = takeArrival();
        if (taken !== undefined) return taken;
        if (quiet) return { kind: "quiet" };
        ask();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      timer.abort();
    }
  };

  return { next, release: () => signal.removeEventListener("abort", stir) };
};
