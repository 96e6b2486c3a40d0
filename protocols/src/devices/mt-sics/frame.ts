import type { ReadingEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { motionOf, numberIn, readingWith, unitIn } from "../reading.ts";

/**
 * Lines of MT-SICS. Sources: Mettler-Toledo AL-IC and AT manuals (S responses); KERN KCP 1.3.8; public tests of mt-sics
 * (Atlantis-Software); Radwag manuals (look alike, `?`, `^`, `v` for the state).
 */
const weight = /^(S|SI|SU|SIU|SIRU|SX|SXI|SIX1|SR|SNR) ([SD?^v]) +([+-]? *[\d.]+) +([A-Za-z%]{1,5})(?: +.*)?$/;
const tare = /^(T|TI|TA) ([SDA]) +([+-]? *[\d.]+) +([A-Za-z%]{1,5})$/;
const beyond = /^(S|SI|SU|SX|SXI|SR|SIR) ([+-])$/;
const status = /^(S|SI|SIR|SR|SU|SX|Z|ZI|T|TI|TA|TAC|I\d{1,2}|SNR|K|D|DW) ([A-Z+-])$/;
const text = /^(I\d{1,2}) ([AB])((?: -?\d+)* ?".*"| \S+)$/;
const scaleError = /^(S|SI|SU) [SD] +Error +\S+/;

/** What may be asked (`TA 100.00 g` carries a value). */
const requests: Readonly<Record<string, string>> = {
  S: "stable-weight",
  SI: "weight",
  SIR: "weight-repeatedly",
  SR: "weight-on-change",
  SNR: "weight-on-change",
  SU: "stable-weight",
  SIU: "weight",
  SIRU: "weight-repeatedly",
  SX: "stable-weight",
  SXI: "weight",
  Z: "zero",
  ZI: "zero",
  T: "tare",
  TI: "tare",
  TA: "tare-weight",
  TAC: "clear-tare",
  "@": "reset",
};

const errors: Readonly<Record<string, string>> = {
  ES: "unknown-command",
  ET: "transmission-error",
  EL: "logical-error",
};

const statusWords: Readonly<Record<string, string>> = {
  A: "acknowledged",
  B: "more-follows",
  I: "not-executable",
  L: "bad-parameter",
  S: "done-stable",
  D: "done-dynamic",
  "+": "above-range",
  "-": "below-range",
};

const reply = (raw: Uint8Array, meaning: string, detail: string | null): ReplyEvent => ({
  event: "reply",
  raw,
  meaning,
  detail,
});

const weightIn = (line: string, raw: Uint8Array): ReadingEvent | null => {
  const match = weight.exec(line);
  const value = numberIn(match?.[3] ?? "");
  if (match !== null && value !== null) {
    const unit = unitIn(match[4] ?? "");
    // Radwag: ^ above, v below the range, ? not stable.
    const state = match[2] ?? "";
    if (state === "^" || state === "v") {
      return readingWith(raw, { unit, overload: state === "^", underload: state === "v" });
    }
    return readingWith(raw, { value, unit, ...motionOf(state !== "S") });
  }
  const range = beyond.exec(line)?.[2];
  if (range !== undefined) return readingWith(raw, { overload: range === "+", underload: range === "-" });
  const tared = tare.exec(line);
  const tareValue = numberIn(tared?.[3] ?? "");
  if (tared === null || tareValue === null) return null;
  const stable = tared[2] === "D" ? "reported-unstable" : tared[2] === "S" ? "reported-stable" : "unknown";
  return readingWith(raw, { value: tareValue, unit: unitIn(tared[4] ?? ""), mode: "tare", stable });
};

const answerIn = (line: string, raw: Uint8Array): ReplyEvent | null => {
  if (Object.hasOwn(errors, line)) return reply(raw, errors[line] ?? "", null);
  if (scaleError.test(line)) return reply(raw, "scale-error", line.replace(/^.*(Error +\S+).*$/, "$1"));
  const said = status.exec(line);
  if (said !== null) return reply(raw, statusWords[said[2] ?? ""] ?? "other", said[1] ?? null);
  const information = text.exec(line);
  if (information === null) return null;
  return reply(raw, "information", `${information[1] ?? ""}${information[3] ?? ""}`);
};

/** What a line says, whichever side it comes from; `null` when it is none. */
export const lineIn = (
  line: string,
  raw: Uint8Array,
  clean: boolean,
): ReadingEvent | ReplyEvent | RequestEvent | null => {
  const said = line.replace(/ +$/, "");
  const answer = weightIn(said, raw) ?? answerIn(said, raw);
  if (answer !== null || !clean) return answer;
  if (Object.hasOwn(requests, said)) return { event: "request", raw, meaning: requests[said] ?? "", detail: null };
  if (/^I\d{1,2}$/.test(said)) return { event: "request", raw, meaning: "information", detail: said };
  const change = /^(SR|SNR) +([\d.]+ +[A-Za-z]+)$/.exec(said)?.[2];
  if (change !== undefined) return { event: "request", raw, meaning: "weight-on-change", detail: change };
  const preset = /^TA +([\d.]+ +[A-Za-z]+)$/.exec(said)?.[1];
  return preset === undefined ? null : { event: "request", raw, meaning: "set-tare", detail: preset };
};
