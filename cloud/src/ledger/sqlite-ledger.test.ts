import { type Gone, type LineOfGateway, parseSigned, type State, toHex } from "@mingcheng/protocols";
import { type IngestOutcome, ingestBatch, ingestGone, ingestState, MemoryLedger } from "@mingcheng/protocols/ingest";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newSigner, SealedLine } from "../../test/sealed-line.ts";
import { WriterBench } from "../../test/writer-bench.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { Database } from "../store/sqlite-engine.ts";
import type { LedgerMessage } from "./ledger-port.ts";

const gw = "market-a";
const signer = newSigner();
const stranger = newSigner();
const head = 12;

const eidOf = (digit: string) => digit.repeat(32);
const first = new SealedLine({ gw, ep: 1, eid: eidOf("a") }, signer).grow(head);
const tip = { ...first.ofGateway, seq: head, h: toHex(first.h(head)) };
const second = new SealedLine({ gw, ep: 2, eid: eidOf("b") }, signer, tip).grow(head);
/** Left its parent in the middle: a rollback. */
const rolledBack = new SealedLine({ gw, ep: 2, eid: eidOf("c") }, signer, {
  ...first.ofGateway,
  seq: 5,
  h: toHex(first.h(5)),
}).grow(head);
/** Says it is the first line, and holds other records. */
const impostor = new SealedLine(first.line, signer);
impostor.append("weighing", { grams: "9999" });
impostor.grow(head);
const lines = [first, second, rolledBack, impostor];

type Step =
  | {
      readonly type: "batch";
      readonly line: number;
      readonly from: number;
      readonly size: number;
      readonly spoil: "no" | "seal" | "key" | "digests" | "flip";
    }
  | { readonly type: "state"; readonly line: number; readonly online: boolean; readonly gen: "own" | "foreign" }
  | { readonly type: "gone"; readonly line: number; readonly from: number; readonly size: number }
  | { readonly type: "restart" };

const place = {
  line: fc.nat(lines.length - 1),
  from: fc.integer({ min: 1, max: head }),
  size: fc.integer({ min: 1, max: 6 }),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("batch" as const),
      ...place,
      spoil: fc.constantFrom("no", "no", "no", "no", "digests", "digests", "seal", "key", "flip"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("state" as const),
      line: place.line,
      online: fc.boolean(),
      gen: fc.constantFrom("own", "foreign"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("gone" as const), ...place }) },
  { weight: 1, arbitrary: fc.constant({ type: "restart" as const }) },
);

/** Steps of one transaction. `fails`: the disk is full at its very end. */
interface Group {
  readonly steps: readonly Step[];
  readonly fails: boolean;
}

const group: fc.Arbitrary<Group> = fc.record({
  steps: fc.array(step, { maxLength: 4 }),
  fails: fc.integer({ min: 0, max: 9 }).map((digit) => digit === 0),
});

const messageOf = (bench: WriterBench, wanted: Exclude<Step, { type: "restart" }>): LedgerMessage => {
  const line = lines[wanted.line] as SealedLine;
  const witness = { gen: bench.ledger.gen, n: bench.ledger.witnessCount() };
  if (wanted.type === "state") {
    const shown = wanted.gen === "own" ? witness : { gen: "f".repeat(32), n: 3 };
    const payload = line.state({ online: wanted.online, witness: shown });
    return { type: "state", gw, eid: line.line.eid, payload };
  }
  const to = Math.min(head, wanted.from + wanted.size - 1);
  if (wanted.type === "gone") return { type: "gone", gw, payload: line.gone(wanted.from, to) };
  const payload = line.batch(wanted.from, to, {
    witness,
    badSeal: wanted.spoil === "seal",
    sealer: wanted.spoil === "key" ? stranger : signer,
    digestOnly: (seq) => wanted.spoil === "digests" && seq % 2 === 0,
  });
  if (wanted.spoil === "flip") payload[payload.length >> 1] = (payload[payload.length >> 1] ?? 0) ^ 4;
  return bench.batch(gw, payload);
};

const decide = (model: MemoryLedger, message: LedgerMessage): IngestOutcome => {
  if (message.type === "batch") return ingestBatch(model, nodeCrypto, message);
  const value = parseSigned(message.payload)?.value;
  return message.type === "state"
    ? ingestState(model, { gw, state: value as State })
    : ingestGone(model, { gw, gone: value as Gone });
};

