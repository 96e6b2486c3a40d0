import {
  createFrameDecoder,
  type FrameGrammar,
  type FrameVerdict,
  maxDiscardBytes,
} from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ResultEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import {
  dy6200EndOf,
  dy6200QuestionOf,
  dy6200ResultOf,
  isQuestion,
  markerBytes,
  mayBeMarker,
  mayBeRecord,
  questionBytes,
  recordBytes,
  startByte,
} from "./frame.ts";

type Heard = ResultEvent | RequestEvent | ReplyEvent;

/** Whole, still possible, or neither. */
const stateOf = (window: Uint8Array, length: number, mayBe: boolean): "whole" | "open" | "no" => {
  if (!mayBe) return "no";
  return window.length >= length ? "whole" : "open";
};

const accept = (length: number, event: Heard): FrameVerdict<Heard> => ({ kind: "accept", length, event });

/** Three kinds of frames begin with the same byte: the record is the one with the most conditions and goes first. */
const grammar: FrameGrammar<Heard> = {
  isStart: (byte) => byte === startByte,
  examine: (window, { ended }) => {
    const marker = stateOf(window, markerBytes, mayBeMarker(window));
    if (marker === "whole") return accept(markerBytes, dy6200EndOf(window.slice(0, markerBytes)));
    const record = stateOf(window, recordBytes, mayBeRecord(window));
    if (record === "whole") return accept(recordBytes, dy6200ResultOf(window.slice(0, recordBytes)));
    if (!ended && (record === "open" || marker === "open")) return { kind: "more" };
    if (isQuestion(window)) return accept(questionBytes, dy6200QuestionOf(window.slice(0, questionBytes)));
    if (record === "open" || marker === "open") return { kind: "more" };
    return { kind: "reject", length: 1, reason: "bad-field", whole: false };
  },
};

/** DY-6200 food additive tester. */
export const dy6200: DeviceCodec = {
  id: "dy-6200",
  displayName: { zh: "达元 DY-6200 食品安全快速检测仪", en: "DY-6200 food additive tester" },
  deviceClass: "tester",
  maxPendingBytes: recordBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, recordBytes),
};
