import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downlinkSchema, parseSigned } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { newSigner, SealedLine } from "../../test/sealed-line.ts";
import { WriterBench } from "../../test/writer-bench.ts";
import type { LedgerAnswer, LedgerPort } from "../ledger/ledger-port.ts";
import { createIngestFront } from "./ingest-front.ts";
import { IngestQuota } from "./ingest-quota.ts";
import { keepQuota } from "./quota-file.ts";

const mebibyte = 1024 * 1024;

/** A front with a quota of one MiB over a real ledger, and a gateway with much to say. */
const setUp = (dailyMiB: number | null = 1) => {
  const bench = new WriterBench();
  const signer = newSigner();
  bench.keys.set(signer.kid, signer);
  const exceeded: string[] = [];
  const book = new IngestQuota({ dailyMiB, nowMs: () => bench.nowMs, onExceeded: (gw) => exceeded.push(gw) });
  const ledger: LedgerPort = {
    submit: (message) => Promise.resolve(bench.take(message)[0] as LedgerAnswer),
    close: () => Promise.resolve(),
  };
  const answering = { signer: bench.centre, nowMs: () => bench.nowMs, random: () => 0.5 };
  const front = createIngestFront(ledger, { quota: { book, answering } });
  const line = (gw: string) => new SealedLine({ gw, ep: 1, eid: "ab".repeat(16) }, signer).grow(8_000);
  const stored = () => Number(bench.database.prepare("SELECT count(*) FROM record").pluck().get());
  const said = ({ downlinks }: LedgerAnswer) => downlinkSchema.parse(parseSigned(downlinks[0] as Uint8Array)?.value);
  return { bench, book, front, line, exceeded, stored, said };
};

describe("a gateway's daily quota", () => {
  it("ends what one gateway can add in a day, tells it to come back, and loses nothing", async () => {
    const { bench, book, front, line, exceeded, stored, said } = setUp();
    const greedy = line("market-a");
    const modest = line("market-b");
    let next = 1;
    const send = async () => {
      const answer = await front.records("market-a", greedy.batch(next, next + 399));
      if (answer.outcome === "stored") next += 400;
      return answer;
    };
    for (let each = 0; each < 19; each++) await send();
    const day = stored();
    const size = Number(bench.database.prepare("SELECT sum(length(bytes)) FROM record").pluck().get());
    // At most one batch above it.
    expect(size).toBeLessThan(1.3 * mebibyte);
    expect(day).toBeLessThan(7_000);
    const refused = await send();
    expect(refused).toMatchObject({ outcome: "busy", records: 0, state: null });
    expect(said(refused)).toMatchObject({ type: "retry", wantKeys: false });
    expect(exceeded).toEqual(["market-a"]);
    expect(book.warning()).toContain("market-a");
    expect(book.figures().find(({ name }) => name === "mingcheng_ingest_over_quota")?.value).toBe(1);
    // Its state is answered, and others are not held up.
    expect((await front.state("market-a", "ab".repeat(16), greedy.state())).outcome).toBe("stored");
    expect((await front.records("market-b", modest.batch(1, 10))).outcome).toBe("stored");
    // The next day it goes on where it stopped.
    bench.nowMs += book.untilTomorrowMs();
    expect(book.warning()).toBeNull();
    for (let each = 0; each < 19; each++) await send();
    bench.nowMs += 86_400_000;
    while (next <= 7_601) expect((await send()).outcome).toBe("stored");
    expect(stored()).toBe(8_000 + 10);
  });

  it("does not count what is there already, and is off when no limit is set", async () => {
    const { front, line, book } = setUp();
    const one = line("market-a");
    const batch = one.batch(1, 400);
    for (let each = 0; each < 50; each++) expect((await front.records("market-a", batch)).outcome).toBe("stored");
    expect(book.warning()).toBeNull();
    const without = setUp(null);
    const other = without.line("market-a");
    for (let at = 1; at <= 7_601; at += 400) await without.front.records("market-a", other.batch(at, at + 399));
    expect(without.stored()).toBe(8_000);
  });
});

describe("the day's counts", () => {
  it("outlive a restart, not the day, and damage to their file", async () => {
    const data = mkdtempSync(join(tmpdir(), "mingcheng-quota-"));
    const faults: unknown[] = [];
    let nowMs = Date.UTC(2026, 10, 25, 10);
    const open = async () => {
      const exceeded: string[] = [];
      const quota = new IngestQuota({ dailyMiB: 1, nowMs: () => nowMs, onExceeded: (gw) => exceeded.push(gw) });
      const close = await keepQuota(data, quota, (error) => faults.push(error));
      return { quota, exceeded, close };
    };
    try {
      const first = await open();
      first.quota.add("market-a", mebibyte);
      first.quota.add("market-b", 10);
      await first.close();
      const second = await open();
      expect(["market-a", "market-b"].map((gw) => second.quota.allows(gw))).toEqual([false, true]);
      expect([second.exceeded, second.quota.counted().bytes]).toEqual([
        ["market-a"],
        { "market-a": mebibyte, "market-b": 10 },
      ]);
      await second.close();
      nowMs += 24 * 3_600_000;
      const third = await open();
      expect(third.quota.allows("market-a")).toBe(true);
      await third.close();
      writeFileSync(join(data, "quota.json"), '{"day":');
      const fourth = await open();
      expect(fourth.quota.allows("market-a")).toBe(true);
      expect(faults).toEqual([]);
      rmSync(data, { recursive: true });
      fourth.quota.add("market-a", 1);
      await fourth.close();
      expect(faults).toMatchObject([{ code: "ENOENT" }]);
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  });
});
