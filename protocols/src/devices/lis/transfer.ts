import { concat, sameBytes } from "../../bytes/bytes.ts";
import type { FrameEvent, LisRecord } from "../device-event.ts";
import { cr, type LinkFrame, lf } from "./frame.ts";
import { type Delimiters, declaredDelimiters, parseRecord, standardDelimiters } from "./record.ts";
import { decodeRecordText, type LisEncoding } from "./text-encoding.ts";

/** Longest record kept while its frames arrive; a longer one is cut off from its frame and the frame refused. */
const maxRecordBytes = 32 * 1024;

/** A record and the exact bytes it came in, its carriage return included, link framing left out. */
export interface ReceivedRecord {
  readonly record: LisRecord;
  readonly bytes: Uint8Array;
  readonly delimiters: Delimiters;
}

/** Where a transfer stands. Immutable: a frame is only taken over once the receiver decides so. */
export interface TransferState {
  /** Number and text of the last frame taken; `null` before the first of a stream that was joined midway. */
  readonly last: { readonly frameNo: number; readonly text: Uint8Array | null } | null;
  /** Beginning of a record whose end has not come yet. */
  readonly carry: Uint8Array;
  readonly delimiters: Delimiters;
}

/** Before anything was received. */
export const initialTransfer: TransferState = { last: null, carry: new Uint8Array(0), delimiters: standardDelimiters };

/** After ENQ: the next frame must be number 1 (LIS01-A2 section 6.3.1.3). Delimiters stay until an H record changes them. */
export const openTransfer = (state: TransferState): TransferState => ({
  last: { frameNo: 0, text: null },
  carry: new Uint8Array(0),
  delimiters: state.delimiters,
});

/** After EOT: what was not finished is dropped, a frame may come with any number. */
export const closeTransfer = (state: TransferState): TransferState => ({
  ...initialTransfer,
  delimiters: state.delimiters,
});

/** What a frame brings, and the state once it is taken. */
export interface TakenFrame {
  readonly sequence: FrameEvent["sequence"];
  readonly records: readonly ReceivedRecord[];
  /** True when an unfinished record has become longer than any real one: not to be acknowledged. */
  readonly tooLong: boolean;
  readonly next: TransferState;
}

const sequenceOf = (state: TransferState, frame: LinkFrame): FrameEvent["sequence"] => {
  if (state.last === null) return "first";
  if (frame.frameNo === (state.last.frameNo + 1) % 8) return "next";
  // Number and content must agree: an instrument that never counts must not have its second frame taken for a repeat.
  const same =
    frame.frameNo === state.last.frameNo && state.last.text !== null && sameBytes(frame.text, state.last.text);
  return same ? "repeated" : "unexpected";
};

/**
 * Complete records as bytes, and the rest. LIS02-A2 section 5.2 ends a record with CR; LF may not stand in a text at all,
 * so where instruments send it, alone or after CR, it ends one too. ETX also ends a record: some instruments leave the
 * last CR out.
 */
const splitRecords = (
  bytes: Uint8Array,
  final: boolean,
): { readonly whole: Uint8Array[]; readonly rest: Uint8Array } => {
  const whole: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== cr && bytes[at] !== lf) continue;
    whole.push(bytes.slice(from, at + 1));
    from = at + 1;
  }
  const rest = bytes.slice(from);
  if (!final) return { whole, rest };
  if (rest.length > 0) whole.push(rest);
  return { whole, rest: new Uint8Array(0) };
};

const withoutLineEnd = (bytes: Uint8Array): Uint8Array => {
  const last = bytes.at(-1);
  return last === cr || last === lf ? bytes.subarray(0, -1) : bytes;
};

/**
 * What an undamaged frame adds. A record may be split over frames (ETB without a CR before it) and a frame may hold
 * whole records although it ends with ETB (cobas c111) or a whole message (many raw TCP instruments).
 */
export const takeFrame = (state: TransferState, frame: LinkFrame, encoding: LisEncoding): TakenFrame => {
  const sequence = sequenceOf(state, frame);
  if (sequence === "repeated") return { sequence, records: [], tooLong: false, next: state };
  // What a missing frame began cannot be continued.
  const carry = sequence === "unexpected" ? new Uint8Array(0) : state.carry;
  const { whole, rest } = splitRecords(concat(carry, frame.text), frame.final);
  const records: ReceivedRecord[] = [];
  let delimiters = state.delimiters;
  for (const bytes of whole) {
    const content = withoutLineEnd(bytes);
    if (content.length === 0) continue;
    const text = decodeRecordText(content, encoding);
    delimiters = declaredDelimiters(text) ?? delimiters;
    records.push({ record: parseRecord(text, delimiters), bytes, delimiters });
  }
  const tooLong = rest.length > maxRecordBytes || records.some(({ bytes }) => bytes.length > maxRecordBytes);
  return {
    sequence,
    records,
    tooLong,
    next: { last: { frameNo: frame.frameNo, text: frame.text }, carry: rest, delimiters },
  };
};
