/** One channel of a record. */
export interface ZChannelSpec {
  /** 21h is A1, 31h B1, 41h C1. */
  readonly channel: number;
  readonly number: number;
  /** GB2312, at most 15 bytes. */
  readonly name: Uint8Array;
  /** Inhibition as a fraction of 1. */
  readonly fraction: number;
  /** 1: pass, 2: over the limit, anything else: invalid. */
  readonly verdict: number;
}

/** A record as a simulated meter holds it. */
export interface ZRecordSpec {
  /** Ten characters, `2024-05-17`. */
  readonly date: string;
  /** Up to eight blocks; `null`: not used. */
  readonly channels: readonly (ZChannelSpec | null)[];
}

/** The 501 bytes of a record, written from the maker's software, not from the decoder. */
export const encodeZRecord = ({ date, channels }: ZRecordSpec): Uint8Array<ArrayBuffer> => {
  const record = new Uint8Array(501);
  const view = new DataView(record.buffer);
  record.set(
    Array.from(date.slice(0, 11), (char) => char.charCodeAt(0)),
    5,
  );
  for (const [block, spec] of channels.entries()) {
    if (spec === null) continue;
    const at = 29 + 59 * block;
    record[28] = (record[28] ?? 0) | (1 << block);
    record[at] = spec.channel;
    view.setUint16(at + 1, spec.number);
    record.set(spec.name.subarray(0, 15), at + 3);
    view.setFloat32(at + 54, spec.fraction);
    record[at + 58] = spec.verdict;
  }
  return record;
};

/** A meter that is there. */
export const encodeZIdentified = (): Uint8Array<ArrayBuffer> => Uint8Array.of(0x1b, 0x05);

/** A meter that is ready to give its records. */
export const encodeZReady = (): Uint8Array<ArrayBuffer> => Uint8Array.of(0x1b, 0xc1);
