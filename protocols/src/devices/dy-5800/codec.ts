import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ResultEvent } from "../device-event.ts";
import { dy5800ResultOf, firstByte, lastByte, recordBytes } from "./frame.ts";

/** A record by its length: `P` and `X` may stand in its texts. */
const grammar: FrameGrammar<ResultEvent> = {
  isStart: (byte) => byte === firstByte,
  examine: (window) => {
    if (window.length < recordBytes) return { kind: "more" };
    if (window[recordBytes - 1] !== lastByte) {
      return { kind: "reject", length: recordBytes, reason: "bad-length", whole: false };
    }
    const event = dy5800ResultOf(window.slice(0, recordBytes));
    if (event === undefined) return { kind: "reject", length: recordBytes, reason: "bad-field", whole: false };
    return { kind: "accept", length: recordBytes, event };
  },
};

/** DY-5800 multi-hole food analyser: sends results by itself, inhibition or concentration as text. */
export const dy5800: DeviceCodec = {
  id: "dy-5800",
  displayName: { zh: "达元 DY-5800 食品安全分析仪", en: "DY-5800 food analyser" },
  deviceClass: "tester",
  maxPendingBytes: recordBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, recordBytes),
};
