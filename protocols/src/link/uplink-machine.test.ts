import { describe, expect, it } from "vitest";
import { lineNamed } from "../../test/test-line.ts";
import { asText, goneOf, hOf, inventoryOf, payloadOf, sends, UplinkBench } from "../../test/uplink-bench.ts";
import { uplinkLimits } from "./uplink-limits.ts";

const old = lineNamed("old", 1);
const line = lineNamed("running", 2);
const [genA, genB] = ["aa".repeat(16), "bb".repeat(16)];

const boxWith = (count: number): UplinkBench => {
  const bench = new UplinkBench(line, [inventoryOf(old, count), inventoryOf(line, 1)]);
  bench.gen = genA;
  return bench;
};
const proven = (from: number, to: number): [number, number, string] => [from, to, hOf(old, to)];
const typesOf = (effects: readonly { readonly type: string }[]): string[] => effects.map(({ type }) => type);

describe("state", () => {
  it("names every line with head and oldest, freed ones too, behind the key log", () => {
    const freed = [{ from: 1, to: 4, h: hOf(old, 4), gen: genA }];
    const bench = new UplinkBench(line, [inventoryOf(old, 4, { held: [], freed }), inventoryOf(line, 3)]);
    const [keys, state] = bench.step({ type: "connected" });
    expect(keys).toEqual({ type: "keys" });
    expect(state).toEqual({
      type: "state",
      nonce: "nonce 1",
      witness: null,
      lines: [
        { ...old, head: 4, oldest: null },
        { ...line, head: 3, oldest: 1 },
      ],
    });
  });

  it("is repeated every minute, and every half while nobody answers", () => {
    const bench = boxWith(1);
    bench.step({ type: "connected" });
    bench.wait(90_000);
    expect(bench.states).toBe(4);
    bench.prove(bench.full([]));
    bench.wait(120_000);
    expect(bench.states).toBe(4 + 2);
  });

  it("goes out again behind the key log when a key is rotated", () => {
    const bench = boxWith(1);
    bench.connect();
    expect(typesOf(bench.step({ type: "rotated" }))).toEqual(["keys", "state"]);
    bench.step({ type: "disconnected" });
    expect(bench.step({ type: "rotated" })).toEqual([]);
  });

  it("shows the last witness", () => {
    const bench = boxWith(1);
    bench.connect();
    bench.receipt(line, [], { witness: { gen: genA, n: 7 } });
    bench.receipt(line, [], { witness: { gen: genA, n: 5 } });
    expect(bench.witness).toEqual({ gen: genA, n: 7 });
    bench.receipt(line, [], { gen: genB, witness: { gen: genB, n: 9 } });
    expect(bench.witness).toEqual({ gen: genA, n: 7 });
  });
});

