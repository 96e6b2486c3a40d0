import { formFault, placesOf } from "../../framing/fixed-form.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent, ScaleFlag } from "../device-event.ts";
import { latin1, numberIn, readingWith, unitIn } from "../reading.ts";

/** Status, mode, id, lamps, value 8, unit 2, CR LF; up to four relay flags before the end (CI-150A "limit"). */
const frameBytes = 22;
const maxFrameBytes = 34;
const lf = 0x0a;

/** What may stand at each place up to the value; the lamp byte may be anything. */
const isStart = (byte: number): boolean => byte === 0x53 || byte === 0x55 || byte === 0x4f;
const headBytes = 17;
const mayStand = placesOf([
  /[SUO]/,
  /[TSL]/,
  /,/,
  /[GN]/,
  /[ST]/,
  /,/,
  /[\x20-\x7f]/,
  null,
  /,/,
  ...Array<RegExp>(8).fill(/[ +\-.\d]/),
]);
const whole = /^(ST|US|OL),(GS|NT),[\x20-\x7f].,([ +\-.\d]{8}) {0,2}([A-Za-z%]{1,2}) ?((?:[, ]?[01]){0,4})\r?\n$/s;

const lamp = { stable: 0x40, hold: 0x10, zero: 0x01 } as const;

const statesOf = (moving: boolean, lamps: number): ScaleFlag[] => [
  ...(moving ? (["motion"] as const) : []),
  ...((lamps & lamp.zero) !== 0 ? (["zero-centre"] as const) : []),
  ...((lamps & lamp.hold) !== 0 ? (["hold"] as const) : []),
];

const readingIn = (text: string, raw: Uint8Array): ReadingEvent | null => {
  const match = whole.exec(text);
  if (match === null) return null;
  const [, status = "", modeCode = "", field = "", unit = ""] = match;
  const lamps = raw[7] ?? 0;
  const value = numberIn(field);
  // Stable only when the header and the lamp agree: a damaged byte must not make a moving weight stand.
  const moving = status === "US" || (lamps & lamp.stable) === 0;
  const said = { unit: unitIn(unit), mode: modeCode === "GS" ? "gross" : "net" } as const;
  if (status === "OL") {
    const under = field.includes("-");
    return readingWith(raw, { ...said, overload: !under, underload: under, states: statesOf(false, lamps) });
  }
  if (value === null) return null;
  const stable = moving ? "reported-unstable" : "reported-stable";
  return readingWith(raw, { ...said, value, stable, states: statesOf(moving, lamps) });
};

const grammar: FrameGrammar<ReadingEvent> = {
  isStart,
  examine: (window, { ended }) => {
    const fault = formFault(window.subarray(0, headBytes), mayStand, isStart);
    if (fault !== undefined) return fault;
    const head = window.subarray(0, maxFrameBytes);
    const end = head.indexOf(lf, frameBytes - 3);
    if (end < 0) {
      if (head.length < maxFrameBytes && !ended) return { kind: "more" };
      const reason = head.length < maxFrameBytes ? "incomplete" : "bad-length";
      return { kind: "reject", length: head.length, reason, whole: false };
    }
    const raw = window.slice(0, end + 1);
    const event = readingIn(latin1(raw), raw);
    if (event === null) return { kind: "reject", length: end + 1, reason: "bad-field", whole: false };
    return { kind: "accept", length: end + 1, event };
  },
};

/**
 * CAS 22-byte continuous output. Sources: CI-600D p. 74, CI-150A p. 54, PDI p. 37, NT-200 p. 48, PDS p. 30. Nothing is
 * masked: the lamp byte uses bit 7.
 */
export const cas22: DeviceCodec = {
  id: "cas-22",
  displayName: { zh: "凯士 CAS 22 字节连续输出", en: "CAS 22-byte continuous" },
  deviceClass: "scale",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, maxFrameBytes),
};
