// Reads segment files as docs/outbox.md describes them, with nothing of the outbox's own code: the independent witness of
// where every record lies.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** One frame of a segment file. */
export interface ParsedFrame {
  readonly type: "line-open" | "record" | "seal";
  readonly urgent: boolean;
  readonly ep: number;
  readonly eid: string;
  readonly seq: number;
  /** h(seq-1) of a record and a line-open, h(seq) of a seal. */
  readonly hash: string;
  readonly payload: Buffer;
  /** Offset of the first byte, and behind the last byte of the payload; padding follows. */
  readonly from: number;
  readonly to: number;
}

export interface ParsedSegment {
  readonly name: string;
  readonly gw: string;
  /** Size of the file as the header states it. */
  readonly statedSize: number;
  readonly size: number;
  readonly frames: readonly ParsedFrame[];
  readonly hasFooter: boolean;
}

const types = [undefined, "line-open", "record", "seal"] as const;

/** Parses a file without damage. @throws {Error} naming what does not fit the description */
export const parseSegment = (dir: string, name: string): ParsedSegment => {
  const file = readFileSync(join(dir, name));
  if (file.toString("latin1", 0, 8) !== "MCSEG1\r\n") throw new Error(`${name}: no header`);
  if (file.readUInt32BE(8) !== crc32(file.subarray(12, 128))) throw new Error(`${name}: header CRC`);
  const gw = file.toString("latin1", 26, 26 + file.readUInt16BE(24));
  const frames: ParsedFrame[] = [];
  let at = 128;
  while (at + 80 <= file.length && file.toString("latin1", at, at + 4) === "MCF1") {
    const length = file.readUInt32BE(at + 12);
    const type = types[file.readUInt8(at + 8)];
    const to = at + 80 + length;
    if (type === undefined) throw new Error(`${name}: unknown type at ${at}`);
    if (file.readUInt32BE(at + 4) !== crc32(file.subarray(at + 8, to))) throw new Error(`${name}: CRC at ${at}`);
    frames.push({
      type,
      urgent: (file.readUInt8(at + 9) & 1) === 1,
      ep: Number(file.readBigUInt64BE(at + 64)),
      eid: file.toString("hex", at + 16, at + 32),
      seq: Number(file.readBigUInt64BE(at + 72)),
      hash: file.toString("hex", at + 32, at + 64),
      payload: file.subarray(at + 80, to),
      from: at,
      to,
    });
    at = Math.ceil(to / 8) * 8;
  }
  const hasFooter = file.toString("latin1", file.length - 32, file.length - 28) === "MCIX";
  const jsonBytes = hasFooter ? file.readUInt32BE(file.length - 20) : 0;
  const unused = file.subarray(at, hasFooter ? file.length - 32 - jsonBytes : undefined);
  if (unused.some((byte) => byte !== 0)) throw new Error(`${name}: unknown bytes behind ${at}`);
  return { name, gw, statedSize: Number(file.readBigUInt64BE(16)), size: file.length, frames, hasFooter };
};

/** All segments of a directory in order. */
export const parseSegments = (dir: string): ParsedSegment[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith(".seg"))
    .sort()
    .map((name) => parseSegment(dir, name));
