/** A picture with its place in time, in units of the track. */
export interface TimedUnit {
  readonly key: boolean;
  readonly bytes: number;
  readonly duration: number;
  /** When it is shown, after it is decoded. */
  readonly offset: number;
}

const syncSample = 0x0200_0000;
const otherSample = 0x0101_0000;
const headBytes = 8 + 16 + 8 + 16 + 20;
const runBytes = 20;
const sampleBytes = 16;

/** What a fragment is made of. */
export interface FragmentParts {
  readonly sequence: number;
  readonly decodeTime: number;
  readonly units: readonly TimedUnit[];
  /** All pictures, one behind the other. */
  readonly data: Uint8Array;
  /** Octets that are left free in front, for the head of a message. */
  readonly roomBytes: number;
}

/** A `moof` and its `mdat` (ISO/IEC 14496-12 §8.8), written in one piece, behind some room. */
export const movieFragment = ({ sequence, decodeTime, units, data, roomBytes }: FragmentParts): Buffer => {
  const moofBytes = headBytes + runBytes + sampleBytes * units.length;
  const bytes = Buffer.allocUnsafeSlow(roomBytes + moofBytes + 8 + data.length);
  let at = roomBytes;
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
  for (const unit of units) {
    word(unit.duration);
    word(unit.bytes);
    word(unit.key ? syncSample : otherSample);
    word(unit.offset);
  }
  head(8 + data.length, "mdat");
  bytes.set(data, at);
  return bytes;
};
