import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../test/node-crypto.ts";
import { gatewayKey, lineNamed, TestLine, testGw } from "../../test/test-line.ts";
import type { LineOfGateway } from "../chain/line.ts";
import type { Witness } from "../messages/batch.ts";
import { ingestBatch } from "./ingest-batch.ts";
import { MemoryLedger } from "./memory-ledger.ts";
import { hearLine } from "./witness.ts";

const [a, b, c] = ["a", "b", "c"].map((name) => lineNamed(name)) as [LineOfGateway, LineOfGateway, LineOfGateway];
const gens = ["01", "02", "03"].map((octet) => octet.repeat(16)) as [string, string, string];

const newLedger = (): MemoryLedger => new MemoryLedger(nodeCrypto.sha256, gens[0]);
/** The line says something and shows `shown`; what it is shown back. */
const hear = (ledger: MemoryLedger, line: LineOfGateway, shown: Witness | null): Witness => {
  const { effects, witness } = hearLine(ledger, testGw, line, shown);
  ledger.apply(effects);
  return witness;
};

describe("witness", () => {
  it("grows with every new line and with nothing else", () => {
    const ledger = newLedger();
    expect(hear(ledger, a, null)).toEqual({ gen: gens[0], n: 1 });
    expect(hear(ledger, a, { gen: gens[0], n: 1 })).toEqual({ gen: gens[0], n: 1 });
    expect(hear(ledger, b, null)).toEqual({ gen: gens[0], n: 2 });
  });

  it("shows two boxes that live at once", () => {
    const ledger = newLedger();
    const toA = hear(ledger, a, null);
    const toB = hear(ledger, b, null);
    hear(ledger, b, toB);
    expect(ledger.clones).toEqual([]);
    hear(ledger, a, toA);
    expect(ledger.clones).toEqual([]);
    hear(ledger, a, toB);
    expect(ledger.clones).toEqual([expect.objectContaining({ kept: a, disputed: b })]);
    expect(ledger.line(testGw, b)?.status).toBe("disputed");
  });

  it("reports a clone once", () => {
    const ledger = newLedger();
    hear(ledger, a, null);
    const late = hear(ledger, b, null);
    for (const line of [b, a, b, a]) hear(ledger, line, late);
    expect(ledger.clones).toHaveLength(1);
  });

  it("takes restarts, leftovers, wills and replays for what they are", () => {
    const ledger = newLedger();
    const toA = hear(ledger, a, null);
    const toB = hear(ledger, b, null);
    hear(ledger, b, toB);
    // What the dead process had sent or left as its will comes in late, and again.
    for (const shown of [null, toA, toA, null]) hear(ledger, a, shown);
    const toC = hear(ledger, c, null);
    hear(ledger, c, toC);
    hear(ledger, b, toB);
    expect(ledger.clones).toEqual([]);
  });

  it("finds the clone across a restart of the centre", () => {
    const ledger = newLedger();
    hear(ledger, a, null);
    hear(ledger, b, null);
    ledger.startGeneration(gens[1]);
    const now = hear(ledger, a, null);
    expect(now).toEqual({ gen: gens[1], n: 0 });
    hear(ledger, a, now);
    hear(ledger, b, now);
    expect(ledger.clones).toHaveLength(1);
  });

  it("takes a witness of a generation it does not know for older than all", () => {
    const ledger = newLedger();
    hear(ledger, a, null);
    const backup = ledger.copy();
    const lost = hear(ledger, b, null);
    backup.startGeneration(gens[2]);
    hear(backup, b, null);
    hear(backup, a, { gen: gens[1], n: 99 });
    hear(backup, a, lost);
    hear(backup, b, { gen: gens[1], n: 99 });
    expect(backup.clones).toEqual([]);
  });
});

describe("which of two boxes is followed", () => {
  const origin = new TestLine(lineNamed("origin"), 9);
  const seen = (left: TestLine, right: TestLine): MemoryLedger => {
    const ledger = newLedger();
    ledger.addKey(testGw, gatewayKey.kid, { publicKey: gatewayKey.publicKey, revokedFrom: null });
    for (const box of [origin, left, right]) {
      ledger.apply(ingestBatch(ledger, nodeCrypto, box.batch(1, box.records.length)).effects);
    }
    const witness = { gen: gens[0], n: 3 };
    for (const box of [left, right]) hear(ledger, box.line, witness);
    return ledger;
  };

  it("the one that left the common line later", () => {
    const near = new TestLine(lineNamed("near", 2), 2, origin.at(4));
    const far = new TestLine(lineNamed("far", 2), 2, origin.at(9));
    for (const order of [
      [near, far],
      [far, near],
    ] as const) {
      expect(seen(...order).clones).toEqual([expect.objectContaining({ kept: far.line, disputed: near.line })]);
    }
  });

  it("the one seen first, where both left at the same place", () => {
    const one = new TestLine(lineNamed("one", 2), 2, origin.at(9));
    const two = new TestLine(lineNamed("two", 2), 2, origin.at(9));
    expect(seen(one, two).clones).toEqual([expect.objectContaining({ kept: one.line })]);
    expect(seen(two, one).clones).toEqual([expect.objectContaining({ kept: two.line })]);
  });
});
