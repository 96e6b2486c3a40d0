import { crc32 } from "node:zlib";
import { MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import type { OutboxFile } from "./outbox-files.ts";
import { markEveryBytes, type Run, type Segment, thinMarks } from "./segment.ts";
import { readAround } from "./tolerant-read.ts";

/** Bytes before the first frame. */
export const headerBytes = 128;
/** Bytes at the very end of a closed segment. */
const trailerBytes = 32;
const headerMagic = Buffer.from("MCSEG1\r\n");
/** Version of the layout that this program writes, and the newest that it reads. */
export const layoutVersion = 1;
const trailerMagic = Buffer.from("MCIX");
/** A footer larger than this is no footer. */
const maxFooterBytes = 4 * 1024 * 1024;
/** So many urgent ranges of a run fit into a footer: the newest. */
const maxUrgentNumbers = 1024;

/**
 * A segment's header, zero-padded to 128 bytes: "MCSEG1\r\n" 0-7, CRC-32 8-11 (over 12-127), version 12-15, size of the
 * file 16-23, length of the gateway id 24-25, gateway id from 26.
 */
export const encodeHeader = (gw: string, size: number): Buffer => {
  const header = Buffer.alloc(headerBytes);
  header.set(headerMagic);
  header.writeUInt32BE(layoutVersion, 12);
  header.writeBigUInt64BE(BigInt(size), 16);
  header.writeUInt16BE(header.write(gw, 26), 24);
  header.writeUInt32BE(crc32(header.subarray(12)), 8);
  return header;
};

/**
 * What a header says, undefined when it is damaged.
 * @throws {MingchengError} OUTBOX_TOO_NEW: intact, but of a layout that only a newer program reads
 */
export const decodeHeader = (header: Buffer): { readonly gw: string; readonly size: number } | undefined => {
  if (header.length < headerBytes || !header.subarray(0, 8).equals(headerMagic)) return undefined;
  if (crc32(header.subarray(12, headerBytes)) !== header.readUInt32BE(8)) return undefined;
  const version = header.readUInt32BE(12);
  if (version > layoutVersion) {
    throw new MingchengError("OUTBOX_TOO_NEW", `segment of layout ${version}, this program reads ${layoutVersion}`);
  }
  const length = header.readUInt16BE(24);
  return { gw: header.toString("latin1", 26, 26 + length), size: Number(header.readBigUInt64BE(16)) };
};

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const runSchema = z.strictObject({
  ep: z.int().positive(),
  eid: z.string().regex(/^[0-9a-f]{32}$/),
  from: z.int().positive(),
  to: z.int().positive(),
  prev: hash,
  h: hash,
  sealed: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  marks: z.array(z.int().nonnegative()).min(2),
  urgent: z.array(z.int().positive()),
});
const footerSchema = z.strictObject({ v: z.literal(1), end: z.int(), crc: z.int(), runs: z.array(runSchema) });

/** How many numbers of a run's marks are left when they are thinned. */
const thinnedNumbers = ({ marks }: Run): number =>
  2 + 2 * Math.floor(((marks.at(-1) ?? 0) - (marks[1] ?? 0)) / markEveryBytes);

/** Upper bound of the footer's size if the segment were closed now with `more` further runs. */
export const footerRoom = (runs: readonly Run[], more: number): number => {
  let room = trailerBytes + 128 + more * 512;
  for (const run of runs) room += 384 + 24 * thinnedNumbers(run) + 16 * Math.min(run.urgent.length, maxUrgentNumbers);
  return room;
};

/**
 * The footer: JSON (runs, end, CRC of the frames) and behind it, as the file's last 32 bytes, "MCIX", CRC-32 of bytes
 * 8-31 of the trailer, CRC-32 of the JSON, length of the JSON, zeros.
 */
export const encodeFooter = (segment: Segment): Buffer => {
  const runs = segment.runs.map((run) => {
    thinMarks(run);
    if (run.urgent.length > maxUrgentNumbers) run.urgent = run.urgent.slice(-maxUrgentNumbers);
    const { line, ...rest } = run;
    return { ep: line.ep, eid: line.eid, ...rest };
  });
  const json = Buffer.from(JSON.stringify({ v: 1, end: segment.end, crc: segment.crc, runs }));
  const footer = Buffer.alloc(json.length + trailerBytes);
  footer.set(json);
  footer.set(trailerMagic, json.length);
  footer.writeUInt32BE(crc32(json), json.length + 8);
  footer.writeUInt32BE(json.length, json.length + 12);
  footer.writeUInt32BE(crc32(footer.subarray(json.length + 8)), json.length + 4);
  return footer;
};

/** What a footer says. */
export interface Footer {
  readonly end: number;
  readonly crc: number;
  readonly runs: Run[];
}

/** Reads the footer of a file of `size` bytes; undefined when it has none or a damaged one. */
export const readFooter = async (file: OutboxFile, size: number): Promise<Footer | undefined> => {
  if (size < headerBytes + trailerBytes) return undefined;
  const trailer = Buffer.alloc(trailerBytes);
  await readAround(file, trailer, trailerBytes, size - trailerBytes);
  if (!trailer.subarray(0, 4).equals(trailerMagic)) return undefined;
  if (crc32(trailer.subarray(8)) !== trailer.readUInt32BE(4)) return undefined;
  const length = trailer.readUInt32BE(12);
  if (length > maxFooterBytes || length > size - headerBytes - trailerBytes) return undefined;
  const json = Buffer.allocUnsafe(length);
  await readAround(file, json, length, size - trailerBytes - length);
  if (crc32(json) !== trailer.readUInt32BE(8)) return undefined;
  const parsed = footerSchema.safeParse(JSON.parse(json.toString()));
  if (!parsed.success || parsed.data.end < headerBytes || parsed.data.end > size) return undefined;
  return {
    end: parsed.data.end,
    crc: parsed.data.crc,
    runs: parsed.data.runs.map(({ ep, eid, ...run }) => ({ line: { ep, eid }, ...run })),
  };
};

/** CRC-32 of the bytes from the header's end to `end`, read through `window`. */
export const crcOfFrames = async (file: OutboxFile, end: number, window: Buffer): Promise<number> => {
  let crc = 0;
  for (let at = headerBytes; at < end; ) {
    const count = await readAround(file, window, Math.min(window.length, end - at), at);
    if (count === 0) break;
    crc = crc32(window.subarray(0, count), crc);
    at += count;
  }
  return crc;
};
