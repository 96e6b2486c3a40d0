import type { ReadingEvent, ScaleFlag } from "../device-event.ts";
import type { ReplyEvent } from "../line-event.ts";
import { numberIn, readingWith, unitIn } from "../reading.ts";

/**
 * The message of an NCI (SCP-01) scale between LF and ETX, parity masked. Sources: Avery Weigh-Tronix 7821 p. 25; NCI 7800
 * p. 32; Salter 6712 p. 19; DIVA manual pp. 37-42 (status after `S`); Brecknell 6702U p. 68 (`^^^`, `___`, `---`).
 */
const message = /^\n(?:([^\r\n]+)\r\n)?S?([\x30-\x3f\x70-\x7f]{2,4})\r$/;
const weightField = /^ *([+-]? *[\d.]+) *([A-Za-z]{1,2}) *$/;
const poundsOunces = /^ *-? *\d+ *LB *[\d.]+ *OZ *$/i;

/** Bits of the four status bytes; byte 2 and 3 tell with bit 6 that another follows. */
interface Status {
  readonly motion: boolean;
  readonly zero: boolean;
  readonly under: boolean;
  readonly over: boolean;
  readonly notZeroed: boolean;
  readonly fault: boolean;
  readonly net: boolean | null;
}

const statusIn = (text: string): Status | null => {
  const bytes = Array.from(text, (char) => char.charCodeAt(0));
  const [first = 0, second = 0, third] = bytes;
  const expected = (second & 0x40) === 0 ? 2 : third === undefined || (third & 0x40) === 0 ? 3 : 4;
  if (bytes.length !== expected) return null;
  return {
    motion: (first & 0x01) !== 0,
    zero: (first & 0x02) !== 0,
    under: (second & 0x01) !== 0,
    over: (second & 0x02) !== 0,
    notZeroed: third !== undefined && (third & 0x08) !== 0,
    fault: (first & 0x0c) !== 0 || (second & 0x0c) !== 0,
    net: third === undefined ? null : (third & 0x04) !== 0,
  };
};

const statesOf = (status: Status): ScaleFlag[] => [
  ...(status.motion ? (["motion"] as const) : []),
  ...(status.notZeroed ? (["not-zeroed"] as const) : []),
  ...(status.zero ? (["zero-centre"] as const) : []),
  ...(status.fault ? (["fault"] as const) : []),
];

const readingOf = (status: Status, field: string | undefined, raw: Uint8Array): ReadingEvent | null => {
  const over = status.over || /^ *\^+ *[A-Za-z]{0,2} *$/.test(field ?? "");
  const under = status.under || /^ *_+ *[A-Za-z]{0,2} *$/.test(field ?? "");
  const broken = /^ *-+ *[A-Za-z]{0,2} *$/.test(field ?? "");
  const said = weightField.exec(field ?? "");
  const value = numberIn(said?.[1] ?? "");
  const beyond = over || under || broken || status.fault || status.notZeroed;
  const blank = poundsOunces.test(field ?? "");
  if (field !== undefined && value === null && !beyond && !blank) return null;
  const states = statesOf(status);
  return readingWith(raw, {
    value: beyond ? null : value,
    unit: said === null || beyond ? null : unitIn(said[2] ?? ""),
    mode: status.net === null ? "unknown" : status.net ? "net" : "gross",
    stable: status.motion ? "reported-unstable" : "reported-stable",
    overload: over,
    underload: under,
    states: broken && !states.includes("not-zeroed") ? [...states, "not-zeroed"] : states,
  });
};

/** What a message (LF to CR, ETX removed) says; `null` when it is none. A weight in pounds and ounces is left blank. */
export const messageIn = (text: string, raw: Uint8Array): ReadingEvent | ReplyEvent | null => {
  if (text === "\n?\r") return { event: "reply", raw, meaning: "unknown-command", detail: null };
  const match = message.exec(text);
  if (match === null) return null;
  const [, field, statusText = ""] = match;
  const status = statusIn(statusText);
  if (status === null) return null;
  if (field !== undefined && /^ *[A-Za-z]{1,2} *$/.test(field)) {
    return { event: "reply", raw, meaning: "unit", detail: field.trim() };
  }
  // Nothing in the way of a weight, and none: the answer to S, or the end of a message that was joined midway.
  if (field === undefined && !status.motion && !status.under && !status.over && !status.notZeroed && !status.fault) {
    return { event: "reply", raw, meaning: "status", detail: statusText };
  }
  return readingOf(status, field, raw);
};
