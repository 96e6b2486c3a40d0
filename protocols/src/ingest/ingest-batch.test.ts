import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto, testSigner } from "../../test/node-crypto.ts";
import { type BatchChoice, gatewayKey, lineNamed, messageOf, TestLine, testGw } from "../../test/test-line.ts";
import { utf8 } from "../bytes/bytes.ts";
import { IntervalSet } from "../link/interval-set.ts";
import type { State } from "../messages/link-messages.ts";
import type { BatchMessage } from "./ingest-batch.ts";
import { busy, ingestBatch } from "./ingest-batch.ts";
import type { IngestOutcome } from "./ledger-view.ts";
import { MemoryLedger } from "./memory-ledger.ts";
import { withoutNews } from "./revocation.ts";

const gen = "0f".repeat(16);
const line = lineNamed("a");

const newLedger = (): MemoryLedger => {
  const ledger = new MemoryLedger(nodeCrypto.sha256, gen);
  ledger.addKey(testGw, gatewayKey.kid, { publicKey: gatewayKey.publicKey, revokedFrom: null });
  return ledger;
};

const take = (ledger: MemoryLedger, message: BatchMessage): IngestOutcome => {
  const outcome = ingestBatch(ledger, nodeCrypto, message);
  ledger.apply(outcome.effects);
  return outcome;
};

const seqsOf = (ledger: MemoryLedger): number[] => ledger.recordsOf(testGw).map(({ seq }) => seq);
const types = ({ effects }: IngestOutcome): string[] => effects.map(({ type }) => type);
const receipt = (ranges: unknown[], rest: object = {}) => [
  expect.objectContaining({ type: "receipt", line, ranges, digests: [], disputed: [], gen, ...rest }),
];

