import { describe, expect, it } from "vitest";
import { lineNamed } from "../../test/test-line.ts";
import { asText, inventoryOf, payloadOf, sends, UplinkBench } from "../../test/uplink-bench.ts";
import { uplinkLimits } from "./uplink-limits.ts";

const old = lineNamed("old", 1);
const line = lineNamed("running", 2);

/** A gateway that came back with `backlog` records of an earlier line. */
const comeBack = (backlog: number, urgent: number[] = []): UplinkBench =>
  new UplinkBench(line, [inventoryOf(old, backlog, { urgent }), inventoryOf(line, 1)]);

describe("live lane", () => {
  it("sends the epoch record first, before anybody has said what the centre has", () => {
    const bench = comeBack(100);
    expect(asText(sends(bench.step({ type: "connected" })))).toEqual(["live 1-1"]);
  });

  it("sends a new commit at once while nothing is under way", () => {
    const bench = new UplinkBench(line, []);
    bench.connect();
    expect(asText(bench.commit(1, 3))).toEqual(["live 1-3"]);
  });

  it("gathers commits for the linger while something is under way", () => {
    const bench = new UplinkBench(line, []);
    bench.connect();
    bench.commit(1, 1);
    expect(bench.commit(2, 2)).toEqual([]);
    bench.nowMs += 20;
    expect(bench.commit(3, 4)).toEqual([]);
    expect(asText(sends(bench.wait(uplinkLimits.lingerMs)))).toEqual(["live 2-4"]);
  });

  it("lets a commit that was not sent within 5 s fall to the backlog", () => {
    const bench = new UplinkBench(line, []);
    bench.connect();
    for (let seq = 1; seq <= 4; seq++) {
      bench.commit(seq, seq);
      bench.wait(uplinkLimits.lingerMs);
    }
    // The window is full.
    expect(bench.commit(5, 5)).toEqual([]);
    expect(asText(sends(bench.wait(uplinkLimits.liveForMs - 1)))).toEqual([]);
    expect(asText(sends(bench.wait(1)))).toEqual(["backlog 5-5"]);
  });

  it("never has more than its window under way, and the backlog its own", () => {
    const bench = comeBack(3000);
    bench.connect();
    for (let seq = 2; seq <= 12; seq++) {
      bench.commit(seq, seq);
      bench.wait(uplinkLimits.lingerMs);
    }
    const lanes = asText(sends(bench.effects)).map((text) => text.split(" ")[0]);
    expect(lanes.filter((lane) => lane === "live")).toHaveLength(uplinkLimits.window);
    expect(lanes.filter((lane) => lane === "backlog")).toHaveLength(uplinkLimits.window);
  });

  it("sends what did not fit into a batch next, still live", () => {
    const bench = new UplinkBench(line, []);
    bench.connect();
    const [batch] = bench.commit(1, 5);
    bench.sent(batch!, 2);
    expect(asText(sends(bench.wait(uplinkLimits.lingerMs)))).toEqual(["live 3-5"]);
  });
});

describe("backlog", () => {
  it("waits for the full receipt, then goes oldest first, at most 512 at a time", () => {
    const bench = comeBack(1200);
    bench.step({ type: "connected" });
    expect(asText(sends(bench.effects))).toEqual(["live 1-1"]);
    const ready = bench.prove(bench.full([{ ...old, ranges: [[1, 100, "00".repeat(32)]] }]));
    expect(asText(sends(ready))).toEqual(["backlog 101-612", "backlog 613-1124", "backlog 1125-1200"]);
  });

  it("keeps moving while the live lane is full without end", () => {
    const bench = comeBack(20_000);
    let backlog = sends(bench.connect()).filter(({ lane }) => lane === "backlog").length;
    for (let round = 0; round < 10; round++) {
      bench.commit(2 + round, 2 + round);
      const open = sends(bench.effects).filter(({ lane }) => lane === "backlog");
      const next = open.at(-1)!;
      bench.sent(next);
      bench.receipt(old, [[next.first, next.maxLast]]);
      backlog = sends(bench.effects).filter(({ lane }) => lane === "backlog").length;
    }
    expect(backlog).toBe(4 + 10);
  });
});

