import { encodeKeyLog, encodeRotation, encodeSigned, signedTags } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { newSigner, SealedLine } from "../../test/sealed-line.ts";
import { WriterBench } from "../../test/writer-bench.ts";

const gw = "market-a";
const wall = "2026-11-24T09:30:00.000+08:00";

const setUp = () => {
  const bench = new WriterBench();
  const [first, second, third] = [newSigner(), newSigner(), newSigner()];
  bench.keys.set(first.kid, first);
  const line = new SealedLine({ gw, ep: 1, eid: "ab".repeat(16) }, first).grow(20);
  const statements = [encodeRotation(gw, first, second, wall), encodeRotation(gw, second, third, wall)];
  const keys = (payload: Uint8Array) => bench.take({ type: "keys", gw, payload })[0];
  const rows = () => bench.database.prepare("SELECT kid FROM key_log ORDER BY id").pluck().all();
  return { bench, first, second, third, line, statements, keys, rows };
};

describe("key logs in the ledger", () => {
  it("an unknown key is asked for, learned from the log, and its seals and signatures count", () => {
    const { bench, line, third, statements, keys, rows } = setUp();
    const batch = bench.batch(gw, line.batch(1, 5, { sealer: third }));
    expect(bench.answersOf(gw, bench.take(batch)[0])).toMatchObject([{ type: "retry", wantKeys: true }]);
    expect(keys(encodeKeyLog(statements))).toMatchObject({ outcome: "stored", downlinks: [] });
    expect(bench.answersOf(gw, bench.take(batch)[0])).toMatchObject([{ type: "receipt", disputed: [] }]);
    const state = { type: "state", gw, eid: line.line.eid, payload: line.state({}, third) } as const;
    expect(bench.answersOf(gw, bench.take(state)[0])).toMatchObject([{ type: "full" }]);
    expect(rows()).toHaveLength(2);
    bench.restart();
    expect(keys(encodeKeyLog(statements))?.outcome).toBe("stored");
    expect(rows()).toHaveLength(2);
    expect(bench.answersOf(gw, bench.take(bench.batch(gw, line.batch(6, 9, { sealer: third })))[0])).toMatchObject([
      { type: "receipt", disputed: [] },
    ]);
  });

  it("keys and the batch behind them may share one commit, and one rolled back teaches nothing", () => {
    const { bench, line, second, statements, rows } = setUp();
    const log = { type: "keys", gw, payload: encodeKeyLog(statements.slice(0, 1)) } as const;
    const [, taken] = bench.take(log, bench.batch(gw, line.batch(1, 5, { sealer: second })));
    expect(bench.answersOf(gw, taken)).toMatchObject([{ type: "receipt", disputed: [] }]);
    expect(rows()).toEqual([second.kid]);
  });

  it("the old key goes on verifying: what an older image of the gateway sends is taken", () => {
    const { bench, line, statements, keys } = setUp();
    keys(encodeKeyLog(statements));
    expect(bench.answersOf(gw, bench.take(bench.batch(gw, line.batch(1, 9)))[0])).toMatchObject([
      { type: "receipt", disputed: [] },
    ]);
  });

  it("a log that proves nothing is kept apart, and nothing of it counts", () => {
    const { bench, first, line, keys, rows } = setUp();
    const [thief, heir] = [newSigner(), newSigner()];
    const forged = encodeRotation(gw, { ...thief, kid: first.kid }, heir, wall);
    expect(keys(forged)?.outcome).toBe("refused");
    expect(keys(encodeSigned(signedTags.state, gw, {}, thief))?.outcome).toBe("refused");
    expect(rows()).toEqual([]);
    expect(bench.database.prepare("SELECT count(*) FROM damaged").pluck().get()).toBe(2);
    const [answer] = bench.take(bench.batch(gw, line.batch(1, 5, { sealer: heir })));
    expect(bench.answersOf(gw, answer)).toMatchObject([{ type: "retry", wantKeys: true }]);
  });

  it("statements stay as they are", () => {
    const { bench, statements, keys } = setUp();
    keys(encodeKeyLog(statements));
    expect(() => bench.database.exec("DELETE FROM key_log")).toThrow(/never deleted/);
    expect(() => bench.database.exec("UPDATE key_log SET kid = 'x'")).toThrow(/never changed/);
    const stored = bench.database.prepare("SELECT statement FROM key_log ORDER BY id").pluck().all() as Buffer[];
    expect(encodeKeyLog(stored)).toEqual(encodeKeyLog(statements));
  });
});
