import {
  type ControlEvent,
  createLisLinkDecoder,
  initialReceiver,
  isSameFrame,
  type LinkFrame,
  type LisLinkEvent,
  type ReceivedResult,
  type ReceiverRules,
  type ReceiverState,
  type ReceiverStep,
  rawOf,
  receive,
  type TestBody,
  testBodyOf,
  toNeutral,
} from "@mingcheng/protocols";
import type { z } from "zod";
import type { ByteStream } from "../transports/byte-stream.ts";
import type { DriverSession, SessionContext } from "./define-driver.ts";
import { createLineReader } from "./line-reader.ts";
import type { lis02A2ConfigSchema } from "./lis02-a2.ts";
import { createResultMemory, type ResultMemory } from "./result-memory.ts";

type LisConfig = z.output<typeof lis02A2ConfigSchema>;

const ackByte = Uint8Array.of(0x06);
const nakByte = Uint8Array.of(0x15);
/** Bytes of one frame follow each other faster than this even at 600 baud. */
const idleMs = 100;

/** The results of one frame, and which of them are on disk already, so that a retry stores only the others. */
interface PendingFrame {
  readonly frame: LinkFrame;
  readonly stored: Set<number>;
}

/** Stores every result of a frame; true when all of them are on disk. */
const createStore = (context: SessionContext, memory: ResultMemory, assays: LisConfig["assays"]) => {
  const storeOne = async (received: ReceivedResult): Promise<void> => {
    const plain = testBodyOf(received, assays);
    const resendOf = memory.repeats(plain);
    const body: TestBody = { ...plain, resendOf };
    await context.capture({ kind: "test", body, raw: rawOf(received), urgent: true });
    memory.stored(plain);
    context.count(resendOf === null ? "results" : "resends");
  };

  return async (results: readonly ReceivedResult[], pending: PendingFrame): Promise<boolean> => {
    const outcomes = await Promise.allSettled(
      results.map(async (received, index) => {
        if (pending.stored.has(index)) return;
        await storeOne(received);
        pending.stored.add(index);
      }),
    );
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      context.count("capture_failures", "test");
      context.log.error("a result could not be stored, the instrument is asked to send it again", {
        error: outcome.reason,
      });
    }
    return outcomes.every(({ status }) => status === "fulfilled");
  };
};

/**
 * The receiving end of one tester. The instrument gets the ACK of a frame only after every result that the frame
 * completes is on disk; when storing fails it gets NAK and sends the frame again. Results that an earlier transfer
 * already brought (our ACK was lost) are stored again, marked `resendOf`.
 */
export const createLisSession = (context: SessionContext, config: LisConfig): DriverSession => {
  const rules: ReceiverRules = { encoding: config.encoding, frameNumbers: config.frameNumbers };
  const memory = createResultMemory(context);
  const storeAll = createStore(context, memory, config.assays);

  const note = (event: LinkFrame | ControlEvent, step: ReceiverStep): void => {
    if (event.event === "frame" && event.checksumOk) context.count("frames");
    if (event.event === "frame" && !event.checksumOk)
      context.count("discarded_bytes", "bad-checksum", event.raw.length);
    if (event.event === "control" && (event.control === "ENQ" || event.control === "EOT")) context.count("frames");
    if (step.reason === null) return;
    context.count("naks", step.reason);
    context.log.warn("refused what the instrument sent", { reason: step.reason });
  };

  const run = async (stream: ByteStream, signal: AbortSignal): Promise<void> => {
    const decoder = createLisLinkDecoder({ sevenBit: config.sevenBit });
    const line = createLineReader(stream, context.clock, signal);
    let state: ReceiverState = initialReceiver;
    let pending: PendingFrame | null = null;
    let heardMs = context.clock.nowMs();

    const store = async (step: ReceiverStep, frame: LinkFrame): Promise<boolean> => {
      if (step.results.length === 0) return true;
      if (pending === null || !isSameFrame(frame, pending.frame)) pending = { frame, stored: new Set() };
      const complete = await storeAll(step.results, pending);
      if (complete) pending = null;
      return complete;
    };

    const take = async (event: LisLinkEvent): Promise<void> => {
      if (event.event === "discarded") return context.count("discarded_bytes", event.reason, event.bytes.length);
      const step = receive(state, event, rules);
      note(event, step);
      if (event.event === "control" && step.reply === "ACK") {
        memory.opened();
        pending = null;
      }
      if (event.event === "frame" && !(await store(step, event))) {
        context.count("naks", "not-stored");
        return stream.write(nakByte);
      }
      state = step.next;
      if (step.closed) memory.closed();
      if (step.reply !== null) await stream.write(step.reply === "ACK" ? ackByte : nakByte);
    };

    const takeAll = async (events: readonly LisLinkEvent[]): Promise<void> => {
      for (const event of events) await take(event);
      if (events.some(({ event }) => event !== "discarded")) heardMs = context.clock.nowMs();
    };

    const giveUpIfLate = (): void => {
      if (state.phase === "neutral" || context.clock.nowMs() - heardMs < config.receiverTimeoutMs) return;
      state = toNeutral(state);
      context.log.warn("the instrument stopped in the middle of a transfer", { timeoutMs: config.receiverTimeoutMs });
    };

    await memory.load();
    try {
      for (;;) {
        const receiving = state.phase === "receiving" ? config.receiverTimeoutMs : null;
        const heard = await line.next(decoder.pending().length > 0 ? idleMs : receiving);
        if (heard.kind === "aborted") return;
        giveUpIfLate();
        await takeAll(heard.kind === "bytes" ? decoder.push(heard.bytes) : decoder.idle());
      }
    } catch (error) {
      // The supervisor may close the port while an answer is under way: that is no fault of the line.
      if (!signal.aborted) throw error;
    } finally {
      line.release();
      for (const event of decoder.end()) {
        if (event.event === "discarded") context.count("discarded_bytes", event.reason, event.bytes.length);
      }
    }
  };

  return { run };
};
