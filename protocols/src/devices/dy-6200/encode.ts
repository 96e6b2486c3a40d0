import { concat } from "../../bytes/bytes.ts";

/** A record as a simulated tester holds it. */
export interface Dy6200RecordSpec {
  readonly number: number;
  readonly hundredths: number;
  /** 1 酚酞, 2 亚硝酸盐, 3 硝酸盐, 4 余氯, 5 蛋白质, 6 人血白蛋白, 7 过氧化物. */
  readonly item: number;
  /** 1 pass, 2 fail, 3 suspect, 4 out of range. */
  readonly verdict: number;
  /** Year (two digits), month, day, hour, minute, second. */
  readonly at: readonly number[];
}

const bcd = (value: number): number => Number.parseInt(value.toString(), 16);

/** The 13 bytes of a record, written from the maker's software, not from the decoder. */
export const encodeDy6200Record = ({
  number,
  hundredths,
  item,
  verdict,
  at,
}: Dy6200RecordSpec): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([
    ...[0x6a, number & 0xff, number >> 8, hundredths & 0xff, hundredths >> 8, item, verdict],
    ...at.map(bcd),
  ]);

/** What stands behind the last record. */
export const encodeDy6200End = (): Uint8Array<ArrayBuffer> =>
  Uint8Array.of(0x6a, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99);

/** A tester that is there: the question comes back, then the end marker. */
export const encodeDy6200Identified = (asked: Uint8Array): Uint8Array<ArrayBuffer> => concat(asked, encodeDy6200End());
