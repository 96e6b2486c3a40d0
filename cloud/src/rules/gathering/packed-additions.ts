import type { FactValue } from "./fact-columns.ts";
import type { Added } from "./gathered-part.ts";

/** What was added to which part of which group. */
export interface Addition extends Added {
  readonly group: number;
  readonly epoch: number;
}

/**
 * An entry is: group (4 octets), time (8), line (4), how many parts (2); then of each part its epoch (4), what sort its value
 * is of (1), and the value. All little-endian.
 */
const entryBytes = 18;
const partBytes = 5;
const figureBytes = 8;
const mostParts = 0xff_ff;

/** Nothing; a figure (8 octets); a text like `512`, as its figure; any other text: its length in octets (4), UTF-8. */
const sorts = { none: 0, figure: 1, figureText: 2, text: 3 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const sortOf = (value: FactValue): number => {
  if (value === null) return sorts.none;
  if (typeof value === "number") return sorts.figure;
  return String(Number(value)) === value ? sorts.figureText : sorts.text;
};

/** Additions of one transaction, packed as they come: a city adds some dozen to what it has gathered with each record. */
export class PackedAdditions {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /** Where the present entry begins, and what it is about. */
  #entry = -1;
  #group = 0;
  #atMs = 0;
  #line = 0;
  #parts = 0;
  #entries = 0;

  /** Entries since it was taken last. */
  get entries(): number {
    return this.#entries;
  }

  add(group: number, epoch: number, atMs: number, line: number, value: FactValue): void {
    const isSame = this.#entry >= 0 && group === this.#group && atMs === this.#atMs && line === this.#line;
    if (!isSame || this.#parts === mostParts) this.#begin(group, atMs, line);
    this.#need(partBytes + figureBytes);
    this.#view.setUint16(this.#entry + entryBytes - 2, ++this.#parts, true);
    const sort = sortOf(value);
    this.#view.setUint32(this.#length, epoch, true);
    this.#view.setUint8(this.#length + 4, sort);
    this.#length += partBytes;
    if (sort === sorts.text) this.#putText(String(value));
    else if (sort !== sorts.none) {
      this.#view.setFloat64(this.#length, Number(value), true);
      this.#length += figureBytes;
    }
  }

  #begin(group: number, atMs: number, line: number): void {
    this.#need(entryBytes);
    this.#entry = this.#length;
    this.#group = group;
    this.#atMs = atMs;
    this.#line = line;
    this.#parts = 0;
    this.#entries++;
    this.#view.setUint32(this.#length, group, true);
    this.#view.setFloat64(this.#length + 4, atMs, true);
    this.#view.setUint32(this.#length + 12, line, true);
    this.#length += entryBytes;
  }

  #putText(text: string): void {
    const octets = encoder.encode(text);
    this.#need(4 + octets.length);
    this.#view.setUint32(this.#length, octets.length, true);
    this.#bytes.set(octets, this.#length + 4);
    this.#length += 4 + octets.length;
  }

  #need(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  /** What was added since it was taken last; to be used before anything is added again. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    this.#entry = -1;
    this.#entries = 0;
    return taken;
  }
}

/** Reads what {@link PackedAdditions} packed, addition by addition. @throws RangeError where it is cut off */
export const readAdditions = (bytes: Uint8Array, each: (addition: Addition) => void): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const valueAt = (at: number, sort: number): { readonly value: FactValue; readonly end: number } => {
    if (sort === sorts.none) return { value: null, end: at };
    if (sort === sorts.text) {
      const end = at + 4 + view.getUint32(at, true);
      return { value: decoder.decode(bytes.subarray(at + 4, end)), end };
    }
    const figure = view.getFloat64(at, true);
    return { value: sort === sorts.figureText ? String(figure) : figure, end: at + figureBytes };
  };
  for (let at = 0; at < bytes.length; ) {
    const group = view.getUint32(at, true);
    const atMs = view.getFloat64(at + 4, true);
    const line = view.getUint32(at + 12, true);
    let parts = view.getUint16(at + 16, true);
    at += entryBytes;
    for (; parts > 0; parts--) {
      const epoch = view.getUint32(at, true);
      const { value, end } = valueAt(at + partBytes, view.getUint8(at + 4));
      each({ group, epoch, atMs, line, value });
      at = end;
    }
  }
};
