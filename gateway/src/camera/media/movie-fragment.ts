import type { AccessUnit } from "./access-unit.ts";

/** A picture with its place in time, in units of the track. */
export interface TimedUnit {
  readonly unit: AccessUnit;
  readonly duration: number;
  /** When it is shown, after it is decoded. */
  readonly offset: number;
}

const syncSample = 0x0200_0000;
const otherSample = 0x0101_0000;
const headBytes = 8 + 16 + 8 + 16 + 20;
const runBytes = 20;
const sampleBytes = 16;

const sizeOf = ({ nals }: AccessUnit): number => nals.reduce((sum, nal) => sum + 4 + nal.length, 0);

/**
 * A `moof` and its `mdat` (ISO/IEC 14496-12 §8.8), written in one piece: this is the only place where pictures are copied on
 * their way through the box.
 */
export const movieFragment = (sequence: number, decodeTime: number, units: readonly TimedUnit[]): Buffer => {
  const moofBytes = headBytes + runBytes + sampleBytes * units.length;
  const dataBytes = units.reduce((sum, { unit }) => sum + sizeOf(unit), 8);
  const bytes = Buffer.allocUnsafeSlow(moofBytes + dataBytes);
  let at = 0;
  const word = (value: number): void => {
    at = bytes.writeUInt32BE(value >>> 0, at);
  };
  const head = (size: number, type: string): void => {
    word(size);
    at += bytes.write(type, at, "latin1");
  };
  head(moofBytes, "moof");
  head(16, "mfhd");
  word(0);
  word(sequence);
  head(moofBytes - 24, "traf");
  head(16, "tfhd");
  word(0x02_0000);
  word(1);
  head(20, "tfdt");
  word(0x0100_0000);
  word(Math.floor(decodeTime / 2 ** 32));
  word(decodeTime % 2 ** 32);
  head(runBytes + sampleBytes * units.length, "trun");
  // Version 1: offsets may be negative. Data offset, and for each sample duration, size, flags, offset.
  word(0x0100_0f01);
  word(units.length);
  word(moofBytes + 8);
  for (const { unit, duration, offset } of units) {
    word(duration);
    word(sizeOf(unit));
    word(unit.key ? syncSample : otherSample);
    word(offset);
  }
  head(dataBytes, "mdat");
  for (const { unit } of units) {
    for (const nal of unit.nals) {
      word(nal.length);
      bytes.set(nal, at);
      at += nal.length;
    }
  }
  return bytes;
};
