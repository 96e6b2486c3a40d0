import { concat } from "../../bytes/bytes.ts";
import { encodeDyFrame } from "./frame.ts";
import { type DyMethod, dyCommands, dyIdentifyCommand, dyTimeBytes } from "./request.ts";

/** One channel of a wet chemistry record. */
export interface DyChannelSpec {
  readonly channel: number;
  /** 128 and more: measured; 192 and more: suspect. */
  readonly flags: number;
  /** The value as the analyser holds it, 32 bits. */
  readonly bits: number;
}

/** A wet chemistry record as a simulated analyser holds it. */
export interface DyRecordSpec {
  readonly index: number;
  readonly item: number;
  /** Year since 2000, month, day, hour, minute, second (even). */
  readonly at: readonly number[];
  readonly channels: readonly DyChannelSpec[];
}

const low32 = (bits: number): number[] => [bits & 0xff, (bits >>> 8) & 0xff, (bits >>> 16) & 0xff, bits >>> 24];

/** A record, written from the maker's software, not from the decoder. */
export const encodeDyRecord = ({ index, item, at, channels }: DyRecordSpec): Uint8Array<ArrayBuffer> => {
  const entries = channels.flatMap(({ channel, flags, bits }) => [channel, flags, 0, 0, ...low32(bits)]);
  return encodeDyFrame(0x45, low32(index), Uint8Array.from([1, item, 0, 0, ...dyTimeBytes(at), ...entries]));
};

/** One strip or dry chemistry record: `flags` bits 7 and 6 method, bits 1 and 0 verdict. */
export const encodeDyStripRecord = (
  method: Exclude<DyMethod, "wet">,
  spec: Omit<DyRecordSpec, "channels"> & { readonly number: number; readonly flags: number; readonly bits: number },
): Uint8Array<ArrayBuffer> => {
  const { index, item, at, number, flags, bits } = spec;
  const data = [1, item, ...dyTimeBytes(at), number & 0xff, number >> 8, flags, ...low32(bits)];
  return encodeDyFrame(dyCommands[method].read, low32(index), Uint8Array.from(data));
};

/** First record and the one after the last. */
export const encodeDyCount = (
  method: DyMethod,
  asked: Uint8Array,
  from: number,
  to: number,
): Uint8Array<ArrayBuffer> => {
  const places = Uint8Array.of(from & 0xff, from >> 8, to & 0xff, to >> 8);
  return encodeDyFrame(dyCommands[method].count, [0, 0, 0, 0], concat(asked, places));
};

/** One item of the list, 128 bytes. `name` and `unit` as GB2312 bytes. */
export const encodeDyItem = (
  method: DyMethod,
  name: Uint8Array,
  unit: Uint8Array,
  number: number,
): Uint8Array<ArrayBuffer> => {
  const item = new Uint8Array(128);
  item.set(name.subarray(0, 16));
  item.set(unit.subarray(0, 8), 16);
  item[24] = number;
  return encodeDyFrame(dyCommands[method].items, [0, 0, 0, 0], item);
};

/** An analyser that is there. */
export const encodeDyIdentified = (): Uint8Array<ArrayBuffer> =>
  encodeDyFrame(
    dyIdentifyCommand,
    [0, 0, 0, 0],
    Uint8Array.from("DEVICE01", (char) => char.charCodeAt(0)),
  );
