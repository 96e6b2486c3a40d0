import { MingchengError } from "../../errors/mingcheng-error.ts";
import { encodeEnvelope } from "../envelope-7e.ts";

/** One channel as a simulated meter holds it. */
export interface TlRecordSpec {
  readonly total: number;
  readonly record: number;
  readonly channel: number;
  /** 0: GB/T 5009.199, 1: NY/T 448. */
  readonly standard: number;
  /** Year (two digits), month, day, hour, minute, second. */
  readonly at: readonly number[];
  readonly test: number;
  /** Inhibition in tenths of a percent; above 32,000: not available. */
  readonly tenths: number;
  /** 1: over the limit, 2: pass. */
  readonly verdict: number;
}

const low = (value: number): [number, number] => [value & 0xff, value >> 8];

/**
 * The 27 bytes of a record, written from the maker's software, not from the decoder.
 * @throws {MingchengError} SIM_VALUE_INVALID when something does not fit
 */
export const encodeTlRecord = (spec: TlRecordSpec): Uint8Array<ArrayBuffer> => {
  const { total, record, channel, standard, at, test, tenths, verdict } = spec;
  if (at.length !== 6 || [total, record, test, tenths].some((n) => n < 0 || n > 0xffff)) {
    throw new MingchengError("SIM_VALUE_INVALID", "time or number does not fit", { field: "result" });
  }
  const place = [0xff, ...low(total), ...low(record), channel, standard];
  return encodeEnvelope(0x16, [...place, ...at, test >> 8, test & 0xff, 0, 0, ...low(tenths), verdict, 0]);
};

/** The 10 bytes of a meter that is there, literal in the maker's software. */
export const encodeTlIdentified = (): Uint8Array<ArrayBuffer> => encodeEnvelope(0x02, [0xff, 0x02, 0x10, 0x10]);
