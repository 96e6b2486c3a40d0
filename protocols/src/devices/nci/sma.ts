import type { ReadingEvent, ScaleFlag } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { latin1, motionOf, numberIn, readingWith, unitIn } from "../reading.ts";

/** LF, status, range, mode, motion, one kept for later, weight 10, unit 3, CR. */
const frameBytes = 20;

/**
 * The scale weighs and answers in the form of the Scale Manufacturers Association, a later relative of SCP-01: no ETX, one
 * letter for each state. Layout: Avery Weigh-Tronix and Brecknell manuals name the fields; the letters are those of the
 * association's standard SCP-0499.
 */
const form = /^\n([ZOUEIT ])([ \d])([GTNgn])([M ]).([ \d.+-]{10})([A-Za-z%][A-Za-z% ]{2})\r$/s;

const modes: Readonly<Record<string, ReadingEvent["mode"]>> = { G: "gross", g: "gross", N: "net", n: "net", T: "tare" };

/** Letters of the host; each stands between LF and CR. */
const requests: Readonly<Record<string, string>> = {
  W: "weight",
  R: "weight-repeatedly",
  H: "weight-expanded",
  Z: "zero",
  T: "tare",
  M: "tare-weight",
  C: "clear-tare",
  U: "change-unit",
  D: "diagnostics",
  A: "about",
  B: "about-next",
};

const answers: Readonly<Record<string, string>> = { "?": "unknown-command", "!": "transmission-error" };

const statesOf = (status: string, mode: string, motion: boolean): ScaleFlag[] => [
  ...(motion ? (["motion"] as const) : []),
  ...(status === "E" || status === "I" ? (["not-zeroed"] as const) : []),
  ...(status === "Z" ? (["zero-centre"] as const) : []),
  ...(mode === "g" || mode === "n" ? (["expanded"] as const) : []),
  ...(status === "T" ? (["fault"] as const) : []),
];

const readingIn = (text: string, raw: Uint8Array): ReadingEvent | null => {
  const match = form.exec(text);
  if (match === null) return null;
  const [, status = "", , mode = "", motion = "", field = "", unit = ""] = match;
  const value = numberIn(field);
  // Over, under, or an error of zero or tare: what stands in the weight's place is none.
  const beyond = "OUEIT".includes(status);
  if (value === null && !beyond) return null;
  return readingWith(raw, {
    value: beyond ? null : value,
    unit: unitIn(unit),
    mode: modes[mode] ?? "unknown",
    stable: motionOf(motion === "M").stable,
    overload: status === "O",
    underload: status === "U",
    states: statesOf(status, mode, motion === "M"),
  });
};

/** A message of this form at the head of `bytes` (parity masked), with how many bytes it has; `null` when there is none. */
export const smaMessage = (
  bytes: Uint8Array,
  window: Uint8Array,
  isClean: boolean,
): { readonly length: number; readonly event: ReadingEvent | RequestEvent | ReplyEvent } | null => {
  if (bytes[frameBytes - 1] === 0x0d) {
    const event = readingIn(latin1(bytes.subarray(0, frameBytes)), window.slice(0, frameBytes));
    if (event !== null) return { length: frameBytes, event };
  }
  if (bytes[2] !== 0x0d) return null;
  const letter = String.fromCharCode(bytes[1] ?? 0);
  const raw = window.slice(0, 3);
  const request = isClean && Object.hasOwn(requests, letter) ? requests[letter] : undefined;
  if (request !== undefined) return { length: 3, event: { event: "request", raw, meaning: request, detail: null } };
  // Before ETX it is an answer of the older form.
  const answer = bytes[3] === undefined || bytes[3] === 0x03 ? undefined : answers[letter];
  return answer === undefined ? null : { length: 3, event: { event: "reply", raw, meaning: answer, detail: null } };
};
