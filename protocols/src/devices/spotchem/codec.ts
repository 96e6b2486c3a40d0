import type { DiscardedEvent } from "../../framing/discarded-event.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, DeviceDecoder, DeviceEvent, ResultEvent } from "../device-event.ts";
import { etx, lf, maxPrintBytes, spotchemResultsOf, stx } from "./frame.ts";

interface Heard {
  readonly event: "heard";
  readonly results: readonly ResultEvent[];
}

const grammar: FrameGrammar<Heard> = {
  isStart: (byte) => byte === stx,
  examine: (window, { ended }) => {
    const end = window.indexOf(etx, 1);
    const text = window.subarray(1, end < 0 ? window.length : end);
    const broken = text.findIndex((byte) => byte < 0x20 || byte === 0x7f);
    if (broken >= 0) return { kind: "reject", length: broken + 1, reason: "bad-field", whole: false };
    // The line feed behind the printout belongs to it.
    if (end < 0 || (window.length === end + 1 && !ended)) return { kind: "more" };
    const length = window[end + 1] === lf ? end + 2 : end + 1;
    const results = spotchemResultsOf(window.slice(0, length), text);
    if (results === undefined) return { kind: "reject", length, reason: "bad-field", whole: false };
    return { kind: "accept", length, event: { event: "heard", results } };
  },
};

const createDecoder = (): DeviceDecoder => {
  const frames = createFrameDecoder(grammar, maxPrintBytes);
  const read = (event: Heard | DiscardedEvent): readonly DeviceEvent[] =>
    event.event === "heard" ? event.results : [event];
  return {
    push: (bytes) => frames.push(bytes).flatMap(read),
    idle: () => frames.idle().flatMap(read),
    end: () => frames.end().flatMap(read),
    pending: () => frames.pending(),
  };
};

/** Arkray Spotchem EL electrolyte analyser: prints every measurement. */
export const spotchem: DeviceCodec = {
  id: "spotchem",
  displayName: { zh: "爱科来 Spotchem EL 电解质分析仪", en: "Arkray Spotchem EL SE-1520" },
  deviceClass: "tester",
  maxPendingBytes: maxPrintBytes + maxDiscardBytes,
  createDecoder,
};
