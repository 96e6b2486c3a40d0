import { MingchengError } from "../../errors/mingcheng-error.ts";
import { sum8 } from "../../framing/checksums.ts";
import { parseDecimal } from "../../units/decimal.ts";

/** What a simulated scale says in one frame. */
export interface ContinuousFrameSpec {
  /** Shown weight as decimal text, sign included; its number of places chooses the decimal code. */
  readonly value: string;
  /** Tare with the same number of places; `null` sends blanks. */
  readonly tare: string | null;
  readonly unit: "kg" | "lb" | "g" | "t" | "oz" | "short-ton" | "custom";
  readonly increment: 1 | 2 | 5;
  readonly net?: boolean;
  readonly motion?: boolean;
  readonly outOfRange?: boolean;
  readonly notZeroed?: boolean;
  readonly printRequest?: boolean;
  readonly expanded?: boolean;
  /** Append CHK. */
  readonly checksum: boolean;
  /** Leading zeros as `0` instead of blanks ("8142", "Kingbird"). */
  readonly leadingZeros?: boolean;
}

const unitCode = { kg: 0, lb: 0, g: 1, t: 2, oz: 3, "short-ton": 6, custom: 7 } as const;
const incrementCode = { 1: 1, 2: 2, 5: 3 } as const;

const digitsOf = (text: string, places: number, field: string): string => {
  const number = parseDecimal(text);
  if (number === undefined || number.scale !== places) {
    throw new MingchengError("SIM_VALUE_INVALID", `${text} is not a decimal with ${places} places`, { field });
  }
  const magnitude = number.digits < 0n ? -number.digits : number.digits;
  const digits = magnitude.toString().padStart(places + 1, "0");
  if (digits.length > 6) throw new MingchengError("SIM_VALUE_INVALID", `${text} has more than 6 digits`, { field });
  return digits;
};

/**
 * The frame a scale would send: 17 bytes, 18 with checksum. Written from the manual's table (WILDCAT pp. 6-4/6-5), not
 * from the decoder.
 * @throws {MingchengError} SIM_VALUE_INVALID when the weight does not fit into six digits
 */
export const encodeContinuousFrame = (spec: ContinuousFrameSpec): Uint8Array<ArrayBuffer> => {
  const places = parseDecimal(spec.value)?.scale ?? 0;
  const pad = spec.leadingZeros === true ? "0" : " ";
  const weight = digitsOf(spec.value, places, "value").padStart(6, pad);
  const tare = spec.tare === null ? "      " : digitsOf(spec.tare, places, "tare").padStart(6, pad);
  if (places > 5)
    throw new MingchengError("SIM_VALUE_INVALID", `${spec.value} has more than 5 places`, { field: "value" });
  const statusA = 0x20 | (incrementCode[spec.increment] << 3) | (places + 2);
  const statusB =
    0x20 |
    (spec.net === true ? 0x01 : 0) |
    (spec.value.startsWith("-") ? 0x02 : 0) |
    (spec.outOfRange === true ? 0x04 : 0) |
    (spec.motion === true ? 0x08 : 0) |
    (spec.unit === "kg" ? 0x10 : 0) |
    (spec.notZeroed === true ? 0x40 : 0);
  const statusC =
    0x20 | unitCode[spec.unit] | (spec.printRequest === true ? 0x08 : 0) | (spec.expanded === true ? 0x10 : 0);
  const body = [0x02, statusA, statusB, statusC, ...Array.from(weight + tare, (char) => char.charCodeAt(0)), 0x0d];
  if (!spec.checksum) return Uint8Array.from(body);
  return Uint8Array.from([...body, -sum8(Uint8Array.from(body)) & 0x7f]);
};
