import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../test/node-crypto.ts";
import { gatewayKey, lineNamed, TestLine, testGw } from "../../test/test-line.ts";
import type { LineOfGateway } from "../chain/line.ts";
import type { Witness } from "../messages/batch.ts";
import { ingestBatch } from "./ingest-batch.ts";
import { keepLine } from "./keep-line.ts";
import { MemoryLedger } from "./memory-ledger.ts";

const newLedger = (): MemoryLedger => {
  const ledger = new MemoryLedger(nodeCrypto.sha256, "0f".repeat(16));
  ledger.addKey(testGw, gatewayKey.kid, { publicKey: gatewayKey.publicKey, revokedFrom: null });
  return ledger;
};
/** The line sends its first records, showing `witness`; what it is shown back. */
const send = (ledger: MemoryLedger, box: TestLine, witness: Witness | null): Witness => {
  const { effects, answers } = ingestBatch(ledger, nodeCrypto, box.batch(1, 2, { witness }));
  ledger.apply(effects);
  const [answer] = answers;
  if (answer?.type !== "receipt") throw new Error("no receipt");
  return answer.witness;
};
const statusOf = (ledger: MemoryLedger, ...boxes: TestLine[]) =>
  boxes.map(({ line }) => ledger.line(testGw, line)?.status);
const decide = (ledger: MemoryLedger, line: LineOfGateway) => ledger.apply(keepLine(ledger, testGw, line));

const first = new TestLine(lineNamed("first", 1), 2);
const left = new TestLine(lineNamed("left", 2), 2, first.at(2));
const right = new TestLine(lineNamed("right", 2), 2, first.at(2));

/** One box, then two from one image, both alive. */
const cloned = (): { ledger: MemoryLedger; witness: Witness } => {
  const ledger = newLedger();
  send(ledger, first, null);
  send(ledger, left, null);
  const witness = send(ledger, right, null);
  for (const box of [left, right]) send(ledger, box, witness);
  expect(statusOf(ledger, first, left, right)).toEqual(["ok", "ok", "disputed"]);
  return { ledger, witness };
};

describe("an operator's decision after a clone", () => {
  it("moves the dispute from the kept line to the other, and back", () => {
    const { ledger } = cloned();
    decide(ledger, right.line);
    expect(statusOf(ledger, first, left, right)).toEqual(["ok", "disputed", "ok"]);
    expect(keepLine(ledger, testGw, right.line)).toEqual([]);
    decide(ledger, left.line);
    expect(statusOf(ledger, first, left, right)).toEqual(["ok", "ok", "disputed"]);
    expect(ledger.recordsOf(testGw)).toHaveLength(6);
  });

  it("holds for what either box becomes: a restart decides nothing", () => {
    const { ledger, witness } = cloned();
    decide(ledger, right.line);
    const [leftNext, rightNext] = [
      new TestLine(lineNamed("left next", 3), 2, left.at(2)),
      new TestLine(lineNamed("right next", 3), 2, right.at(2)),
    ];
    let shown = witness;
    for (const box of [leftNext, rightNext, leftNext, rightNext]) shown = send(ledger, box, shown);
    expect(statusOf(ledger, left, leftNext, right, rightNext)).toEqual(["disputed", "disputed", "ok", "ok"]);
    decide(ledger, leftNext.line);
    expect(statusOf(ledger, first, left, leftNext, right, rightNext)).toEqual([
      "ok",
      "ok",
      "ok",
      "disputed",
      "disputed",
    ]);
  });

  it("disputes the line that ran on beside a copy taken of it, and does not take that back when the copy's start comes in", () => {
    const ledger = newLedger();
    const copy = new TestLine(lineNamed("copy", 2), 4, first.at(1));
    send(ledger, first, null);
    // Of the copy something from the middle comes first: where it left the original is not known yet.
    const { effects, answers } = ingestBatch(ledger, nodeCrypto, copy.batch(3, 4));
    ledger.apply(effects);
    const witness = answers[0]?.type === "receipt" ? answers[0].witness : null;
    send(ledger, first, witness);
    ledger.apply(ingestBatch(ledger, nodeCrypto, copy.batch(3, 4, { witness })).effects);
    expect(new Set(statusOf(ledger, first, copy))).toEqual(new Set(["disputed", "ok"]));
    decide(ledger, copy.line);
    expect(statusOf(ledger, first, copy)).toEqual(["disputed", "ok"]);
    ledger.apply(ingestBatch(ledger, nodeCrypto, copy.batch(1, 2, { witness })).effects);
    expect(statusOf(ledger, first, copy)).toEqual(["disputed", "ok"]);
    decide(ledger, first.line);
    decide(ledger, copy.line);
    expect(statusOf(ledger, first, copy)).toEqual(["disputed", "ok"]);
  });

  it("changes nothing where nothing is in dispute, or for a line that nobody knows", () => {
    const ledger = newLedger();
    send(ledger, first, null);
    send(ledger, left, null);
    expect(keepLine(ledger, testGw, left.line)).toEqual([]);
    expect(keepLine(ledger, testGw, right.line)).toEqual([]);
  });
});
