import { describe, expect, it } from "vitest";
import { lineNamed } from "../../test/test-line.ts";
import { hOf, inventoryOf, UplinkBench } from "../../test/uplink-bench.ts";
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

describe("full receipts", () => {
  it("count once per state: a second answer, by an earlier generation perhaps, is stale", () => {
    const bench = boxWith(6);
    bench.step({ type: "connected" });
    bench.gen = genB;
    bench.prove(bench.full([{ ...old, ranges: [proven(1, 2)] }]));
    bench.gen = genA;
    bench.prove(bench.full([{ ...old, ranges: [proven(1, 6)] }], { nonce: "nonce 1" }));
    expect(bench.machine.stats().gen).toBe(genB);
    expect(bench.machine.freeable(old, 3, 6)).toBe("no");
  });

  it("are not believed when another generation was heard behind their state", () => {
    const bench = boxWith(6);
    bench.step({ type: "connected" });
    bench.gen = genB;
    bench.receipt(line, [[1, 1]]);
    bench.gen = genA;
    expect(typesOf(bench.full([{ ...old, ranges: [proven(1, 6)] }]))).toContain("state");
    expect(bench.machine.freeable(old, 1, 6)).toBe("no");
    bench.gen = genB;
    bench.prove(bench.full([{ ...old, ranges: [proven(1, 2)] }]));
    expect(bench.machine.stats().gen).toBe(genB);
  });

  it("to an older state mark nothing, but tell of a generation not heard of yet", () => {
    const bench = boxWith(6);
    bench.connect([{ ...old, ranges: [proven(1, 6)] }]);
    bench.gen = genB;
    const effects = bench.full([{ ...old, ranges: [] }], { nonce: "nonce 1" });
    expect(typesOf(effects)).toEqual(["state"]);
    expect(bench.machine.freeable(old, 1, 6)).toBe("no");
  });

  it("may be compared out of order: the later one counts", () => {
    const bench = boxWith(6);
    bench.step({ type: "connected" });
    const early = bench.full([{ ...old, ranges: [proven(1, 6)] }]);
    bench.wait(uplinkLimits.answerWithinMs);
    bench.gen = genB;
    const late = bench.full([{ ...old, ranges: [proven(1, 2)] }]);
    bench.prove(late);
    bench.prove(early);
    expect(bench.machine.stats().gen).toBe(genB);
    expect(bench.machine.freeable(old, 3, 6)).toBe("no");
  });
});
