import type { AssayRule } from "@mingcheng/protocols";
import { bytesOf, type DeviceCodec, type DeviceDecoder, type DeviceEvent } from "@mingcheng/protocols/devices";
import type { ByteStream } from "../transports/byte-stream.ts";
import type { DriverSession, SessionContext } from "./define-driver.ts";
import { endsInTime } from "./ending.ts";
import { createLineReader, type LineEvent } from "./line-reader.ts";
import { createPolledResults, type PolledResults } from "./polled-results.ts";
import type { TesterPollConfig } from "./tester-config.ts";

/** The session is to end. */
class Ended extends Error {}
/** The instrument did not answer in time: the round is over. */
class Unanswered extends Error {}
/** Something is not on disk: the round is over, the next one reads it again. */
class NotStored extends Error {}

/** An answer never needs more events; more is a line that babbles. */
const maxHeard = 20_000;

/** What a round can do. */
export interface PollLine {
  /**
   * Asks, and waits until `isWhole` finds the answer whole; it is asked once more, with `silent`, when the instrument
   * says nothing any more, and the round ends when the answer is not whole then either.
   */
  ask(
    request: Uint8Array,
    isWhole: (heard: readonly DeviceEvent[], silent: boolean) => boolean,
  ): Promise<readonly DeviceEvent[]>;
  /** Captures what is not on disk yet of a list, in the instrument's order. Ends the round when that fails. */
  store(events: readonly DeviceEvent[]): Promise<void>;
  /** True when every result among these is on disk. */
  holds(events: readonly DeviceEvent[]): boolean;
  /** Local time with offset. */
  wall(): string;
}

/** True when an answer of this meaning came. */
export const hasReply =
  (meaning: string) =>
  (heard: readonly DeviceEvent[]): boolean =>
    heard.some((event) => event.event === "reply" && event.meaning === meaning);

/** One round of questions; keeps from round to round what saves asking (never what was captured). */
export type PollRound = (line: PollLine) => Promise<void>;

/** A family that is asked. */
export interface PollFamily {
  readonly codec: DeviceCodec;
  /** Name of the instrument in records. */
  readonly instrument: string;
  /** The decoder needs the questions to understand the answers: it gets to hear them, too. */
  readonly hearsQuestions?: boolean;
  /** A round for one session. `connected` is called for every new connection. */
  createRound(): { readonly round: PollRound; readonly connected?: () => void };
}

const createLine = (
  context: SessionContext,
  config: TesterPollConfig,
  results: PolledResults,
  decoder: DeviceDecoder,
  parts: {
    readonly next: (quietMs: number) => Promise<LineEvent>;
    readonly write: ByteStream["write"];
    readonly hearsQuestions: boolean;
  },
  signal: AbortSignal,
) => {
  const { clock } = context;

  const count = (events: readonly DeviceEvent[]): DeviceEvent[] =>
    events.filter((event) => {
      if (event.event === "discarded") context.count("discarded_bytes", event.reason, bytesOf(event).length);
      // Its own question comes back on lines with an echo: no sign of life.
      else if (event.event !== "request") context.count("frames");
      return event.event !== "discarded";
    });

  const hear = async (quietMs: number): Promise<DeviceEvent[] | undefined> => {
    const heard = await parts.next(quietMs);
    if (heard.kind === "aborted") throw new Ended();
    return heard.kind === "quiet" ? undefined : count(decoder.push(heard.bytes));
  };

  const ask: PollLine["ask"] = async (request, isWhole) => {
    if (parts.hearsQuestions) {
      count(decoder.end());
      decoder.push(request);
    }
    await parts.write(request);
    const heard: DeviceEvent[] = [];
    let lastMs = clock.nowMs();
    for (;;) {
      const patienceMs = lastMs + config.replyTimeoutMs - clock.nowMs();
      const events = patienceMs > 0 && heard.length < maxHeard ? await hear(patienceMs) : undefined;
      if (events === undefined) {
        heard.push(...count(decoder.end()));
        if (isWhole(heard, true)) return heard;
        throw new Unanswered();
      }
      if (events.length > 0) lastMs = clock.nowMs();
      heard.push(...events);
      if (isWhole(heard, false)) return heard;
    }
  };

  const store: PollLine["store"] = async (events) => {
    const storing = results.store(events).catch((cause: unknown) => {
      throw new NotStored("not stored", { cause });
    });
    if (!(await endsInTime(storing, clock, signal))) throw new Ended();
  };

  /** The pause between rounds. What an instrument says unasked is counted, and asked for again. */
  const rest = async (): Promise<void> => {
    const untilMs = clock.nowMs() + config.pollIntervalMs;
    for (let leftMs = config.pollIntervalMs; leftMs > 0; leftMs = untilMs - clock.nowMs()) {
      if ((await hear(leftMs)) === undefined) count(decoder.end());
    }
  };

  return {
    ask,
    store,
    rest,
    holds: (events: readonly DeviceEvent[]) => results.holds(events),
    wall: () => context.wall(),
  };
};

/**
 * A session for any tester that keeps its results and speaks only when asked. It sends read requests and nothing else, and
 * captures each result once, across broken lines and restarts (see {@link createPolledResults}).
 */
export const createTesterSession = (
  context: SessionContext,
  family: PollFamily,
  config: TesterPollConfig & { readonly assays: readonly AssayRule[] },
): DriverSession => {
  const { codec, instrument, hearsQuestions = false } = family;
  const { assays, historyDays } = config;
  const results = createPolledResults(context, { protocol: codec.id, instrument, assays, historyDays });
  const { round, connected } = family.createRound();

  const playRound = async (line: PollLine): Promise<void> => {
    try {
      await round(line);
      results.settled();
    } catch (error) {
      if (error instanceof Unanswered) context.count("timeouts");
      else if (!(error instanceof NotStored)) throw error;
    }
  };

  const run = async (stream: ByteStream, signal: AbortSignal): Promise<void> => {
    if (!(await endsInTime(results.load(), context.clock, signal))) return;
    const decoder = codec.createDecoder();
    const reader = createLineReader(stream, context.clock, signal);
    const write = (bytes: Uint8Array) => stream.write(bytes);
    const line = createLine(
      context,
      config,
      results,
      decoder,
      { next: (quietMs) => reader.next(quietMs), write, hearsQuestions },
      signal,
    );
    connected?.();
    try {
      for (;;) {
        await playRound(line);
        await line.rest();
      }
    } catch (error) {
      if (!(error instanceof Ended) && !signal.aborted) throw error;
    } finally {
      reader.release();
      for (const event of decoder.end()) {
        if (event.event === "discarded") context.count("discarded_bytes", event.reason, event.bytes.length);
      }
    }
  };

  return { run };
};
