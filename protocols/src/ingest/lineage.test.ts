import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../test/node-crypto.ts";
import { gatewayKey, lineNamed, TestLine, testGw } from "../../test/test-line.ts";
import { ingestBatch } from "./ingest-batch.ts";
import { MemoryLedger } from "./memory-ledger.ts";

const first = new TestLine(lineNamed("first", 1), 12);
const newLedger = (): MemoryLedger => {
  const ledger = new MemoryLedger(nodeCrypto.sha256, "0f".repeat(16));
  ledger.addKey(testGw, gatewayKey.kid, { publicKey: gatewayKey.publicKey, revokedFrom: null });
  return ledger;
};
const store = (ledger: MemoryLedger, box: TestLine, from: number, to: number): string[] => {
  const { effects, answers } = ingestBatch(ledger, nodeCrypto, box.batch(from, to, { sender: box.line }));
  ledger.apply(effects);
  expect(answers).toEqual([expect.objectContaining({ type: "receipt", disputed: [] })]);
  return effects.map(({ type }) => type);
};

describe("descent of lines", () => {
  it("takes a restart for a restart, in whatever order the records come", () => {
    const next = new TestLine(lineNamed("next", 2), 3, first.at(12));
    const ledger = newLedger();
    expect(store(ledger, next, 1, 3)).toContain("clear-state");
    store(ledger, first, 1, 12);
    expect(ledger.rollbacks).toEqual([]);
    expect(ledger.line(testGw, first.line)?.heardHead).toBe(12);
  });

  it("reports an older image as a rollback, accepts it, and names an open end", () => {
    const back = new TestLine(lineNamed("back", 2), 3, first.at(7));
    const ledger = newLedger();
    store(ledger, first, 1, 12);
    store(ledger, back, 1, 3);
    expect(ledger.rollbacks).toEqual([expect.objectContaining({ line: back.line, parent: { ...first.line, seq: 7 } })]);
    expect(ledger.openGapFrom(testGw, first.line)).toBe(13);
    expect(ledger.recordsOf(testGw)).toHaveLength(15);
  });

  it("finds a rollback also when the abandoned records come in behind the new line", () => {
    const back = new TestLine(lineNamed("back", 2), 3, first.at(7));
    const ledger = newLedger();
    store(ledger, first, 1, 7);
    store(ledger, back, 1, 3);
    expect(ledger.rollbacks).toEqual([]);
    store(ledger, first, 8, 10);
    expect(ledger.rollbacks).toHaveLength(1);
    expect(ledger.openGapFrom(testGw, first.line)).toBe(11);
    store(ledger, first, 11, 12);
    expect(ledger.rollbacks).toHaveLength(1);
  });

  it("finds two lines with the same parent: one of them was rolled back", () => {
    const [left, right] = ["left", "right"].map((name) => new TestLine(lineNamed(name, 2), 4, first.at(12)));
    const ledger = newLedger();
    store(ledger, first, 1, 12);
    store(ledger, left!, 1, 4);
    store(ledger, right!, 1, 2);
    expect(ledger.rollbacks).toHaveLength(1);
    expect(ledger.openGapFrom(testGw, left!.line)).toBe(5);
  });

  it("keeps lines with the same epoch number apart", () => {
    const twin = new TestLine(lineNamed("twin", 1), 5);
    const ledger = newLedger();
    store(ledger, first, 1, 5);
    store(ledger, twin, 1, 5);
    expect(ledger.recordsOf(testGw)).toHaveLength(10);
    expect(ledger.quarantined).toEqual([]);
  });
});
