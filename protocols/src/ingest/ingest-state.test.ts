import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../test/node-crypto.ts";
import { gatewayKey, lineNamed, TestLine, testGw, testWall } from "../../test/test-line.ts";
import type { LineOfGateway } from "../chain/line.ts";
import type { Gone, State } from "../messages/link-messages.ts";
import { ingestBatch } from "./ingest-batch.ts";
import { ingestGone, ingestState } from "./ingest-state.ts";
import type { DownlinkDraft } from "./ledger-view.ts";
import { MemoryLedger } from "./memory-ledger.ts";

const gen = "0f".repeat(16);
const lineA = lineNamed("a");
const lineB = lineNamed("b", 2);
const boxA = new TestLine(lineA, 9);
const boxB = new TestLine(lineB, 5, boxA.at(9));

const newLedger = (): MemoryLedger => {
  const ledger = new MemoryLedger(nodeCrypto.sha256, gen);
  ledger.addKey(testGw, gatewayKey.kid, { publicKey: gatewayKey.publicKey, revokedFrom: null });
  return ledger;
};
const store = (ledger: MemoryLedger, box: TestLine, first: number, last: number, digests: number[] = []): void =>
  ledger.apply(ingestBatch(ledger, nodeCrypto, box.batch(first, last, { digests })).effects);

const stateOf = (line: LineOfGateway, lines: [LineOfGateway, number][], rest: Partial<State> = {}): State => ({
  v: 1,
  nonce: "n1",
  line,
  online: true,
  lines: lines.map(([of, head]) => ({ ...of, head, oldest: 1 })),
  keyHead: null,
  cseq: 0,
  config: 0,
  witness: null,
  alarms: [],
  wall: testWall,
  ...rest,
});

type Full = DownlinkDraft & { type: "full" };

const ask = (ledger: MemoryLedger, state: State): Full => {
  const { effects, answers } = ingestState(ledger, { gw: testGw, state });
  ledger.apply(effects);
  return answers[0] as Full;
};
const tell = (ledger: MemoryLedger, gone: Partial<Gone>): void =>
  ledger.apply(
    ingestGone(ledger, {
      gw: testGw,
      gone: { v: 1, line: lineA, from: 1, to: 1, receipt: null, reason: "lost", ...gone },
    }).effects,
  );

describe("full receipt", () => {
  it("says exactly what the centre has and what it misses of each line", () => {
    const ledger = newLedger();
    store(ledger, boxA, 1, 3);
    store(ledger, boxA, 6, 7);
    expect(ask(ledger, stateOf(lineA, [[lineA, 9]]))).toEqual({
      v: 1,
      type: "full",
      nonce: "n1",
      gen,
      witness: { gen, n: 1 },
      lines: [
        {
          ...lineA,
          ranges: [
            [1, 3, boxA.h(3)],
            [6, 7, boxA.h(7)],
          ],
          digests: [],
          missing: [
            [4, 5],
            [8, 9],
          ],
          disputed: [],
        },
      ],
    });
  });

  it("asks for a line that only a successor or an earlier state told of", () => {
    const ledger = newLedger();
    store(ledger, boxB, 1, 5);
    const { lines } = ask(ledger, stateOf(lineB, [[lineB, 5]]));
    expect([...lines].sort((x, y) => x.ep - y.ep)).toEqual([
      { ...lineA, ranges: [], digests: [], missing: [[1, 9]], disputed: [] },
      { ...lineB, ranges: [[1, 5, boxB.h(5)]], digests: [], missing: [], disputed: [] },
    ]);
  });

  it("keeps the largest head ever heard of", () => {
    const ledger = newLedger();
    ask(ledger, stateOf(lineA, [[lineA, 9]]));
    expect(ask(ledger, stateOf(lineA, [[lineA, 4]])).lines[0]?.missing).toEqual([[1, 9]]);
  });

  it("asks neither for named gaps nor for what is disputed", () => {
    const ledger = newLedger();
    ask(ledger, stateOf(lineA, [[lineA, 9]]));
    tell(ledger, { from: 2, to: 4 });
    const forged = new TestLine(lineA, 9, null, " forged");
    store(ledger, boxA, 5, 5);
    store(ledger, forged, 6, 7);
    expect(ask(ledger, stateOf(lineA, [[lineA, 9]])).lines[0]).toMatchObject({
      ranges: [[5, 5, boxA.h(5)]],
      missing: [
        [1, 1],
        [8, 9],
      ],
      disputed: [[6, 7]],
    });
  });

  it("lists what is held as a bare digest apart, so that nobody frees it", () => {
    const ledger = newLedger();
    store(ledger, boxA, 1, 2);
    store(ledger, boxA, 3, 3, [3]);
    store(ledger, boxA, 4, 5);
    expect(ask(ledger, stateOf(lineA, [[lineA, 5]])).lines[0]).toMatchObject({
      ranges: [
        [1, 2, boxA.h(2)],
        [4, 5, boxA.h(5)],
      ],
      digests: [[3, 3]],
      missing: [],
    });
  });

  it("cuts a range at the head of a gateway that was rolled back, which knows no h behind it", () => {
    const ledger = newLedger();
    store(ledger, boxA, 1, 9);
    expect(ask(ledger, stateOf(lineA, [[lineA, 6]])).lines[0]?.ranges).toEqual([
      [1, 6, boxA.h(6)],
      [7, 9, boxA.h(9)],
    ]);
  });

  it("is not sent to a will, which has nobody to read it", () => {
    const ledger = newLedger();
    expect(ask(ledger, stateOf(lineA, [], { online: false }))).toBeUndefined();
    expect(ledger.line(testGw, lineA)?.bornAt).toEqual({ gen, n: 1 });
  });
});

