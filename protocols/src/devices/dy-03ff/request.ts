import { encodeDyFrame } from "./frame.ts";

/** How the analyser measured: each method has its own list of items and its own records. */
export type DyMethod = "wet" | "strip" | "dry";

/** Every method with the first digit of its commands. */
export const dyMethods: readonly DyMethod[] = ["wet", "strip", "dry"];

/** Commands by method: items, count by time, record. */
export const dyCommands: Readonly<
  Record<DyMethod, { readonly items: number; readonly count: number; readonly read: number }>
> = {
  wet: { items: 0x42, count: 0x43, read: 0x45 },
  strip: { items: 0x62, count: 0x63, read: 0x65 },
  dry: { items: 0x72, count: 0x73, read: 0x75 },
};
/** Asks who is there. */
export const dyIdentifyCommand = 0x20;

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
/** What the identify request carries; the answer carries something else. */
export const dyIdentifyText = "DEVICE??";

/**
 * Time as four bytes, low byte first: year since 2000 in bits 25 to 31, month 21, day 16, hour 11, minute 5, half seconds
 * 0. Other devices count such years from 1980; this maker counts from 2000.
 */
export const dyTimeBytes = (at: readonly number[]): number[] => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = at;
  const time = ((year << 25) | (month << 21) | (day << 16) | (hour << 11) | (minute << 5) | (second >> 1)) >>> 0;
  return [time & 0xff, (time >>> 8) & 0xff, (time >>> 16) & 0xff, time >>> 24];
};

/** Asks whether the analyser is there. */
export const dyIdentify = (): Uint8Array<ArrayBuffer> =>
  encodeDyFrame(dyIdentifyCommand, [0, 0, 0, 0], ascii(dyIdentifyText));

/** Asks for the items of a method, two at a time. */
export const dyReadItems = (method: DyMethod, index: number): Uint8Array<ArrayBuffer> =>
  encodeDyFrame(dyCommands[method].items, [0, index, 0, 0]);

/** Asks which records of a method lie between 2000 and 2099. */
export const dyCount = (method: DyMethod): Uint8Array<ArrayBuffer> => {
  const all = [...dyTimeBytes([0, 1, 1]), ...dyTimeBytes([99, 12, 31, 23, 59, 58])];
  return encodeDyFrame(dyCommands[method].count, [0, 0, 0, 0], Uint8Array.from(all));
};

/** Asks for one record. */
export const dyReadRecord = (method: DyMethod, index: number): Uint8Array<ArrayBuffer> =>
  encodeDyFrame(dyCommands[method].read, [index & 0xff, (index >> 8) & 0xff, (index >> 16) & 0xff, index >>> 24]);