describe("fits or duplicates: stored once, receipted", () => {
  const box = new TestLine(line, 9);

  it("stores the records with their bytes and answers with h of the last", () => {
    const ledger = newLedger();
    const { answers } = take(ledger, box.batch(1, 3));
    expect(answers).toEqual(receipt([[1, 3, box.h(3)]]));
    expect(ledger.recordsOf(testGw).map(({ bytes }) => bytes)).toEqual(box.records.slice(0, 3));
  });

  it("stores a duplicate not again and receipts it again", () => {
    const ledger = newLedger();
    take(ledger, box.batch(1, 3));
    const { effects, answers } = take(ledger, box.batch(1, 3));
    expect(answers).toEqual(receipt([[1, 3, box.h(3)]]));
    expect(effects.map(({ type }) => type)).toEqual(["seal"]);
    expect(seqsOf(ledger)).toEqual([1, 2, 3]);
  });

  it("stores of an overlap only what is new", () => {
    const ledger = newLedger();
    take(ledger, box.batch(1, 4));
    take(ledger, box.batch(7, 9));
    expect(take(ledger, box.batch(3, 8)).answers).toEqual(receipt([[3, 8, box.h(8)]]));
    expect(seqsOf(ledger).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(ledger.allRuns(testGw, line)).toHaveLength(1);
  });

  it("ends at the same ledger whatever the order, the overlaps and the digests on the way", () => {
    const part = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(4), fc.option(fc.integer({ min: 1, max: 9 })));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const ledger = newLedger();
        const whole = new IntervalSet();
        const chained = new IntervalSet();
        for (const [first, more, digest] of parts) {
          const last = Math.min(9, first + more);
          take(ledger, box.batch(first, last, { digests: digest === null ? [] : [digest] }));
          chained.add(first, last);
          for (let seq = first; seq <= last; seq++) if (seq !== digest) whole.add(seq, seq);
        }
        const runs = ledger.allRuns(testGw, line);
        expect(runs.map(({ from, to }) => ({ from, to }))).toEqual(chained.intervals);
        for (const { from, to, prev, h } of runs) expect([prev, h]).toEqual([box.hashes[from - 1], box.hashes[to]]);
        const missing = new IntervalSet(chained.intervals);
        missing.removeAll(whole);
        expect(ledger.gaps(testGw, line)).toEqual(missing.intervals);
        for (let seq = 1; seq <= 9; seq++) {
          const expected = whole.has(seq) ? box.records[seq - 1] : chained.has(seq) ? null : undefined;
          expect(ledger.bytes(testGw, line, seq)).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("takes ranges in any order and joins them", () => {
    const ledger = newLedger();
    for (const [from, to] of [
      [5, 6],
      [1, 2],
      [9, 9],
      [7, 8],
      [3, 4],
    ] as const)
      take(ledger, box.batch(from, to));
    expect(ledger.allRuns(testGw, line)).toEqual([{ from: 1, to: 9, prev: box.hashes[0], h: box.hashes[9] }]);
  });
});

describe("damaged: a nack that names the payload and the reason; nothing stored", () => {
  const box = new TestLine(line, 3);
  const nack = (message: BatchMessage, reason: RegExp) => {
    const ledger = newLedger();
    const outcome = take(ledger, message);
    expect(outcome.effects).toEqual([]);
    expect(outcome.answers).toEqual([
      { v: 1, type: "nack", payload: message.payloadHash, reason: expect.stringMatching(reason) },
    ]);
    expect(seqsOf(ledger)).toEqual([]);
  };

  it("a flipped bit", () => {
    const payload = box.payload(1, 3);
    payload[200] = payload[200]! ^ 1;
    nack(messageOf(payload), /^trailer/);
  });

  it("no header", () => nack(messageOf(utf8("hello")), /^trailer/));

  it("the header of another gateway", () => nack(box.batch(1, 3, { gw: "market-b" }), /^gw/));

  it("larger than anything that is ever inflated", () => nack(messageOf(new Uint8Array(400_000)), /^size/));
});

describe("unknown key: not a bad seal", () => {
  const box = new TestLine(line, 3);

  it("is answered with a retry that asks for the key log, and nothing is stored or disputed", () => {
    const ledger = newLedger();
    const message = box.batch(1, 3, { signer: testSigner(2) });
    const outcome = take(ledger, message);
    expect(outcome.answers).toEqual([
      expect.objectContaining({ type: "retry", payload: message.payloadHash, wantKeys: true }),
    ]);
    expect(types(outcome)).toEqual(["line-seen"]);
  });

  it("is stored once the key is known, also when an older key comes back", () => {
    const ledger = newLedger();
    const second = testSigner(2);
    ledger.addKey(testGw, second.kid, { publicKey: second.publicKey, revokedFrom: null });
    expect(take(ledger, box.batch(1, 2, { signer: second })).answers).toEqual(receipt([[1, 2, box.h(2)]]));
    expect(take(ledger, box.batch(3, 3)).answers).toEqual(receipt([[3, 3, box.h(3)]]));
  });
});

describe("bad seal, or differs from what is committed: quarantined whole, receipted as disputed", () => {
  const box = new TestLine(line, 9);
  const disputed = (ledger: MemoryLedger, message: BatchMessage, range: [number, number], reason: RegExp) => {
    const before = seqsOf(ledger);
    const outcome = take(ledger, message);
    expect(outcome.answers).toEqual(receipt([], { disputed: [range] }));
    expect(seqsOf(ledger)).toEqual(before);
    expect(ledger.quarantined.at(-1)).toMatchObject({ first: range[0], reason: expect.stringMatching(reason) });
    expect(ledger.quarantined.at(-1)?.items).toHaveLength(range[1] - range[0] + 1);
    expect(ledger.disputed(testGw, line)).toEqual([{ from: range[0], to: range[1] }]);
  };
  const other = new TestLine(line, 9, null, " other");
  const sealOf = (from: TestLine, choice: BatchChoice = {}) =>
    JSON.parse(new TextDecoder().decode(from.payload(1, 3, choice)).split("\n")[0]!).seal;

  it("a seal over something else", () => {
    disputed(newLedger(), box.batch(1, 3, { seal: sealOf(other) }), [1, 3], /seal does not verify/);
  });

  it("a seal by another key under this key's name", () => {
    const forged = { ...sealOf(box, { signer: testSigner(3) }), kid: gatewayKey.kid };
    disputed(newLedger(), box.batch(1, 3, { seal: forged }), [1, 3], /seal does not verify/);
  });

  it("a first record that does not begin at the line's start", () => {
    disputed(newLedger(), box.batch(1, 3, { prev: "00".repeat(32) }), [1, 3], /line's start/);
  });

  it("a seal behind the revocation of its key, while what is before it is stored", () => {
    const ledger = newLedger();
    ledger.addKey(testGw, gatewayKey.kid, { publicKey: gatewayKey.publicKey, revokedFrom: { ...line, seq: 3 } });
    expect(take(ledger, box.batch(1, 2)).answers).toEqual(receipt([[1, 2, box.h(2)]]));
    disputed(ledger, box.batch(3, 4), [3, 4], /revoked/);
  });

  it("what a revoked key seals in a line nobody had heard of, while what is known of earlier ones is stored", () => {
    const ledger = newLedger();
    const [earlier, later] = [new TestLine(lineNamed("earlier"), 6), new TestLine(lineNamed("later"), 6)];
    take(ledger, earlier.batch(1, 2));
    ledger.apply([{ type: "head-heard", gw: testGw, line: earlier.line, head: 4 }]);
    take(ledger, box.batch(1, 2));
    ledger.addKey(testGw, gatewayKey.kid, { publicKey: gatewayKey.publicKey, revokedFrom: { ...line, seq: 3 } });
    const isTaken = (message: BatchMessage) => take(ledger, message).effects.some(({ type }) => type === "store");
    expect(isTaken(earlier.batch(3, 4))).toBe(true);
    expect(isTaken(earlier.batch(5, 6))).toBe(false);
    expect(isTaken(later.batch(1, 2))).toBe(false);
    const state = { lines: [earlier, later].map(({ line: of }) => ({ ...of, head: 9, oldest: 1 })) } as State;
    expect(withoutNews(ledger, testGw, state).lines.map(({ head }) => head)).toEqual([4]);
  });

  it("another record at a taken place: the first stays", () => {
    const ledger = newLedger();
    take(ledger, box.batch(1, 5));
    disputed(ledger, other.batch(2, 4), [2, 4], /differs/);
    expect(ledger.bytes(testGw, line, 3)).toEqual(box.records[2]);
  });

  it("a neighbour whose h does not fit, before and behind", () => {
    const behind = newLedger();
    take(behind, box.batch(1, 3));
    disputed(behind, other.batch(4, 5), [4, 5], /h\(3\) differs/);
    const before = newLedger();
    take(before, box.batch(6, 8));
    disputed(before, other.batch(4, 5), [4, 5], /h\(5\) differs/);
  });

  it("does not block what follows", () => {
    const ledger = newLedger();
    take(ledger, box.batch(1, 3));
    take(ledger, other.batch(2, 4));
    expect(take(ledger, box.batch(4, 6)).answers).toEqual(receipt([[4, 6, box.h(6)]]));
  });
});

describe("a digest line: the chain goes on, the ledger names a gap, the bytes stay in the outbox", () => {
  const box = new TestLine(line, 6);

  it("is receipted as a digest, never as a range", () => {
    const ledger = newLedger();
    take(ledger, box.batch(1, 2));
    const { answers } = take(ledger, box.batch(3, 3, { digests: [3] }));
    expect(answers).toEqual(receipt([], { digests: [[3, 3]] }));
    expect(ledger.gaps(testGw, line)).toEqual([{ from: 3, to: 3 }]);
    expect(ledger.bytes(testGw, line, 3)).toBeNull();
    expect(take(ledger, box.batch(4, 6)).answers).toEqual(receipt([[4, 6, box.h(6)]]));
    expect(ledger.allRuns(testGw, line)).toHaveLength(1);
  });

  it("is filled in when the bytes come after all", () => {
    const ledger = newLedger();
    take(ledger, box.batch(3, 3, { digests: [3] }));
    expect(take(ledger, box.batch(2, 4)).answers).toEqual(receipt([[2, 4, box.h(4)]]));
    expect(ledger.gaps(testGw, line)).toEqual([]);
    expect(ledger.bytes(testGw, line, 3)).toEqual(box.records[2]);
  });

  it("takes nothing away from bytes that are there", () => {
    const ledger = newLedger();
    take(ledger, box.batch(1, 4));
    expect(take(ledger, box.batch(3, 3, { digests: [3] })).answers).toEqual(receipt([[3, 3, box.h(3)]]));
    expect(ledger.bytes(testGw, line, 3)).toEqual(box.records[2]);
    expect(ledger.gaps(testGw, line)).toEqual([]);
  });

  it("still lets the line's descent be known when the epoch record is filled in late", () => {
    const parent = new TestLine(lineNamed("parent"), 4);
    const child = new TestLine(line, 3, parent.at(4));
    const ledger = newLedger();
    take(ledger, child.batch(1, 1, { digests: [1] }));
    expect(ledger.line(testGw, line)?.predecessor).toBeNull();
    take(ledger, child.batch(1, 3));
    expect(ledger.line(testGw, line)?.predecessor).toEqual(parent.at(4));
  });
});

describe("chain and seal good, body unknown or invalid: stored and receipted", () => {
  it.each(["not JSON at all", `{"kind":"stock-in"}`, "\u0000", `{"v":99}`])("%j", (text) => {
    const box = new TestLine(line, 1).append(utf8(text));
    const ledger = newLedger();
    expect(take(ledger, box.batch(1, 2)).answers).toEqual(receipt([[1, 2, box.h(2)]]));
    expect(ledger.bytes(testGw, line, 2)).toEqual(utf8(text));
  });
});

describe("store busy: no receipt, a signed retry, the connection stays", () => {
  it("names the payload and waits five minutes at most", () => {
    expect(busy("ab".repeat(32), 15_000.4, "disk full").answers).toEqual([
      { v: 1, type: "retry", payload: "ab".repeat(32), afterMs: 15_000, wantKeys: false, reason: "disk full" },
    ]);
    expect(busy(null, 1e9, "").answers).toEqual([expect.objectContaining({ payload: null, afterMs: 300_000 })]);
    expect(busy(null, -5, "").answers).toEqual([expect.objectContaining({ afterMs: 0 })]);
    expect(busy(null, 1, "x".repeat(1000)).effects).toEqual([]);
  });
});
