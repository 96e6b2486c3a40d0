import { encodeSigned, signedTags, toHex, type Witness } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { newSigner, SealedLine } from "../../test/sealed-line.ts";
import { WriterBench } from "../../test/writer-bench.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";

const gw = "market-a";

const setUp = () => {
  const bench = new WriterBench();
  const signer = newSigner();
  bench.keys.set(signer.kid, signer);
  const line = new SealedLine({ gw, ep: 1, eid: "ab".repeat(16) }, signer).grow(20);
  const count = (table: string) => bench.database.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  return { bench, signer, line, count };
};

describe("the ledger's writer", () => {
  it("answers every message of a group with its own signed receipt, and stores duplicates once", () => {
    const { bench, line, count } = setUp();
    const [first, second] = bench.take(
      bench.batch(gw, line.batch(1, 12)),
      bench.batch(gw, line.batch(10, 20, { lane: "backlog" })),
    );
    expect(bench.answersOf(gw, first)).toMatchObject([{ type: "receipt", ranges: [[1, 12, toHex(line.h(12))]] }]);
    expect(bench.answersOf(gw, second)).toMatchObject([{ type: "receipt", ranges: [[10, 20, toHex(line.h(20))]] }]);
    expect([first?.records, second?.records]).toEqual([12, 8]);
    const [again] = bench.take(bench.batch(gw, line.batch(1, 12)));
    expect(bench.answersOf(gw, again)).toMatchObject([{ type: "receipt", ranges: [[1, 12, toHex(line.h(12))]] }]);
    expect(again?.records).toBe(0);
    expect(count("record")).toBe(20);
    expect(bench.database.prepare("SELECT lsn FROM record ORDER BY lsn").pluck().all()).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it("answers damage with a nack that names the payload, keeps it apart, and goes on", () => {
    const { bench, line, count } = setUp();
    const bad = line.batch(1, 5);
    bad[40] = (bad[40] ?? 0) ^ 1;
    const [nacked, stored] = bench.take(bench.batch(gw, bad), bench.batch(gw, line.batch(1, 5)));
    const payload = toHex(nodeCrypto.sha256(bad));
    expect(bench.answersOf(gw, nacked)).toMatchObject([{ type: "nack", payload }]);
    expect(nacked?.outcome).toBe("damaged");
    expect(stored?.outcome).toBe("stored");
    expect(count("damaged")).toBe(1);
  });

  it("keeps of endless damage the newest only", () => {
    const { bench, count } = setUp();
    const noise = (number: number) => bench.batch(gw, new TextEncoder().encode(`noise ${number}`));
    bench.take(...Array.from({ length: 1_300 }, (_, number) => noise(number)), noise(1_299));
    expect(count("damaged")).toBe(1_000);
    expect(count("damaged WHERE payload IS NOT NULL")).toBe(100);
    const newest = bench.database.prepare("SELECT payload FROM damaged ORDER BY id DESC LIMIT 1").pluck().get();
    expect(String(newest)).toBe("noise 1299");
  });

  it("asks for keys when it does not know the sealing key, and stores nothing", () => {
    const { bench, line, count } = setUp();
    const sealer = newSigner();
    const [answer] = bench.take(bench.batch(gw, line.batch(1, 5, { sealer })));
    expect(bench.answersOf(gw, answer)).toMatchObject([{ type: "retry", wantKeys: true }]);
    expect(count("record")).toBe(0);
    const [state] = bench.take({
      type: "state",
      gw,
      eid: line.line.eid,
      payload: line.state({}, newSigner()),
    });
    expect(bench.answersOf(gw, state)).toMatchObject([{ type: "retry", wantKeys: true, payload: null }]);
  });

  it("quarantines a bad seal and a contradiction whole, receipts them as disputed, keeps what was first", () => {
    const { bench, signer, line, count } = setUp();
    const [bad] = bench.take(bench.batch(gw, line.batch(1, 5, { badSeal: true })));
    expect(bench.answersOf(gw, bad)).toMatchObject([{ type: "receipt", ranges: [], disputed: [[1, 5]] }]);
    expect(bad?.quarantined).toBe(5);
    bench.take(bench.batch(gw, line.batch(1, 10)));
    const other = new SealedLine(line.line, signer);
    other.append("weighing", { grams: "666" });
    const [contrary] = bench.take(bench.batch(gw, other.grow(4).batch(1, 4)));
    expect(bench.answersOf(gw, contrary)).toMatchObject([{ type: "receipt", disputed: [[1, 4]] }]);
    expect(bench.database.prepare("SELECT bytes FROM record WHERE seq = 2").pluck().get()).toEqual(
      Buffer.from(line.records[1] as Uint8Array),
    );
    expect(count("quarantine")).toBe(2);
    bench.take(bench.batch(gw, other.batch(1, 4)));
    expect(count("quarantine")).toBe(2);
  });

  it("stores and receipts a record whose body nobody knows", () => {
    const { bench, line, count } = setUp();
    line.append("stock-in", { anything: [1, 2, 3] });
    const [answer] = bench.take(bench.batch(gw, line.batch(1, 21)));
    expect(bench.answersOf(gw, answer)).toMatchObject([{ type: "receipt", ranges: [[1, 21, toHex(line.h(21))]] }]);
    expect(count("record")).toBe(21);
  });

  it("keeps a digest apart until the bytes arrive, and names the gap meanwhile", () => {
    const { bench, line, count } = setUp();
    const [digests] = bench.take(bench.batch(gw, line.batch(1, 5, { digestOnly: (seq) => seq === 3 })));
    expect(bench.answersOf(gw, digests)).toMatchObject([{ type: "receipt", digests: [[3, 3]] }]);
    expect([count("record"), count("digest_only")]).toEqual([4, 1]);
    expect(bench.ledger.gaps(gw, line.ofGateway)).toEqual([{ from: 3, to: 3 }]);
    bench.take(bench.batch(gw, line.batch(1, 5)));
    expect([count("record"), count("digest_only")]).toEqual([5, 0]);
    expect(bench.ledger.gaps(gw, line.ofGateway)).toEqual([]);
  });

  it("answers a state with everything it has and misses, and names what is gone", () => {
    const { bench, line } = setUp();
    bench.take(bench.batch(gw, line.batch(1, 5)), bench.batch(gw, line.batch(9, 20)));
    const state = { type: "state", gw, eid: line.line.eid, payload: line.state({ nonce: "x" }) } as const;
    const [answer] = bench.take(state);
    expect(answer?.state?.nonce).toBe("x");
    const [full] = bench.answersOf(gw, answer);
    expect(full).toMatchObject({ type: "full", nonce: "x", gen: bench.ledger.gen });
    const held = {
      missing: [[6, 8]],
      ranges: [
        [1, 5, toHex(line.h(5))],
        [9, 20, toHex(line.h(20))],
      ],
    };
    expect(full?.type === "full" && full.lines).toMatchObject([held]);
    bench.take({ type: "gone", gw, payload: line.gone(6, 8) });
    expect(bench.ledger.gaps(gw, line.ofGateway)).toEqual([{ from: 6, to: 8 }]);
    bench.take(bench.batch(gw, line.batch(6, 8)));
    expect(bench.ledger.gaps(gw, line.ofGateway)).toEqual([]);
  });

  it("refuses what is not signed by the gateway, for another line or another purpose", () => {
    const { bench, line, count } = setUp();
    const { eid } = line.line;
    const messages = [
      { type: "state", gw, eid, payload: Uint8Array.of(1, 2, 3) },
      { type: "state", gw, eid: "cd".repeat(16), payload: line.state() },
      { type: "state", gw, eid, payload: line.gone(1, 2) },
      { type: "gone", gw, payload: encodeSigned(signedTags.gone, "market-b", {}, line.signer) },
      { type: "gone", gw, payload: encodeSigned(signedTags.gone, gw, { v: 2 }, line.signer) },
    ] as const;
    expect(bench.take(...messages).map(({ outcome }) => outcome)).toEqual(messages.map(() => "refused"));
    expect(count("line")).toBe(0);
    expect(count("damaged")).toBe(5);
  });

  it("notes that it is an older copy when a gateway has seen a generation it does not know", () => {
    const { bench, signer, line } = setUp();
    const forgotten = new SealedLine({ gw, ep: 1, eid: "01".repeat(16) }, signer).grow(4);
    bench.take(bench.batch(gw, forgotten.batch(1, 4)), bench.batch(gw, line.batch(1, 5)));
    const state = (witness: Witness) =>
      bench.take({ type: "state", gw, eid: line.line.eid, payload: line.state({ witness }) });
    state({ gen: bench.ledger.gen, n: 1 });
    expect(bench.database.prepare("SELECT count(*) FROM report").pluck().get()).toBe(0);
    bench.nowMs += 60_000;
    const [answer] = state({ gen: "ff".repeat(16), n: 9 });
    state({ gen: "ff".repeat(16), n: 9 });
    const [full] = bench.answersOf(gw, answer);
    expect(full?.type === "full" && full.lines).toMatchObject([{ eid: line.line.eid, missing: [[6, 20]] }]);
    expect(
      bench.database.prepare("SELECT eid, from_seq, to_seq, reason FROM gap JOIN line ON line.id = line").all(),
    ).toEqual([{ eid: forgotten.line.eid, from_seq: 5, to_seq: null, reason: "restore" }]);
    const detail = JSON.stringify({ fromMs: bench.nowMs - 60_000, toMs: bench.nowMs });
    expect(bench.database.prepare("SELECT kind, detail FROM report").all()).toEqual([{ kind: "restore", detail }]);
  });

  it("clears the state of a line that has a successor", () => {
    const { bench, signer, line } = setUp();
    bench.take(bench.batch(gw, line.batch(1, 20)));
    const next = new SealedLine({ gw, ep: 2, eid: "ef".repeat(16) }, signer, {
      ...line.ofGateway,
      seq: 20,
      h: toHex(line.h(20)),
    });
    const [answer] = bench.take(bench.batch(gw, next.batch(1, 1)));
    expect(answer?.clearStates).toEqual([line.line.eid]);
  });
});

describe("a store that refuses", () => {
  it("answers everybody with a signed retry, stores nothing, and takes everything afterwards", () => {
    const { bench, line, count } = setUp();
    bench.take(bench.batch(gw, line.batch(1, 2)));
    // So many pages and no more: SQLite says SQLITE_FULL, as on a full disk.
    const pages = Number(bench.database.pragma("page_count", { simple: true }));
    bench.database.pragma(`max_page_count = ${pages}`);
    line.push(new TextEncoder().encode(`{"v":1,"pad":"${"x".repeat(60_000)}"}`));
    const large = [bench.batch(gw, line.batch(3, 21)), bench.batch(gw, line.batch(1, 2))];
    const busy = bench.take(...large);
    expect(busy.map(({ outcome }) => outcome)).toEqual(["busy", "busy"]);
    for (const answer of busy) {
      const [retry] = bench.answersOf(gw, answer);
      expect(retry).toMatchObject({ type: "retry", afterMs: 7_500, wantKeys: false });
    }
    expect(bench.faults).toHaveLength(1);
    expect(count("record")).toBe(2);
    bench.database.pragma("max_page_count = 1000000");
    expect(bench.take(...large).map(({ records }) => records)).toEqual([19, 0]);
  });

  it("lets one message that breaks a rule hold up nobody else", () => {
    const { bench, line, count } = setUp();
    // A rule of the table that this one message breaks.
    bench.database.exec(`CREATE TRIGGER broken BEFORE INSERT ON seal WHEN new.seq = 5
      BEGIN SELECT raise(ABORT, 'planted'); END`);
    const answers = bench.take(
      bench.batch(gw, line.batch(1, 4)),
      bench.batch(gw, line.batch(5, 5)),
      bench.batch(gw, line.batch(6, 20)),
    );
    expect(answers.map(({ outcome }) => outcome)).toEqual(["stored", "busy", "stored"]);
    expect(count("record")).toBe(19);
    expect(bench.faults.map(({ message }) => message?.type)).toEqual(["batch"]);
  });

  it("would refuse a second row for a place even if the rules above it failed", () => {
    const { bench, line, count } = setUp();
    bench.take(bench.batch(gw, line.batch(1, 5)));
    bench.ledger.runs = () => [];
    const [answer] = bench.take(bench.batch(gw, line.batch(1, 5)));
    expect(answer?.outcome).toBe("busy");
    expect(count("record")).toBe(5);
  });
});