describe("urgent records of an outage", () => {
  it("go ahead of the backlog, one by one", () => {
    const bench = comeBack(600, [250, 300]);
    const [, ...batches] = asText(sends(bench.connect()));
    expect(batches.slice(0, 2)).toEqual(["live 300-300", "backlog 1-249"]);
    expect(asText(sends(bench.effects))).toEqual([
      "live 1-1",
      "live 250-250",
      "live 300-300",
      "backlog 1-249",
      "backlog 251-299",
      "backlog 301-600",
    ]);
  });

  it("leave a place in the live lane for a fresh commit", () => {
    const bench = comeBack(
      600,
      Array.from({ length: 50 }, (_, index) => 10 * (index + 1)),
    );
    bench.connect();
    const underWay = sends(bench.effects).filter(({ lane }) => lane === "live");
    expect(underWay).toHaveLength(3);
    bench.commit(2, 2);
    expect(asText(sends(bench.wait(uplinkLimits.lingerMs)))).toEqual(["live 2-2"]);
  });

  it("stay urgent when their commit falls out of the live lane", () => {
    const bench = comeBack(2000);
    bench.connect();
    for (let seq = 2; seq <= 4; seq++) {
      bench.commit(seq, seq);
      bench.wait(uplinkLimits.lingerMs);
    }
    bench.commit(5, 6, [6]);
    bench.wait(uplinkLimits.liveForMs);
    const [first] = sends(bench.effects);
    bench.sent(first!);
    // One place comes free: the test goes there, not behind two thousand weighings.
    expect(asText(sends(bench.receipt(line, [[1, 1]])))).toContain("live 6-6");
  });

  it("are not sent again once the centre has them", () => {
    const bench = comeBack(5, [3]);
    const ready = bench.connect([{ ...old, ranges: [[1, 5, "00".repeat(32)]] }]);
    expect(asText(sends(ready))).toEqual([]);
  });
});

describe("answers that do not come, and nacks", () => {
  it("sends a batch again after 30 s without an answer", () => {
    const bench = new UplinkBench(line, []);
    bench.connect();
    const [batch] = bench.commit(1, 2);
    bench.sent(batch!);
    expect(sends(bench.wait(29_999))).toEqual([]);
    expect(asText(sends(bench.wait(1)))).toEqual(["live 1-1", "backlog 2-2"]);
  });

  it("takes a batch apart after three nacks, and sends a record nacked three times alone as its digest", () => {
    const bench = comeBack(3);
    bench.connect([{ ...line, ranges: [[1, 1, "00".repeat(32)]] }]);
    const log: string[] = [];
    for (let round = 0; round < 12; round++) {
      for (const send of sends(bench.effects.splice(0))) {
        log.push(...asText([send]));
        bench.sent(send);
        const isRefused = send.first <= 2 && 2 <= send.maxLast && !send.digestOnly;
        if (isRefused) bench.down({ v: 1, type: "nack", payload: payloadOf(send.id), reason: "", at: "" });
        else if (send.digestOnly) bench.receipt(old, [], { digests: [[2, 2]] });
        else bench.receipt(send.line, [[send.first, send.maxLast]]);
      }
      bench.wait(1000);
    }
    expect(log.filter((text) => text === "backlog 1-3")).toHaveLength(3);
    expect(log.filter((text) => text === "backlog 2-2")).toHaveLength(3);
    expect(log.filter((text) => text === "backlog 2-2 digest")).toHaveLength(1);
    expect(bench.machine.stats().pending).toBe(0);
    expect(bench.machine.freeable(old, 1, 1)).toBe("receipted");
    expect(bench.machine.freeable(old, 2, 2)).toBe("no");
  });

  it("lets a lane rest after a nack instead of sending at the speed of the line", () => {
    const bench = new UplinkBench(line, []);
    bench.connect();
    const nack = (batch: ReturnType<typeof sends>[number] | undefined) => {
      bench.sent(batch!);
      return sends(bench.down({ v: 1, type: "nack", payload: payloadOf(batch!.id), reason: "", at: "" }));
    };
    const second = nack(bench.commit(1, 1)[0]);
    expect(asText(second)).toEqual(["backlog 1-1"]);
    expect(nack(second[0])).toEqual([]);
    expect(asText(sends(bench.wait(uplinkLimits.restAfterNackMs)))).toEqual(["live 1-1"]);
  });

  it("drops nothing for a nack that names nothing of ours", () => {
    const bench = new UplinkBench(line, []);
    bench.connect();
    const [batch] = bench.commit(1, 1);
    bench.sent(batch!);
    bench.down({ v: 1, type: "nack", payload: "ff".repeat(32), reason: "", at: "" });
    expect(bench.machine.stats()).toMatchObject({ inFlight: 1, pending: 1 });
  });

  it("rests as long as the centre asks, keeps everything, and tells its keys when asked", () => {
    const bench = comeBack(10);
    bench.connect();
    const [epoch] = sends(bench.effects);
    bench.sent(epoch!);
    const retry = { v: 1, type: "retry", afterMs: 60_000, reason: "disk full", at: "" } as const;
    const effects = bench.down({ ...retry, payload: payloadOf(epoch!.id), wantKeys: true });
    expect(effects).toEqual([{ type: "keys" }]);
    expect(sends(bench.wait(29_000))).toEqual([]);
    expect(bench.machine.stats().pending).toBe(11);
    expect(asText(sends(bench.wait(31_000)))).toEqual(["live 1-1", "backlog 1-10"]);
  });

  it("takes no rest for a retry that names a batch not under way", () => {
    const bench = new UplinkBench(line, []);
    bench.connect();
    const old = { v: 1, type: "retry", afterMs: 300_000, wantKeys: false, reason: "", at: "" } as const;
    bench.down({ ...old, payload: "ee".repeat(32) });
    expect(asText(bench.commit(1, 1))).toEqual(["live 1-1"]);
  });
});
