/** A record as a simulated analyser sends it. Texts as GB2312 bytes; what is too long is cut. */
export interface Dy5800RecordSpec {
  readonly hole: Uint8Array;
  readonly code: Uint8Array;
  readonly item: Uint8Array;
  readonly unit: Uint8Array;
  readonly value: Uint8Array;
  /** Ten digits YYMMDDhhmm. */
  readonly at: Uint8Array;
  readonly sample: Uint8Array;
  /** No byte between unit and concentration, as the lengths of the fields say. */
  readonly dense?: boolean;
}

/** The 82 bytes of a record, written from the maker's software, not from the decoder. */
export const encodeDy5800Record = (spec: Dy5800RecordSpec): Uint8Array<ArrayBuffer> => {
  const record = new Uint8Array(82).fill(0x20);
  const put = (at: number, length: number, text: Uint8Array) => record.set(text.subarray(0, length), at);
  const from = spec.dense === true ? 41 : 42;
  record[0] = 0x50;
  put(1, 3, spec.hole);
  put(4, 7, spec.code);
  put(11, 20, spec.item);
  put(31, 10, spec.unit);
  put(from, 5, spec.value);
  put(from + 10, 10, spec.at);
  put(71, 10, spec.sample);
  record[81] = 0x58;
  return record;
};