describe("gone", () => {
  it("names a gap for what is missing, and only for that", () => {
    const ledger = newLedger();
    store(ledger, boxA, 1, 3);
    store(ledger, boxA, 8, 9);
    tell(ledger, { from: 2, to: 9, reason: "freed", receipt: { gen, h: boxA.h(9) } });
    expect(ledger.gaps(testGw, lineA)).toEqual([{ from: 4, to: 7 }]);
    expect(ask(ledger, stateOf(lineA, [[lineA, 9]])).lines[0]?.missing).toEqual([]);
  });

  it("invents nothing behind what was ever heard of", () => {
    const ledger = newLedger();
    ask(ledger, stateOf(lineA, [[lineA, 5]]));
    tell(ledger, { from: 4, to: 500 });
    tell(ledger, { line: lineB, from: 1, to: 9 });
    expect(ledger.gaps(testGw, lineA)).toEqual([{ from: 4, to: 5 }]);
    expect(ledger.gaps(testGw, lineB)).toEqual([]);
  });

  it("names also what is missing in front of a disputed record, which is the furthest ever heard of", () => {
    const ledger = newLedger();
    store(ledger, boxA, 1, 3);
    const { payload, payloadHash } = boxA.batch(6, 6, { seal: { wall: testWall, kid: gatewayKey.kid, sig: "AAAA" } });
    ledger.apply(ingestBatch(ledger, nodeCrypto, { gw: testGw, payload, payloadHash }).effects);
    expect(ledger.disputed(testGw, lineA)).toEqual([{ from: 6, to: 6 }]);
    const { missing } = ask(ledger, stateOf(lineB, [[lineB, 1]])).lines.find(({ ep }) => ep === 1)!;
    expect(missing).toEqual([[4, 5]]);
    tell(ledger, { from: 4, to: 5 });
    expect(ledger.gaps(testGw, lineA)).toEqual([{ from: 4, to: 5 }]);
  });

  it("is a statement, not an occupant: records that come later fill it", () => {
    const ledger = newLedger();
    ask(ledger, stateOf(lineA, [[lineA, 9]]));
    tell(ledger, { from: 1, to: 9 });
    store(ledger, boxA, 3, 5);
    expect(ledger.gaps(testGw, lineA)).toEqual([
      { from: 1, to: 2 },
      { from: 6, to: 9 },
    ]);
    expect(ledger.recordsOf(testGw)).toHaveLength(3);
  });

  it("said twice names the gap once", () => {
    const ledger = newLedger();
    ask(ledger, stateOf(lineA, [[lineA, 9]]));
    tell(ledger, { from: 1, to: 3 });
    const again = ingestGone(ledger, {
      gw: testGw,
      gone: { v: 1, line: lineA, from: 1, to: 3, receipt: null, reason: "lost" },
    });
    expect(again.effects).toEqual([]);
  });
});