const hex = (bytes: Uint8Array | null | undefined) => (bytes == null ? bytes : toHex(bytes));

/** Everything the protocol can ask of a ledger. */
const viewOf = (view: MemoryLedger | WriterBench["ledger"], line: LineOfGateway) => ({
  facts: view.line(gw, line),
  runs: view.allRuns(gw, line).map((run) => ({ ...run, prev: hex(run.prev), h: hex(run.h) })),
  gaps: [...view.gaps(gw, line)],
  disputed: [...view.disputed(gw, line)],
  digests: Array.from({ length: head }, (_, index) => hex(view.digest(gw, line, index + 1))),
  hashes: Array.from({ length: head }, (_, index) => hex(view.hash(gw, line, index + 1))),
});

const compare = (bench: WriterBench, model: MemoryLedger): void => {
  expect(bench.ledger.witnessCount()).toBe(model.witnessCount());
  for (const line of [first, second, rolledBack]) {
    expect(viewOf(bench.ledger, line.ofGateway)).toEqual(viewOf(model, line.ofGateway));
  }
  const rows = bench.database
    .prepare("SELECT ep, eid, seq, bytes FROM record JOIN line ON line.id = record.line")
    .all();
  const stored = (rows as { ep: number; eid: string; seq: number; bytes: Buffer }[]).map(
    ({ ep, eid, seq, bytes }) => `${ep}.${eid} ${seq} ${toHex(bytes)}`,
  );
  const expected = model
    .recordsOf(gw)
    .filter(({ bytes }) => bytes !== null)
    .map(({ line, seq, bytes }) => `${line.ep}.${line.eid} ${seq} ${hex(bytes)}`);
  expect(stored.sort()).toEqual(expected.sort());
};

const failAtEnd = (bench: WriterBench, messages: number): void => {
  const { ledger } = bench;
  const apply = ledger.apply.bind(ledger);
  let left = messages;
  ledger.apply = (effects) => {
    apply(effects);
    if (--left > 0) return;
    ledger.apply = apply;
    throw new Database.SqliteError("planted", "SQLITE_FULL");
  };
};

/** Runs groups against both; compares answers and views after each. */
const run = (groups: readonly Group[], bench = new WriterBench()): void => {
  bench.keys.set(signer.kid, signer);
  let model = new MemoryLedger(nodeCrypto.sha256, bench.ledger.gen);
  model.addKey(gw, signer.kid, { publicKey: signer.publicKey, revokedFrom: null });
  for (const { steps, fails } of groups) {
    const next = model.copy();
    const messages: LedgerMessage[] = [];
    const answers: unknown[] = [];
    for (const wanted of steps) {
      if (wanted.type === "restart") continue;
      const message = messageOf(bench, wanted);
      const outcome = decide(next, message);
      next.apply(outcome.effects);
      messages.push(message);
      answers.push(outcome.answers);
    }
    if (fails && messages.length > 0) {
      failAtEnd(bench, messages.length);
      expect(bench.take(...messages).map(({ outcome }) => outcome)).toEqual(messages.map(() => "busy"));
      expect(bench.faults.splice(0)).toHaveLength(1);
    } else {
      const given = bench
        .take(...messages)
        .map((answer) => bench.answersOf(gw, answer).map(({ at: _at, ...draft }) => draft));
      expect(given).toEqual(answers);
      model = next;
    }
    if (steps.some(({ type }) => type === "restart")) model.startGeneration(bench.restart());
    compare(bench, model);
  }
  expect(bench.faults).toEqual([]);
};

describe("the ledger on disk", () => {
  it("answers and holds what the model does, whatever comes in whatever order, over restarts", () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 12 }), (groups) => run(groups)),
      { numRuns: 60 },
    );
  }, 60_000);

  it("is found out when it forgets the runs it has joined", () => {
    const bench = new WriterBench();
    const apply = bench.ledger.apply.bind(bench.ledger);
    bench.ledger.apply = (effects) =>
      apply(effects.map((effect) => (effect.type === "run" ? { ...effect, joined: [] } : effect)));
    const batch = (from: number) => ({ type: "batch", line: 0, from, size: 3, spoil: "no" }) as const;
    expect(() =>
      run(
        [1, 7, 4].map((from) => ({ steps: [batch(from)], fails: false })),
        bench,
      ),
    ).toThrow();
  });
});
