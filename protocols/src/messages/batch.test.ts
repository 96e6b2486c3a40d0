import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../test/node-crypto.ts";
import { lineNamed, TestLine, testWall } from "../../test/test-line.ts";
import { concat, toHex, utf8 } from "../bytes/bytes.ts";
import { maxRecordBytes } from "../records/record.ts";
import {
  type BatchHeader,
  type BatchItem,
  encodeBatch,
  maxBatchRecords,
  maxInflatedBytes,
  parseBatch,
} from "./batch.ts";

const { sha256 } = nodeCrypto;
const line = lineNamed("batch");

const headerOf = (count: number): BatchHeader => ({
  v: 1,
  gw: "market-a",
  line,
  first: 7,
  count,
  prev: "ab".repeat(32),
  seal: { wall: testWall, kid: "0123456789abcdef", sig: "AAAA" },
  sender: line,
  witness: { gen: "cd".repeat(16), n: 3 },
  lane: "backlog",
});

const damage = (field: string) => expect.objectContaining({ code: "MESSAGE_DAMAGED", field });
const parse = (payload: Uint8Array) => parseBatch(sha256, payload);
const withTrailer = (covered: Uint8Array): Uint8Array =>
  concat(covered, utf8(`{"sha256":"${toHex(sha256(covered))}"}`));

/** Any bytes without a line feed. A record that looks like a digest line is one. */
const record = fc
  .uint8Array({ maxLength: 100 })
  .map((bytes) => bytes.map((octet) => (octet === 0x0a ? 0x0b : octet)))
  .filter((bytes) => bytes.length !== 72);
const item: fc.Arbitrary<BatchItem> = fc.oneof(
  record.map((bytes) => ({ bytes })),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((digest) => ({ digest })),
);

describe("batch", () => {
  it("reads what it wrote, record bytes untouched", () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 20 }), (items) => {
        const header = headerOf(items.length);
        const batch = parse(encodeBatch(sha256, header, items));
        expect(batch.header).toEqual(header);
        expect(batch.items.map((read) => ("bytes" in read ? toHex(read.bytes) : `d ${toHex(read.digest)}`))).toEqual(
          items.map((written) => ("bytes" in written ? toHex(written.bytes) : `d ${toHex(written.digest)}`)),
        );
      }),
    );
  });

  it("finds every flipped bit and every cut", () => {
    const payload = new TestLine(line, 3).payload(1, 3);
    for (let at = 0; at < payload.length; at++) {
      const changed = new Uint8Array(payload);
      changed[at] = changed[at]! ^ (1 << (at % 8));
      expect(() => parse(changed)).toThrow(damage("trailer"));
    }
    for (let length = 0; length < payload.length; length += 5) {
      expect(() => parse(payload.subarray(0, length))).toThrow(damage("trailer"));
    }
  });

  it("refuses what it does not allow, naming the field", () => {
    const bytes = utf8("{}");
    const encode = (header: object, items: readonly BatchItem[]) => encodeBatch(sha256, header as BatchHeader, items);
    expect(() => parse(encode(headerOf(2), [{ bytes }]))).toThrow(damage("count"));
    expect(() => parse(encode({ ...headerOf(1), lane: "fast" }, [{ bytes }]))).toThrow(damage("header"));
    expect(() => parse(encode({ ...headerOf(1), gw: "Market A" }, [{ bytes }]))).toThrow(damage("header"));
    expect(() => parse(encode({ ...headerOf(1), first: 0 }, [{ bytes }]))).toThrow(damage("header"));
    const many = Array.from({ length: maxBatchRecords + 1 }, () => ({ bytes }));
    expect(() => parse(encode(headerOf(many.length), many))).toThrow(damage("header"));
    expect(() => parse(encode(headerOf(1), [{ bytes: new Uint8Array(maxRecordBytes + 1) }]))).toThrow(
      damage("records"),
    );
    expect(() => parse(new Uint8Array(maxInflatedBytes + 1))).toThrow(damage("size"));
    expect(() => parse(withTrailer(utf8("not a header\n{}\n")))).toThrow(damage("header"));
    expect(() => parse(new Uint8Array())).toThrow(damage("trailer"));
  });

  it("passes over header fields it does not know, for a newer gateway", () => {
    const payload = encodeBatch(sha256, { ...headerOf(1), hint: "later" } as BatchHeader, [{ bytes: utf8("{}") }]);
    expect(parse(payload).header).toEqual(headerOf(1));
  });

  it("takes 512 records", () => {
    const items = Array.from({ length: maxBatchRecords }, (_, index) => ({ bytes: utf8(`{"n":${index}}`) }));
    expect(parse(encodeBatch(sha256, headerOf(items.length), items)).items).toHaveLength(maxBatchRecords);
  });
});
