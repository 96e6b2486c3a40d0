import { sameBytes } from "../../bytes/bytes.ts";
import type { ControlEvent } from "../device-event.ts";
import type { LinkFrame } from "./frame.ts";
import { descend, emptyContext, type ReceivedResult, type ResultContext } from "./result.ts";
import type { LisEncoding } from "./text-encoding.ts";
import { closeTransfer, initialTransfer, openTransfer, type TransferState, takeFrame } from "./transfer.ts";

/** Where the receiving end of a link stands. Immutable. */
export interface ReceiverState {
  /** LIS01-A2 section 6.2: between EOT and ENQ neutral, in between receiving. */
  readonly phase: "neutral" | "receiving";
  readonly transfer: TransferState;
  readonly context: ResultContext;
  /** True once the terminator record (L) was taken: the message is complete. */
  readonly terminated: boolean;
}

/** Nothing received yet. */
export const initialReceiver: ReceiverState = {
  phase: "neutral",
  transfer: initialTransfer,
  context: emptyContext,
  terminated: false,
};

/** Rules a real instrument may need bent. */
export interface ReceiverRules {
  readonly encoding: LisEncoding;
  /** `strict`: a frame with an unexpected number is refused. `ignored`: taken as new, for instruments that do not count. */
  readonly frameNumbers: "strict" | "ignored";
}

/** Why a frame or ENQ is refused. Stable codes, counted. */
export type NakReason = "bad-checksum" | "out-of-sequence" | "no-transfer" | "busy" | "record-too-long" | "not-stored";

/**
 * What to do with one event of the link: store `results`, and only when every one of them is on disk take over `next`
 * and send `reply`. When storing fails, keep the old state and send NAK: the instrument sends the frame again.
 */
export interface ReceiverStep {
  readonly results: readonly ReceivedResult[];
  readonly reply: "ACK" | "NAK" | null;
  readonly reason: NakReason | null;
  readonly next: ReceiverState;
  /** How EOT ended a transfer: after its terminator record, or in the middle (the instrument gave up). */
  readonly closed: "complete" | "aborted" | null;
}

const quiet = (next: ReceiverState): ReceiverStep => ({ results: [], reply: null, reason: null, next, closed: null });
const refuse = (next: ReceiverState, reason: NakReason): ReceiverStep => ({ ...quiet(next), reply: "NAK", reason });

const takeControl = (state: ReceiverState, control: ControlEvent["control"]): ReceiverStep => {
  if (control === "ENQ") {
    // LIS01-A2 section 6.2.3: a second ENQ inside a transfer is not an offer to start one.
    if (state.phase === "receiving") return refuse(state, "busy");
    const next: ReceiverState = { ...initialReceiver, phase: "receiving", transfer: openTransfer(state.transfer) };
    return { ...quiet(next), reply: "ACK" };
  }
  if (control !== "EOT") return quiet(state);
  const ended = state.terminated ? "complete" : "aborted";
  return { ...quiet(toNeutral(state)), closed: state.phase === "receiving" ? ended : null };
};

/** After EOT, or when the receiver's timer ran out: whatever was not finished is dropped. */
export const toNeutral = (state: ReceiverState): ReceiverState => ({
  ...initialReceiver,
  transfer: closeTransfer(state.transfer),
});

const takeText = (state: ReceiverState, frame: LinkFrame, rules: ReceiverRules): ReceiverStep => {
  if (!frame.checksumOk) return refuse(state, "bad-checksum");
  // A frame outside a transfer belongs to one whose beginning another process (or nobody) heard: acknowledging it
  // would acknowledge a result without its header and order. Refused, the instrument gives up and starts over.
  if (state.phase === "neutral") return refuse(state, "no-transfer");
  const taken = takeFrame(state.transfer, frame, rules.encoding);
  if (taken.sequence === "repeated") return { ...quiet(state), reply: "ACK" };
  if (taken.sequence === "unexpected" && rules.frameNumbers === "strict") return refuse(state, "out-of-sequence");
  if (taken.tooLong) return refuse(state, "record-too-long");
  let context = state.context;
  const results: ReceivedResult[] = [];
  for (const received of taken.records) {
    context = descend(context, received);
    if (received.record.type === "R") results.push({ context, result: received });
  }
  const terminated = taken.records.at(-1)?.record.type === "L";
  const next: ReceiverState = { phase: "receiving", transfer: taken.next, context, terminated };
  return { results, reply: "ACK", reason: null, next, closed: null };
};

/**
 * One step of the receiving end. A result is delivered with the frame that completes it, so that the acknowledgement of
 * that frame means: stored. Frames before it (header, order, the beginning of a record split over frames) are
 * acknowledged from memory; if the receiver dies in between, the instrument's next frame is refused and LIS01-A2 section
 * 6.5 makes it send the whole message again.
 */
export const receive = (state: ReceiverState, event: LinkFrame | ControlEvent, rules: ReceiverRules): ReceiverStep =>
  event.event === "control" ? takeControl(state, event.control) : takeText(state, event, rules);

/** True when `frame` is the same frame sent again, byte for byte. */
export const isSameFrame = (frame: LinkFrame, earlier: LinkFrame | null): boolean =>
  earlier !== null && sameBytes(frame.raw, earlier.raw);
