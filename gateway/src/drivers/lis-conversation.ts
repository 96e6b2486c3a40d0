import type { TestBody } from "@mingcheng/protocols";
import {
  type ControlEvent,
  initialReceiver,
  isSameFrame,
  type LinkFrame,
  type LisLinkEvent,
  type ReceivedResult,
  type ReceiverState,
  type ReceiverStep,
  rawOf,
  receive,
  testBodyOf,
  toNeutral,
} from "@mingcheng/protocols/devices";
import type { z } from "zod";
import type { SessionContext } from "./define-driver.ts";
import type { lisConfigSchema } from "./lis-config.ts";
import type { ResultMemory } from "./result-memory.ts";

/** Options of a LIS02-A2 tester, read. */
export type LisConfig = z.output<typeof lisConfigSchema>;

const ackByte = Uint8Array.of(0x06);
const nakByte = Uint8Array.of(0x15);

/**
 * An instrument that got our acknowledgement ends the transfer at once; one that waited for it in vain does so after 15 s
 * (LIS01-A2 section 6.5.2). In between lies the line.
 */
const promptMs = 10_000;

/** The results of one frame, and which of them are on disk already, so that a retry stores only the others. */
interface PendingFrame {
  readonly frame: LinkFrame;
  readonly stored: Set<number>;
}

/** One connection's receiving end. */
export interface LisConversation {
  /** Handles one event of the link: stores, then answers. Rejects only when the answer cannot be sent. */
  take(event: LisLinkEvent): Promise<void>;
  /** Gives a transfer up whose instrument has fallen silent. */
  giveUpIfLate(): void;
  /** True between ENQ and EOT. */
  receiving(): boolean;
}

const countEvent = (context: SessionContext, event: LinkFrame | ControlEvent): void => {
  const valid = event.event === "frame" ? event.checksumOk : event.control === "ENQ" || event.control === "EOT";
  if (valid) context.count("frames");
  else if (event.event === "frame") context.count("discarded_bytes", "bad-checksum", event.raw.length);
};

const createStore = (context: SessionContext, memory: ResultMemory, assays: LisConfig["assays"]) => {
  let pending: PendingFrame | null = null;

  const storeOne = async (received: ReceivedResult): Promise<void> => {
    const plain = testBodyOf(received, assays);
    const resendOf = memory.repeats(plain);
    const body: TestBody = { ...plain, resendOf };
    await context.capture({ kind: "test", body, raw: rawOf(received), urgent: true });
    memory.stored(plain);
    context.count(resendOf === null ? "results" : "resends");
  };

  /** True when every result of the frame is on disk. */
  const storeAll = async (results: readonly ReceivedResult[], frame: LinkFrame): Promise<boolean> => {
    const kept = pending !== null && isSameFrame(frame, pending.frame) ? pending : { frame, stored: new Set<number>() };
    pending = kept;
    const outcomes = await Promise.allSettled(
      results.map(async (received, index) => {
        if (kept.stored.has(index)) return;
        await storeOne(received);
        kept.stored.add(index);
      }),
    );
    const faults = outcomes.filter((outcome) => outcome.status === "rejected");
    for (const { reason } of faults) {
      context.count("capture_failures", "test");
      context.log.error("a result could not be stored, the instrument is asked to send it again", { error: reason });
    }
    if (faults.length === 0) pending = null;
    return faults.length === 0;
  };

  const forget = () => {
    pending = null;
  };

  return { storeAll, forget };
};

/**
 * The rule of the receiving end: the instrument gets the ACK of a frame only after every result that the frame
 * completes is on disk; when storing fails it gets NAK, nothing is taken over, and it sends the frame again.
 */
export const createLisConversation = (
  context: SessionContext,
  config: LisConfig,
  memory: ResultMemory,
  write: (bytes: Uint8Array) => Promise<void>,
): LisConversation => {
  const rules = { encoding: config.encoding, frameNumbers: config.frameNumbers };
  const store = createStore(context, memory, config.assays);
  let state: ReceiverState = initialReceiver;
  let answeredMs = context.clock.nowMs();

  const answer = async (reply: "ACK" | "NAK"): Promise<void> => {
    await write(reply === "ACK" ? ackByte : nakByte);
    answeredMs = context.clock.nowMs();
  };

  const takeControl = async (step: ReceiverStep): Promise<void> => {
    const prompt = context.clock.nowMs() - answeredMs < promptMs;
    if (step.closed === "complete" && prompt) memory.closed();
    state = step.next;
    if (step.reply === "ACK") {
      memory.opened();
      store.forget();
      await answer("ACK");
    }
    // A refused ENQ must not keep a dead transfer alive: the timer goes on.
    if (step.reply === "NAK") await write(nakByte);
  };

  const takeFrame = async (frame: LinkFrame, step: ReceiverStep): Promise<void> => {
    if (step.results.length > 0 && !(await store.storeAll(step.results, frame))) {
      context.count("naks", "not-stored");
      return answer("NAK");
    }
    state = step.next;
    if (step.reply !== null) await answer(step.reply);
  };

  const take = async (event: LisLinkEvent): Promise<void> => {
    if (event.event === "discarded") return context.count("discarded_bytes", event.reason, event.bytes.length);
    countEvent(context, event);
    const step = receive(state, event, rules);
    if (step.reason !== null) {
      context.count("naks", step.reason);
      context.log.warn("refused what the instrument sent", { reason: step.reason });
    }
    return event.event === "frame" ? takeFrame(event, step) : takeControl(step);
  };

  const giveUpIfLate = (): void => {
    if (state.phase === "neutral" || context.clock.nowMs() - answeredMs < config.receiverTimeoutMs) return;
    state = toNeutral(state);
    context.log.warn("the instrument stopped in the middle of a transfer", { timeoutMs: config.receiverTimeoutMs });
  };

  return { take, giveUpIfLate, receiving: () => state.phase === "receiving" };
};
