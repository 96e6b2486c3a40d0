import { maskParity } from "../../framing/checksums.ts";
import { expandEvents } from "../../framing/expand-events.ts";
import {
  createFrameDecoder,
  type FrameGrammar,
  type FrameVerdict,
  maxDiscardBytes,
} from "../../framing/frame-decoder.ts";
import type { ControlEvent, DeviceCodec } from "../device-event.ts";
import { latin1 } from "../reading.ts";
import { type DialogEvent, fieldSeparator, recordIn } from "./frame.ts";

const maxFrameBytes = 48;
const [stx, etx, eot, enq, ack, nak] = [0x02, 0x03, 0x04, 0x05, 0x06, 0x15];
const answers: Readonly<Record<number, ControlEvent["control"]>> = { 6: "ACK", 21: "NAK" };

/** One frame; a weighing stands for two events. */
interface DialogFrame {
  readonly event: "dialog";
  readonly said: readonly (DialogEvent | ControlEvent)[];
}

const isStart = (byte: number): boolean => {
  const plain = byte & 0x7f;
  return plain === stx || plain === eot || plain in answers;
};

const accept = (length: number, ...said: readonly (DialogEvent | ControlEvent)[]): FrameVerdict<DialogFrame> => ({
  kind: "accept",
  length,
  event: { event: "dialog", said },
});

const scaleRecords = ["02", "09", "11"];

/** EOT, alone, before ENQ (asks for the weighing) or before a record of the host; undefined: it heads a record. */
const endAt = (bytes: Uint8Array, window: Uint8Array, ended: boolean): FrameVerdict<DialogFrame> | undefined => {
  const next = bytes[1];
  if (next === undefined && !ended) return { kind: "more" };
  if (next === stx) {
    if (bytes.length < 4 && !ended) return { kind: "more" };
    // EOT before a record of the scale is the host's, and ended what was before.
    if (!scaleRecords.includes(latin1(bytes.subarray(2, 4)))) return undefined;
  }
  if (next !== enq) return accept(1, { event: "control", raw: window.slice(0, 1), control: "EOT" });
  return accept(2, { event: "request", raw: window.slice(0, 2), meaning: "weight", detail: null });
};

const grammar: FrameGrammar<DialogFrame> = {
  isStart,
  examine: (window, { gap, ended }) => {
    const bytes = maskParity(window.subarray(0, maxFrameBytes));
    const control = answers[bytes[0] ?? 0];
    if (control !== undefined || (bytes[0] === eot && bytes[1] !== stx && gap > 0 && bytes.length > 1)) {
      if (gap > 0 && window[0] !== ack && window[0] !== nak) {
        return { kind: "reject", length: 1, reason: "noise", whole: false };
      }
      return accept(1, { event: "control", raw: window.slice(0, 1), control: control ?? "EOT" });
    }
    const lone = bytes[0] === eot ? endAt(bytes, window, ended) : undefined;
    if (lone !== undefined) return lone;
    const from = bytes[0] === eot ? 2 : 1;
    const end = bytes.indexOf(etx, from);
    const body = bytes.subarray(from, end < 0 ? bytes.length : end);
    const wrong = body.findIndex((byte) => byte < 0x20 && byte !== fieldSeparator);
    if (wrong >= 0) return { kind: "reject", length: wrong + from, reason: "bad-length", whole: true };
    if (end < 0) {
      if (bytes.length < maxFrameBytes && !ended) return { kind: "more" };
      const reason = bytes.length < maxFrameBytes ? "incomplete" : "bad-length";
      return { kind: "reject", length: bytes.length, reason, whole: true };
    }
    const said = recordIn(latin1(body).replaceAll(String.fromCharCode(fieldSeparator), "␛"), window.slice(0, end + 1));
    if (said === null) return { kind: "reject", length: end + 1, reason: "bad-field", whole: true };
    return accept(end + 1, ...said);
  },
};

/**
 * Dialog 02/04/06, the checkout dialogue of DIVA and its relatives. Sources: Mettler-Toledo DIVA service manual pp. 54-66;
 * Ohaus Aviator 5000 p. 41, 7000 p. 45; Dibal DPOS400 p. 56; Cely PI100 p. 18. The parity bit is masked (7O1).
 */
export const dialog06: DeviceCodec = {
  id: "dialog06",
  displayName: { zh: "Dialog 02/04/06 收银秤对话", en: "Dialog 02/04/06 checkout dialogue" },
  deviceClass: "scale",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: () =>
    expandEvents(createFrameDecoder(grammar, maxFrameBytes), (frame) =>
      frame.event === "dialog" ? frame.said : [frame],
    ),
};
