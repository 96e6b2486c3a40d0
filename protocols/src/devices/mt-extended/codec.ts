import { maskParity, sum8 } from "../../framing/checksums.ts";
import { formFault } from "../../framing/fixed-form.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent, ScaleFlag } from "../device-event.ts";
import { latin1, numberIn, readingWith } from "../reading.ts";

/**
 * SOH, address, S1 to S4, weight 9, tare 8, CR, optional checksum. Source: texts of the Mettler-Toledo IND245 firmware,
 * "extended continuous".
 */
const frameBytes = 24;
const [soh, cr, lf] = [0x01, 0x0d, 0x0a];
const statusFrom = 2;
const statusBytes = 4;
const weightFrom = 6;
const tareFrom = 15;

/** S1 bits 0-3. Codes without a unit of ours are no mass. */
const unitByCode: Readonly<Record<number, string>> = {
  1: "lb",
  2: "kg",
  3: "g",
  4: "t",
  5: "short-ton",
  8: "oz",
  9: "custom",
};

const statesOf = (s1: number, s2: number, s3: number): ScaleFlag[] => [
  ...((s1 & 0x40) !== 0 ? (["motion"] as const) : []),
  ...((s3 & 0x08) !== 0 ? (["not-zeroed"] as const) : []),
  ...((s1 & 0x10) !== 0 ? (["zero-centre"] as const) : []),
  ...((s3 & 0x10) !== 0 ? (["print-request"] as const) : []),
  ...((s2 & 0x40) !== 0 ? (["expanded"] as const) : []),
  ...((s2 & 0x06) === 0x04 ? (["keyboard-tare"] as const) : []),
  ...((s3 & 0x01) !== 0 ? (["fault"] as const) : []),
];

const readingIn = (bytes: Uint8Array, raw: Uint8Array): ReadingEvent | null => {
  const [s1 = 0, s2 = 0, s3 = 0] = bytes.subarray(statusFrom);
  const [over, under, invalid] = [(s3 & 0x04) !== 0, (s3 & 0x02) !== 0, (s3 & 0x01) !== 0];
  const nothing = over || under || invalid;
  const value = nothing ? null : numberIn(latin1(bytes.subarray(weightFrom, tareFrom)));
  const tareField = latin1(bytes.subarray(tareFrom, frameBytes - 1));
  const tare = numberIn(tareField);
  if (value === null && !nothing) return null;
  if (tare === null && tareField.trim() !== "") return null;
  return readingWith(raw, {
    value,
    unit: unitByCode[s1 & 0x0f] ?? null,
    mode: (s2 & 0x01) !== 0 ? "net" : "gross",
    stable: (s1 & 0x40) !== 0 ? "reported-unstable" : "reported-stable",
    tare,
    overload: over,
    underload: under,
    states: statesOf(s1, s2, s3),
  });
};

const mayStand = (byte: number, at: number): boolean => {
  if (at === 0) return byte === soh;
  if (at >= statusFrom && at < statusFrom + statusBytes) return (byte & 0x20) !== 0;
  return at === frameBytes - 1 ? byte === cr : byte >= 0x20;
};
const isStart = (byte: number): boolean => (byte & 0x7f) === soh;

/** Whether a checksum follows CR is learned: a sum that fits once is asked of every frame from then on. */
const createGrammar = (): FrameGrammar<ReadingEvent> => {
  let summed = false;
  return {
    isStart,
    examine: (window, { ended }) => {
      const bytes = maskParity(window.subarray(0, frameBytes + 1));
      const fault = formFault(bytes.subarray(0, frameBytes), mayStand, isStart);
      if (fault !== undefined) return fault;
      if (bytes.length < frameBytes) return { kind: "more" };
      const last = bytes[frameBytes];
      if (last === undefined && !ended) return { kind: "more" };
      const fits = last !== undefined && (sum8(bytes) & 0x7f) === 0;
      const bare = last === undefined || last === soh;
      if (!fits && (summed || !(bare || last === lf))) {
        return { kind: "reject", length: bare ? frameBytes : frameBytes + 1, reason: "bad-checksum", whole: true };
      }
      summed = summed || (fits && last !== soh && last !== lf);
      const length = frameBytes + (bare && !fits ? 0 : 1);
      const event = readingIn(bytes.subarray(0, frameBytes), window.slice(0, length));
      if (event === null) return { kind: "reject", length, reason: "bad-field", whole: false };
      return { kind: "accept", length, event };
    },
  };
};

/** Mettler-Toledo extended continuous output, 24 bytes or 25 with checksum. The parity bit is masked. */
export const mtExtended: DeviceCodec = {
  id: "mt-extended",
  displayName: { zh: "梅特勒-托利多 扩展连续输出", en: "Mettler-Toledo extended continuous" },
  deviceClass: "scale",
  maxPendingBytes: frameBytes + 1 + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(createGrammar(), frameBytes + 1),
};
