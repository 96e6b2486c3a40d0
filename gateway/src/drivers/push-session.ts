import type { AssayRule, TestBody } from "@mingcheng/protocols";
import { bytesOf, type DeviceCodec, type DeviceEvent, testBodyOfResult } from "@mingcheng/protocols/devices";
import type { ByteStream } from "../transports/byte-stream.ts";
import type { DriverSession, SessionContext } from "./define-driver.ts";
import { endsInTime } from "./ending.ts";
import { createLineReader, type LineEvent } from "./line-reader.ts";
import { createResultMemory, type ResultMemory } from "./result-memory.ts";

/** A line that says nothing for so long has finished what it was saying, or lost the rest. */
const giveUpMs = 1500;
/** An optional last byte is awaited for so long. */
const idleMs = 200;

const [ackByte, nakByte] = [Uint8Array.of(0x06), Uint8Array.of(0x15)];

/** A family that sends results by itself. */
export interface PushFamily {
  readonly codec: DeviceCodec;
  /** Name of the instrument in records. */
  readonly instrument: string;
}

/** What a push session needs of its options. */
export interface PushConfig {
  readonly assays: readonly AssayRule[];
  /** Answers ACK once the results of a message are on disk, NAK when they are not or the message was damaged. */
  readonly acknowledge: boolean;
}

/** Stores the results of one event's frame; true when all are on disk. */
const createStore = (context: SessionContext, family: PushFamily, config: PushConfig, memory: ResultMemory) => {
  const facts = { protocol: family.codec.id, instrument: family.instrument, assays: config.assays };

  const storeOne = async (body: TestBody, raw: Uint8Array): Promise<boolean> => {
    const resendOf = memory.repeats(body);
    try {
      await context.capture({ kind: "test", body: { ...body, resendOf }, raw, urgent: true });
    } catch (error) {
      context.count("capture_failures", "test");
      context.log.error("a result could not be stored", { error });
      return false;
    }
    memory.stored(body);
    context.count(resendOf === null ? "results" : "resends");
    return true;
  };

  return async (events: readonly DeviceEvent[]): Promise<boolean> => {
    let stored = true;
    let raw: Uint8Array = new Uint8Array(0);
    memory.opened();
    for (const event of events) {
      if (event.event !== "result") continue;
      if (event.raw.length > 0) raw = event.raw;
      stored = (await storeOne(testBodyOfResult(event, facts), raw)) && stored;
    }
    if (stored) memory.closed();
    return stored;
  };
};

/** Events of one message after the other: a result with bytes begins one. */
const messagesOf = (events: readonly DeviceEvent[]): DeviceEvent[][] => {
  const messages: DeviceEvent[][] = [];
  for (const event of events) {
    const last = messages.at(-1);
    if (last !== undefined && event.event === "result" && event.raw.length === 0) last.push(event);
    else messages.push([event]);
  }
  return messages;
};

/**
 * A session for any tester that sends its results by itself. One that comes again with the same content and time is stored
 * again, marked `resendOf`, and counted once.
 */
export const createPushSession = (context: SessionContext, family: PushFamily, config: PushConfig): DriverSession => {
  const memory = createResultMemory(context);
  const store = createStore(context, family, config, memory);

  /** What the instrument is answered, if it awaits an answer. */
  const take = async (message: readonly DeviceEvent[]): Promise<Uint8Array | undefined> => {
    const [first] = message;
    if (first === undefined) return undefined;
    if (first.event === "discarded") {
      context.count("discarded_bytes", first.reason, bytesOf(first).length);
      return first.reason === "bad-checksum" ? nakByte : undefined;
    }
    context.count("frames");
    if (first.event === "control") return first.control === "ENQ" ? ackByte : undefined;
    if (first.event !== "result") return undefined;
    return (await store(message)) ? ackByte : nakByte;
  };

  const run = async (stream: ByteStream, signal: AbortSignal): Promise<void> => {
    if (!(await endsInTime(memory.load(), context.clock, signal))) return;
    const line = createLineReader(stream, context.clock, signal);
    // What comes after a silence begins with its beginning; what is there at once may have begun before.
    const opening = await line.next(idleMs).catch((error: unknown) => {
      line.release();
      throw error;
    });
    const decoder = family.codec.createDecoder({ atRest: opening.kind === "quiet" });
    let left = false;

    const takeAll = async (events: readonly DeviceEvent[]): Promise<void> => {
      for (const message of messagesOf(events)) {
        const answer = await take(message);
        // A result that was stored after the session had to end gets no answer: the instrument sends it again, marked.
        if (answer !== undefined && config.acknowledge && !left) await stream.write(answer);
      }
    };

    let quietMs = 0;
    let first: LineEvent | undefined = opening;
    const next = (waitMs: number): Promise<LineEvent> =>
      line.next(decoder.pending().length > 0 && quietMs < giveUpMs ? waitMs : null);
    try {
      for (;;) {
        const waitMs = quietMs === 0 ? idleMs : giveUpMs - quietMs;
        const heard = first ?? (await next(waitMs));
        first = undefined;
        if (heard.kind === "aborted") return;
        quietMs = heard.kind === "quiet" ? quietMs + waitMs : 0;
        const spoken = quietMs < giveUpMs ? decoder.idle() : decoder.end();
        const events = heard.kind === "bytes" ? decoder.push(heard.bytes) : spoken;
        if (!(await endsInTime(takeAll(events), context.clock, signal))) return;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      left = true;
      line.release();
      for (const event of decoder.end()) {
        if (event.event === "discarded") context.count("discarded_bytes", event.reason, event.bytes.length);
      }
    }
  };

  return { run };
};
