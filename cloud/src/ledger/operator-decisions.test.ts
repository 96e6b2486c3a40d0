import { describe, expect, it } from "vitest";
import { newSigner, SealedLine } from "../../test/sealed-line.ts";
import { WriterBench } from "../../test/writer-bench.ts";
import { GatewayDecisions } from "../register/gateway-decisions.ts";
import { GatewayRegister } from "../register/gateway-register.ts";
import { registerMigrations } from "../register/register-database.ts";
import { Database } from "../store/sqlite-engine.ts";
import { OperatorDecisions } from "./operator-decisions.ts";

const gw = "market-a";
const decider = { by: "wang (terminal)", reason: "lost box", nowMs: Date.parse("2026-11-24T03:00:00Z") };

const setUp = () => {
  const bench = new WriterBench();
  const signer = newSigner();
  bench.keys.set(signer.kid, signer);
  const database = new Database(":memory:");
  for (const migration of registerMigrations) migration(database);
  new GatewayRegister(database).addCode(gw, undefined, decider.nowMs);
  const decisions = new GatewayDecisions(database);
  const lineNamed = (digit: string, ep: number) => new SealedLine({ gw, ep, eid: digit.repeat(32) }, signer).grow(6);
  const carryOut = () => new OperatorDecisions(bench.database, bench.ledger, decisions, () => bench.nowMs).carryOut();
  const statuses = () => bench.ledger.lines(gw).map(({ status }) => status);
  return { bench, signer, database, decisions, lineNamed, carryOut, statuses };
};

describe("what operators decide", () => {
  it("is carried out once, over restarts, and again by a ledger that has forgotten it", () => {
    const { bench, decisions, lineNamed, carryOut, statuses } = setUp();
    const [left, right] = [lineNamed("a", 1), lineNamed("b", 1)];
    bench.take(bench.batch(gw, left.batch(1, 2)), bench.batch(gw, right.batch(1, 2)));
    const witness = { gen: bench.ledger.gen, n: 2 };
    for (const box of [left, right]) bench.take(bench.batch(gw, box.batch(3, 4, { witness })));
    expect(statuses()).toEqual(["ok", "disputed"]);
    decisions.keepLine(gw, right.ofGateway, decider);
    expect(carryOut()).toBe(true);
    expect(statuses()).toEqual(["disputed", "ok"]);
    expect(carryOut()).toBe(false);
    bench.restart();
    expect(carryOut()).toBe(false);
    expect(statuses()).toEqual(["disputed", "ok"]);
    bench.database.exec("DELETE FROM carried_out");
    expect(carryOut()).toBe(true);
    expect(bench.database.prepare("SELECT count(*) FROM record").pluck().get()).toBe(8);
  });

  it("a revocation in the past puts lines of that key that came later in dispute, and no others", () => {
    const { bench, signer, decisions, lineNamed, carryOut, statuses } = setUp();
    const other = newSigner();
    bench.keys.set(other.kid, other);
    const [before, named, later, foreign] = [
      lineNamed("a", 1),
      lineNamed("b", 2),
      lineNamed("c", 3),
      lineNamed("d", 4),
    ];
    for (const line of [before, named, later]) bench.take(bench.batch(gw, line.batch(1, 4)));
    bench.take(bench.batch(gw, foreign.batch(1, 4, { sealer: other })));
    decisions.revokeKey(gw, signer.kid, { ...named.ofGateway, seq: 3 }, decider);
    expect(carryOut()).toBe(true);
    expect(statuses()).toEqual(["ok", "ok", "disputed", "ok"]);
  });

  it("is kept as it was made, and a key is revoked once", () => {
    const { database, signer, decisions } = setUp();
    const place = { ep: 1, eid: "ab".repeat(16), seq: 7 };
    decisions.revokeKey(gw, signer.kid, place, decider);
    expect(decisions.revokedFrom(gw, signer.kid)).toEqual(place);
    expect(() => decisions.revokeKey(gw, signer.kid, { ...place, seq: 9 }, decider)).toThrow(/revoked already/);
    expect(decisions.of(gw)).toMatchObject([{ kind: "revoke-key", by: decider.by, reason: decider.reason, seq: 7 }]);
    expect(() => database.exec("DELETE FROM gateway_decision")).toThrow(/never deleted/);
    expect(() => database.exec("UPDATE gateway_decision SET seq = 1")).toThrow(/never changed/);
  });

  it("a new box is admitted as a replacement, with a key of its own, once there was one to replace", () => {
    const { database, decisions } = setUp();
    const register = new GatewayRegister(database);
    expect(() => register.addReplacement(gw, decider)).toThrow(/nothing to replace/);
    const keys = [newSigner(), newSigner()].map(({ publicKey }) => Buffer.from(publicKey).toString("hex"));
    const first = register.addCode(gw, undefined, decider.nowMs);
    expect(register.enrol(gw, first.secret, keys[0] ?? "", decider.nowMs).replaces).toBe(false);
    const second = register.addReplacement(gw, decider);
    expect(register.enrol(gw, second.secret, keys[1] ?? "", decider.nowMs).replaces).toBe(true);
    expect(register.gateway(gw).keys).toHaveLength(2);
    expect(decisions.of(gw)).toMatchObject([{ kind: "replace" }]);
  });
});
