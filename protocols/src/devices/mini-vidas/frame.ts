import { sum8 } from "../../framing/checksums.ts";
import type { FrameVerdict } from "../../framing/frame-decoder.ts";
import type { ControlEvent, ResultEvent, Verdict } from "../device-event.ts";
import { decodeRecordText } from "../lis/text-encoding.ts";
import { momentText } from "../tester-result.ts";

/**
 * Message of a mini VIDAS: `STX (RS tag value |)* GS c c LF`, tags of two letters, checksum the sum modulo 256 from the
 * first RS to GS as two hexadecimal digits. Source: capture in github senaite/senaite.astm (mini_vidas.txt).
 */
export const stx = 0x02;
const [enq, eot, etx, lf, cr, gs] = [0x05, 0x04, 0x03, 0x0a, 0x0d, 0x1d];
const separator = "\x1e";
/** Longest message; the capture has 105 bytes. */
export const maxMessageBytes = 2048;

/** Control characters between messages. */
export const controlNames = new Map([
  [enq, "ENQ"],
  [eot, "EOT"],
] as const);

/** What the decoder tells. */
export type VidasEvent = ResultEvent | ControlEvent;

const fieldsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split(separator)
      .slice(1)
      .map((part) => [part.slice(0, 2), part.slice(2).replace(/\|$/, "").trim()] as const),
  );

/** The instrument's words, in the languages it is sold with. */
const words: readonly (readonly [Verdict, RegExp])[] = [
  ["invalid", /^inv/i],
  ["positive", /^pos/i],
  ["negative", /^n.{1,2}gat/i],
  ["suspect", /^(equi|.quiv|dout|border|gray|grey)/i],
];
const verdictOf = (word: string): Verdict => words.find(([, pattern]) => pattern.test(word))?.[0] ?? "none";

/** `10/25/24` (month first) and `18:35`; as sent when it is no such time, `null` without any. */
const timeOf = (date: string, time: string): string | null => {
  const [, month, day, year] = /^(\d\d)\/(\d\d)\/(\d\d)$/.exec(date) ?? [];
  const [, hour, minute] = /^(\d\d):(\d\d)$/.exec(time) ?? [];
  if (year === undefined || minute === undefined) return `${date} ${time}`.trim() || null;
  return momentText([year, month, day, hour, minute, "0"].map(Number));
};

/** The result of a message whose checksum fits. The patient's fields stay in the raw bytes. */
const resultOf = (body: Uint8Array, raw: Uint8Array): ResultEvent => {
  const fields = fieldsOf(decodeRecordText(body, "latin1"));
  const text = (tag: string): string => fields.get(tag) ?? "";
  return {
    event: "result",
    raw,
    sample: text("ci") || text("pi") || null,
    assay: text("rt") || text("rn") || null,
    value: text("qn") || text("ql") || null,
    unit: text("y3") || null,
    instrumentVerdict: verdictOf(text("ql")),
    at: timeOf(text("td"), text("tt")),
  };
};

/** Length of what stands between the checksum and the next message; `undefined`: the next byte decides. */
const endingBytes = (window: Uint8Array, at: number, ended: boolean): number | undefined => {
  const [first, second] = [window[at], window[at + 1]];
  if (first === undefined) return ended ? 0 : undefined;
  if (first === lf || first === etx) return 1;
  if (first !== cr) return 0;
  if (second === undefined) return ended ? 1 : undefined;
  return second === lf ? 2 : 1;
};

const more = { kind: "more" } as const;

/** What the bytes from an STX on are. */
export const examineMessage = (window: Uint8Array, ended: boolean): FrameVerdict<VidasEvent> => {
  const inner = window.indexOf(stx, 1);
  const group = window.indexOf(gs);
  if (inner > 0 && (group < 0 || inner < group + 3)) {
    return { kind: "reject", length: inner, reason: "bad-length", whole: false };
  }
  if (window.length > 1 && window[1] !== 0x1e) return { kind: "reject", length: 1, reason: "bad-field", whole: false };
  if (group < 0 || window.length < group + 3) return more;
  const ending = endingBytes(window, group + 3, ended);
  if (ending === undefined) return more;
  const length = group + 3 + ending;
  const sent = decodeRecordText(window.slice(group + 1, group + 3), "latin1").toLowerCase();
  if (
    sum8(window.subarray(1, group + 1))
      .toString(16)
      .padStart(2, "0") !== sent
  ) {
    return { kind: "reject", length, reason: "bad-checksum", whole: true };
  }
  return { kind: "accept", length, event: resultOf(window.slice(1, group), window.slice(0, length)) };
};
