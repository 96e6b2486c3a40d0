import { describe, expect, it } from "vitest";
import type { OutboxFile } from "./outbox-files.ts";
import { addUrgent, markBefore, markEveryBytes, type Segment, startRun } from "./segment.ts";
import { decodeHeader, encodeFooter, encodeHeader, footerRoom, readFooter } from "./segment-format.ts";

const fileOf = (bytes: Buffer): OutboxFile => ({
  size: () => Promise.resolve(bytes.length),
  read: (into, length, position) => {
    into.set(bytes.subarray(position, position + length));
    return Promise.resolve(Math.min(length, bytes.length - position));
  },
  write: () => Promise.reject(new Error("nothing is written here")),
  datasync: () => Promise.resolve(),
  close: () => Promise.resolve(),
});

const line = { ep: 3, eid: "0123456789abcdef0123456789abcdef" };

/** A segment with one run of `records` records, one every 512 bytes, every `urgentEvery`-th of them urgent. */
const segmentOf = (records: number, urgentEvery: number): Segment => {
  const run = startRun(line, 11, "00".repeat(32), 128);
  for (let index = 0; index < records; index++) {
    run.to = 11 + index;
    if (index > 0 && index % 8 === 0) run.marks.push(run.to, 128 + index * 512);
    if (index % urgentEvery === 0) addUrgent(run, run.to);
  }
  run.h = "ab".repeat(32);
  run.sealed = run.to;
  const end = 128 + records * 512;
  return { number: 1, path: "", size: end, end, runs: [run], crc: 4_294_967_295, closed: true, verified: true };
};

describe("a segment's header", () => {
  it("names gateway and size, and is refused after any flipped bit", () => {
    const header = encodeHeader("market-songbai", 8_388_608);
    expect(header.toString("latin1", 0, 8)).toBe("MCSEG1\r\n");
    expect(decodeHeader(header)).toEqual({ gw: "market-songbai", size: 8_388_608 });
    for (let bit = 0; bit < 128 * 8; bit++) {
      const altered = Buffer.from(header);
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(decodeHeader(altered), `bit ${bit}`).toBeUndefined();
    }
    expect(decodeHeader(encodeHeader("g".repeat(64), 131_072))?.gw).toHaveLength(64);
  });
});

describe("a segment's footer", () => {
  it("is read back as it was written, from the file's end", async () => {
    const segment = segmentOf(40, 3);
    const bytes = Buffer.concat([Buffer.alloc(segment.end), encodeFooter(segment)]);
    const footer = await readFooter(fileOf(bytes), bytes.length);
    expect(footer).toEqual({ end: segment.end, crc: segment.crc, runs: segment.runs });
  });

  it("is no footer after any flipped bit", async () => {
    const segment = segmentOf(3, 1);
    const bytes = Buffer.concat([Buffer.alloc(segment.end), encodeFooter(segment)]);
    for (let at = segment.end; at < bytes.length - 16; at++) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(at) ^ 0x10, at);
      expect(await readFooter(fileOf(altered), altered.length), `byte ${at}`).toBeUndefined();
    }
  });

  it("keeps within the room set aside for it, however full of marks and urgent records", () => {
    for (const [records, urgentEvery] of [
      [1, 1],
      [16_384, 2],
      [16_384, 1],
      [5000, 3],
    ] as const) {
      const segment = segmentOf(records, urgentEvery);
      const room = footerRoom(segment.runs, 0);
      expect(encodeFooter(segment).length).toBeLessThanOrEqual(room);
      // At most one mark per 64 KiB is left: nothing is kept per record.
      expect(segment.runs[0]?.marks.length).toBeLessThanOrEqual(2 + 2 * (segment.end / markEveryBytes));
      expect(segment.runs[0]?.urgent.length).toBeLessThanOrEqual(1024);
    }
  });
});

describe("the marks of a run", () => {
  it("lead to a frame at or before the wanted record", () => {
    const run = segmentOf(100, 200).runs[0];
    if (run === undefined) throw new Error("no run");
    for (let seq = 11; seq <= 110; seq++) {
      const offset = markBefore(run, seq);
      const record = 11 + (offset - 128) / 512;
      expect(record).toBeLessThanOrEqual(seq);
      expect(seq - record).toBeLessThan(8);
    }
  });
});
