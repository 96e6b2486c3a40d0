import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { committed, sampleNowMs, sampleRecord, testOf, unknownTime, weighingOf } from "../../test/memory-ledger.ts";
import { type DecodedLedgerRecord, decodeLedgerRecord } from "../cursor/decoded-record.ts";
import type { LedgerRecord } from "../ledger/ledger-reader.ts";
import { decodeKinds } from "./decode-kinds.ts";

const decodeTests = decodeKinds(new Set(["test"]));
/** Reads a record, and the same one handed out as text. */
const decode = (source: LedgerRecord): DecodedLedgerRecord => {
  const decoded = decodeTests(source);
  if (source.bytes !== null) {
    const text = Buffer.from(source.bytes).toString("utf8");
    expect(decodeTests({ ...source, text }).content).toEqual(decoded.content);
  }
  return decoded;
};
const stored = (record: ReturnType<typeof sampleRecord>, rest: Partial<LedgerRecord> = {}): LedgerRecord => ({
  lsn: 1,
  ...committed(record, sampleNowMs, rest),
});

describe("records of other kinds", () => {
  it("are passed over with their time", () => {
    const record = sampleRecord({ kind: "weighing", body: weighingOf("1") });
    const { content } = decode(stored(record));
    expect(content).toEqual({ type: "passed", gw: record.gw, t: { ...record.t, err_ms: null } });
  });

  it("are never taken for what they are not, and asked ones are read in full", () => {
    const test = stored(sampleRecord({ kind: "test", body: testOf("s1", "positive") }));
    expect(decode(test)).toEqual(decodeLedgerRecord(test));
    const weighing = sampleRecord({ kind: "weighing", body: weighingOf("1") });
    // The kind hidden behind a body that looks like an envelope, another order, another place than the ledger's.
    const { kind, body: _, ...others } = sampleRecord({ kind: "test", body: testOf("s1", "positive") });
    const reordered = Buffer.from(JSON.stringify({ body: { kind: "weighing" }, ...others, kind }));
    const cases = [
      stored(weighing, { bytes: reordered }),
      stored(weighing, { bytes: Buffer.from("{") }),
      stored(weighing, { bytes: null }),
      { ...stored(weighing), seq: 9 },
      { ...stored(weighing), gw: "market-b" },
    ];
    for (const source of cases) expect(decode(source)).toEqual(decodeLedgerRecord(source));
  });

  it("tell the same time as when read in full, or are read in full", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e15, noNaN: true }),
        text,
        fc.constantFrom("weighing", "sale", "x", "测"),
        (mono, boot, kind) => {
          const record = sampleRecord({ kind, body: weighingOf("1"), t: unknownTime(mono % 8e14, boot) });
          const source = stored(record);
          const quick = decode(source);
          if (quick.content.type === "passed") {
            expect({ ...quick.content.t, err_ms: null }).toEqual({ ...record.t, err_ms: null });
          } else expect(quick).toEqual(decodeLedgerRecord(source));
        },
      ),
    );
  });
});

describe("a record that is asked for", () => {
  it("is what the schema makes of it, whatever was done to its bytes (property)", () => {
    const sound = Buffer.from(stored(sampleRecord({ kind: "test", body: testOf("s1", "positive") })).bytes ?? []);
    const texts = [
      '"n":1',
      '"n":0',
      '"ep":1',
      '"v":2',
      '"raw":"AA=="',
      '"raw":"A"',
      '"x":1,"v":1',
      "2026-02-30",
      "\\u0000",
      "测",
    ];
    const edit = fc.record({
      at: fc.nat(sound.length - 1),
      remove: fc.nat(6),
      put: fc.oneof(fc.constantFrom(...texts), fc.string({ maxLength: 4 })),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 2 }), (edits) => {
        let bytes = sound;
        for (const { at, remove, put } of edits) {
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + remove)]);
        }
        const source = stored(sampleRecord({ kind: "test", body: testOf("s1", "positive") }), { bytes });
        expect(decode(source)).toEqual(decodeLedgerRecord(source));
      }),
      { numRuns: 1_000 },
    );
  });
});
