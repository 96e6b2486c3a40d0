import { crc32 } from "node:zlib";
import { maxRecordBytes } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import {
  checkFrame,
  eidAt,
  epAt,
  frameBytes,
  frameHeaderBytes,
  frameTypes,
  hashFieldAt,
  isUrgentAt,
  maxFrameBytes,
  payloadAt,
  seqAt,
  typeAt,
  writeFrame,
} from "./frame.ts";

const head = {
  type: frameTypes.record,
  urgent: true,
  ep: 2 ** 40 + 7,
  eid: Buffer.alloc(16, 0xe1),
  seq: Number.MAX_SAFE_INTEGER,
  hash: Buffer.alloc(32, 0xab),
};
const payload = Buffer.from('{"v":1}');
const buffer = Buffer.alloc(512, 0xff);
const size = writeFrame(buffer, 8, head, payload);

describe("a frame", () => {
  it("has the documented layout to the byte", () => {
    expect(size).toBe(88);
    expect(buffer.toString("hex", 8, 8 + size)).toBe(
      [
        "4d434631", // "MCF1"
        crc32(buffer.subarray(16, 8 + 80 + payload.length))
          .toString(16)
          .padStart(8, "0"),
        "02010000", // record, urgent
        "00000007", // payload length
        "e1".repeat(16),
        "ab".repeat(32),
        "0000010000000007", // ep
        "001fffffffffffff", // seq
        payload.toString("hex"),
        "00", // padding to a multiple of 8
      ].join(""),
    );
  });

  it("is read back as it was written", () => {
    expect(checkFrame(buffer, 8, 512)).toBe(size);
    expect(typeAt(buffer, 8)).toBe(frameTypes.record);
    expect(isUrgentAt(buffer, 8)).toBe(true);
    expect(epAt(buffer, 8)).toBe(head.ep);
    expect(seqAt(buffer, 8)).toBe(head.seq);
    expect(eidAt(buffer, 8).equals(head.eid)).toBe(true);
    expect(hashFieldAt(buffer, 8).equals(head.hash)).toBe(true);
    expect(payloadAt(buffer, 8).equals(payload)).toBe(true);
  });

  it("is refused after any flipped bit of it, and accepted after flips beside it", () => {
    for (let bit = 0; bit < (frameHeaderBytes + payload.length) * 8; bit++) {
      const altered = Buffer.from(buffer);
      altered.writeUInt8(altered.readUInt8(8 + (bit >> 3)) ^ (1 << (bit & 7)), 8 + (bit >> 3));
      expect(checkFrame(altered, 8, 512), `bit ${bit}`).toBeLessThanOrEqual(0);
    }
    const beside = Buffer.from(buffer);
    beside.writeUInt8(1, 8 + frameHeaderBytes + payload.length);
    expect(checkFrame(beside, 8, 512)).toBe(size);
  });

  it("cannot be told while bytes of it are missing, except padding", () => {
    for (let end = 8; end < 8 + frameHeaderBytes + payload.length; end++) expect(checkFrame(buffer, 8, end)).toBe(-1);
    expect(checkFrame(buffer, 8, 8 + frameHeaderBytes + payload.length)).toBe(size);
  });

  it("is refused with numbers that JavaScript cannot count with, and with more than a record may have", () => {
    const large = Buffer.alloc(96);
    writeFrame(large, 0, { ...head, seq: 2 ** 53 }, payload);
    expect(checkFrame(large, 0, 96)).toBe(0);
    const oversized = Buffer.alloc(maxFrameBytes + 64);
    writeFrame(oversized, 0, head, Buffer.alloc(maxRecordBytes + 1));
    expect(checkFrame(oversized, 0, oversized.length)).toBe(0);
    writeFrame(oversized, 0, head, Buffer.alloc(maxRecordBytes));
    expect(checkFrame(oversized, 0, oversized.length)).toBe(frameBytes(maxRecordBytes));
  });
});
