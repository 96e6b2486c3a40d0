import { concat } from "../../bytes/bytes.ts";

/** A run as a simulated meter holds it. */
export interface TyRecordSpec {
  /** The first record of a reading has two bytes more in front. */
  readonly first: boolean;
  /** Year (two digits), month, day, hour, minute, second. */
  readonly at: readonly number[];
  /** Inhibition in percent of channels 1 to 8; `null`: not used. */
  readonly values: readonly (number | null)[];
}

/** A record, written from the maker's software, not from the decoder. */
export const encodeTyRecord = ({ first, at, values }: TyRecordSpec): Uint8Array<ArrayBuffer> => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = at;
  const record = new Uint8Array(73);
  const view = new DataView(record.buffer);
  record.set([second, minute, hour, day, month, 0, year]);
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    record[7] = (record[7] ?? 0) | (128 >> index);
    view.setFloat32(13 + 8 * index, value);
  }
  return first ? concat(Uint8Array.of(0x1b, 0xb1), record) : record;
};

/** A meter that is there. */
export const encodeTyIdentified = (): Uint8Array<ArrayBuffer> => Uint8Array.of(0x1b, 0x01);
