import { MingchengError } from "../../errors/mingcheng-error.ts";
import { encodeEnvelope } from "../envelope-7e.ts";

/** A record as a simulated meter holds it. */
export interface LzRecordSpec {
  readonly total: number;
  readonly index: number;
  readonly number: number;
  /** Name as the meter holds it, GBK, at most six bytes. */
  readonly name: Uint8Array;
  /** Year (two digits), month, day, hour, minute, second. */
  readonly at: readonly number[];
  /** Inhibition in hundredths of a percent; above 32,000: not available. */
  readonly hundredths: number;
}

const low = (value: number): [number, number] => [value & 0xff, value >> 8];

/**
 * The 26 bytes of a record, written from the maker's software, not from the decoder.
 * @throws {MingchengError} SIM_VALUE_INVALID when something does not fit
 */
export const encodeLzRecord = (spec: LzRecordSpec): Uint8Array<ArrayBuffer> => {
  const { total, index, number, name, at, hundredths } = spec;
  if (name.length > 6 || at.length !== 6 || [total, index, number, hundredths].some((n) => n < 0 || n > 0xffff)) {
    throw new MingchengError("SIM_VALUE_INVALID", "name, time or number does not fit", { field: "result" });
  }
  const text = [...name, 0, 0, 0, 0, 0, 0].slice(0, 6);
  return encodeEnvelope(0x11, [...low(total), ...low(index), ...low(number), ...text, ...at, ...low(hundredths)]);
};

/** The 9 bytes of a meter that is there. */
export const encodeLzIdentified = (): Uint8Array<ArrayBuffer> => encodeEnvelope(0x01, [0, 0, 0]);

/** How many results a day has, 11 bytes. */
export const encodeLzCount = (day: readonly number[], count: number): Uint8Array<ArrayBuffer> =>
  encodeEnvelope(0x13, [...day, ...low(count)]);