describe("receipts", () => {
  it("free nothing before a full receipt confirms their generation", () => {
    const bench = boxWith(0);
    const [epoch] = sends(bench.step({ type: "connected" }));
    bench.sent(epoch!);
    bench.receipt(line, [[1, 1]]);
    expect(bench.machine.freeable(line, 1, 1)).toBe("no");
    bench.prove(bench.full([]));
    expect(bench.machine.freeable(line, 1, 1)).toBe("receipted");
  });

  it("count only where h is ours", () => {
    const bench = boxWith(6);
    bench.prove(bench.full([]).concat(bench.step({ type: "connected" })));
    const compared = bench.full([{ ...old, ranges: [proven(1, 3), proven(4, 6)] }]);
    bench.prove(compared, (to) => to === 3);
    expect(bench.machine.freeable(old, 1, 3)).toBe("receipted");
    expect(bench.machine.freeable(old, 4, 6)).toBe("no");
    expect(bench.machine.freeable(old, 1, 6)).toBe("no");
    const asked = bench.receipt(old, [[4, 6]]);
    expect(typesOf(asked)).toContain("prove");
    bench.prove(asked, () => false);
    expect(bench.machine.freeable(old, 4, 6)).toBe("no");
  });

  it("mark a batch under way without a look-up, however quick they are", () => {
    const bench = new UplinkBench(line, []);
    bench.connect();
    bench.drain(bench.commit(1, 1));
    const [batch] = bench.commit(2, 3);
    bench.sent(batch!);
    expect(typesOf(bench.receipt(line, [[2, 3]]))).toEqual(["marks-changed"]);
    const [next] = bench.commit(4, 4);
    // The answer is there before the shell says that it sent.
    bench.prove(bench.receipt(line, [[4, 4]]));
    bench.sent(next!);
    expect(bench.machine.stats()).toMatchObject({ inFlight: 0, pending: 0 });
  });

  it("of a new generation leave nothing of the old one's marks", () => {
    const bench = boxWith(6);
    bench.connect([{ ...old, ranges: [proven(1, 6)] }]);
    expect(bench.machine.freeable(old, 1, 6)).toBe("receipted");
    bench.gen = genB;
    bench.wait(uplinkLimits.stateEveryMs);
    const ready = bench.prove(bench.full([{ ...old, ranges: [proven(1, 2)], missing: [[3, 6]] }]));
    expect(bench.machine.freeable(old, 1, 2)).toBe("receipted");
    expect(bench.machine.freeable(old, 3, 6)).toBe("no");
    expect(asText(sends(ready))).toContain("backlog 3-6");
  });

  it("of an unknown generation make the state go out again, and nothing is freed until it is answered", () => {
    const bench = boxWith(6);
    bench.connect([{ ...old, ranges: [proven(1, 6)] }]);
    bench.gen = genB;
    expect(typesOf(bench.receipt(line, [[1, 1]]))).toContain("state");
    expect(bench.machine.freeable(old, 1, 6)).toBe("no");
    bench.prove(bench.full([{ ...old, ranges: [proven(1, 6)] }]));
    expect(bench.machine.freeable(old, 1, 6)).toBe("receipted");
  });

  it("of the confirmed generation stay, whatever a full receipt that crossed them leaves out", () => {
    const bench = boxWith(6);
    bench.connect([{ ...old, ranges: [proven(1, 3)] }]);
    bench.wait(uplinkLimits.stateEveryMs);
    bench.prove(bench.receipt(old, [[4, 6]]));
    bench.prove(bench.full([{ ...old, ranges: [proven(1, 3)] }]));
    expect(bench.machine.freeable(old, 1, 6)).toBe("receipted");
  });

  it("keep a rolled-back gateway from sending again what it cannot compare", () => {
    const bench = boxWith(6);
    bench.step({ type: "connected" });
    const isOurs = (): boolean => false;
    const ready = bench.prove(bench.full([{ ...old, ranges: [proven(1, 9)] }]), isOurs);
    expect(asText(bench.drain(ready))).toContain("backlog 1-6");
    bench.effects = [];
    bench.wait(uplinkLimits.stateEveryMs);
    bench.prove(bench.full([{ ...old, ranges: [proven(1, 9)] }]), isOurs);
    expect(asText(sends(bench.effects)).filter((text) => text.startsWith("backlog"))).toEqual([]);
  });

  it("that dispute make the record wait no more and go last", () => {
    const bench = boxWith(3);
    const ready = bench.connect();
    const batch = sends(ready).find(({ lane }) => lane === "backlog");
    bench.sent(batch!);
    bench.receipt(old, [], { disputed: [[1, 3]] });
    expect(bench.machine.freeable(old, 1, 3)).toBe("disputed");
    bench.prove(bench.receipt(old, [[1, 2]]));
    expect(bench.machine.freeable(old, 1, 2)).toBe("receipted");
    expect(bench.machine.freeable(old, 1, 3)).toBe("disputed");
  });

  it("for a digest that an earlier process had sent free nothing here", () => {
    const bench = boxWith(3);
    const batch = sends(bench.connect()).find(({ lane }) => lane === "backlog");
    bench.receipt(old, [], { digests: [[2, 2]] });
    bench.sent(batch!);
    expect(bench.machine.freeable(old, 2, 2)).toBe("no");
    bench.receipt(old, [[1, 3]]);
    expect(bench.machine.freeable(old, 1, 3)).toBe("receipted");
  });
});

describe("what is missing at the centre", () => {
  const freed = [{ from: 1, to: 4, h: hOf(old, 4), gen: genA }];

  it("is sent again while it is on disk, and else stated to be freed or lost", () => {
    const bench = new UplinkBench(line, [
      inventoryOf(old, 9, { held: [{ from: 7, to: 8 }], freed }),
      inventoryOf(line, 1),
    ]);
    const ready = bench.connect([{ ...old, missing: [[1, 9]] }]);
    expect(goneOf(ready)).toEqual(["freed 1-4", "lost 5-6", "lost 9-9"]);
    expect(asText(sends(ready))).toContain("backlog 7-8");
    const [first] = ready.flatMap((effect) => (effect.type === "gone" ? [effect.gone] : []));
    expect(first).toEqual({ v: 1, line: old, from: 1, to: 4, receipt: { gen: genA, h: hOf(old, 4) }, reason: "freed" });
  });

  it("is answered for the running line too: freed on a receipt of a ledger that was restored since", () => {
    const bench = new UplinkBench(line, [inventoryOf(line, 6)]);
    bench.gen = genA;
    bench.connect([{ ...line, ranges: [[1, 6, hOf(line, 6)]] }]);
    bench.step({ type: "freed", line, from: 1, to: 2, h: hOf(line, 2) });
    bench.step({ type: "freed", line, from: 3, to: 4, h: hOf(line, 4) });
    bench.gen = genB;
    bench.wait(uplinkLimits.stateEveryMs);
    const ready = bench.prove(bench.full([{ ...line, missing: [[1, 6]] }]));
    expect(goneOf(ready)).toEqual(["freed 1-4"]);
    expect(asText(sends(ready))).toContain("backlog 5-6");
  });

  it("is stated to be lost where nobody here ever heard of the line", () => {
    const bench = boxWith(2);
    const ready = bench.connect([{ ...lineNamed("unheard"), missing: [[3, 9]] }]);
    expect(goneOf(ready)).toEqual(["lost 3-9"]);
  });

  it("is stated to be lost when it turned out to be destroyed", () => {
    const bench = boxWith(6);
    const batch = sends(bench.connect()).find(({ lane }) => lane === "backlog");
    const rest = bench.step({ type: "send-failed", id: batch!.id, lost: { from: 1, to: 2 } });
    expect(asText(sends(rest))).toEqual(["backlog 3-6"]);
    bench.wait(uplinkLimits.stateEveryMs);
    expect(goneOf(bench.prove(bench.full([{ ...old, missing: [[1, 2]] }])))).toEqual(["lost 1-2"]);
  });
});

describe("connections", () => {
  it("that break take back what was under way, and keep the marks", () => {
    const bench = boxWith(6);
    bench.connect([{ ...old, ranges: [proven(1, 3)] }]);
    bench.step({ type: "disconnected" });
    expect(bench.machine.stats()).toMatchObject({ inFlight: 0, connected: false, ready: false });
    expect(bench.machine.freeable(old, 1, 3)).toBe("receipted");
    expect(bench.machine.nextWakeMs(0)).toBeNull();
    expect(bench.commit(2, 2)).toEqual([]);
    expect(asText(sends(bench.connect([{ ...old, ranges: [proven(1, 3)] }])))).toEqual(["backlog 4-6", "backlog 2-2"]);
  });

  it("void every comparison and batch of the one before", () => {
    const bench = boxWith(6);
    bench.step({ type: "connected" });
    const compared = bench.full([{ ...old, ranges: [proven(1, 6)] }]);
    const [epoch] = sends(bench.effects);
    bench.step({ type: "disconnected" });
    bench.prove(compared);
    bench.sent(epoch!);
    bench.down({ v: 1, type: "nack", payload: payloadOf(epoch!.id), reason: "", at: "" });
    expect(bench.machine.stats()).toMatchObject({ gen: null, inFlight: 0, ready: false });
  });

  it("may be told twice", () => {
    const bench = boxWith(2);
    bench.connect();
    bench.step({ type: "connected" });
    expect(bench.machine.stats()).toMatchObject({ connected: true, ready: false, inFlight: 1 });
  });
});

describe("a line opened in mid-run", () => {
  it("is the sender from then on; its epoch record goes first, and the old line's rest is backlog", () => {
    const bench = new UplinkBench(old, [inventoryOf(old, 1)]);
    bench.connect([{ ...old, ranges: [[1, 1, hOf(old, 1)]] }]);
    bench.commit(2, 2);
    bench.commit(3, 3);
    const opened = bench.step({ type: "line-opened", inventory: inventoryOf(line, 0) });
    expect(typesOf(opened)).toEqual(["state", "send"]);
    expect(asText(sends(opened))).toEqual(["backlog 2-3"]);
    const [epoch] = bench.commit(1, 1);
    expect(epoch).toBeUndefined();
    expect(asText(sends(bench.wait(uplinkLimits.lingerMs)))).toEqual(["live 1-1"]);
  });
});
