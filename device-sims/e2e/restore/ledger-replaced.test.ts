import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RecordPage } from "@mingcheng/protocols";
import { afterEach, describe, expect, it } from "vitest";
import { brokenPromises, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { hastyTester, keepReporting } from "../system/busy-tester.ts";
import { heldPlaces, heldRecords, ledgerFacts } from "./lost-centre.ts";

let market: MarketUnderTest | undefined;
afterEach(() => market?.close());

const twoTesters = ["box-a-tester-1", "box-a-tester-2"].map((id) => ({ id, ...hastyTester }));

/** The ledger's own files, without what follows it. */
const ledgerFiles = (directory: string): string[] =>
  readdirSync(directory).filter((name) => /^ledger\.db(-wal|-shm)?$/.test(name));

const copyFiles = (names: readonly string[], from: string, to: string): void => {
  for (const name of names) cpSync(join(from, name), join(to, name));
};

describe.each([
  { outbox: "as it is", isRolledBack: false },
  { outbox: "replaced by an older copy too", isRolledBack: true },
])("the ledger's file alone replaced by a copy older than the last receipt, the outbox $outbox", ({ isRolledBack }) => {
  it("is made whole or named: nothing twice, nothing invented, no clone, and the screens follow", async () => {
    market = await openMarket([{ gw: "box-a", devices: twoTesters }]);
    const { centre, device, dir, gateways, arrived, findings, gatewayView, api } = market;
    const [gateway] = gateways;
    if (gateway === undefined) throw new Error("no gateway");
    const tester = keepReporting(device("box-a-tester-1"), 5);
    const held = (more: number) => {
      const before = heldRecords(centre.dataDir);
      return until(() => heldRecords(centre.dataDir) >= before + more, { what: `${more} records`, withinMs: 60_000 });
    };
    await held(30);
    await centre.stop();
    await gateway.stop();
    copyFiles(ledgerFiles(centre.dataDir), centre.dataDir, dir);
    cpSync(join(gateway.dataDir, "outbox"), join(dir, "older-outbox"), { recursive: true });
    await centre.start();
    await gateway.start();
    await held(60);
    await tester.stop();
    await arrived(gateway);
    const abandoned = gateway.line;
    await gateway.kill();
    await centre.kill();
    for (const name of ledgerFiles(centre.dataDir)) rmSync(join(centre.dataDir, name));
    copyFiles(ledgerFiles(dir), dir, centre.dataDir);
    if (isRolledBack) {
      rmSync(join(gateway.dataDir, "outbox"), { recursive: true });
      cpSync(join(dir, "older-outbox"), join(gateway.dataDir, "outbox"), { recursive: true });
    }
    await centre.start();
    await gateway.start();
    const second = keepReporting(device("box-a-tester-2"), 5);
    await until(() => second.reported() >= 20, { what: "results afterwards", withinMs: 60_000 });
    await second.stop();
    await arrived(gateway);
    const all = await findings();
    const { unexplained, gaps, heads, restores, reports } = ledgerFacts(centre.dataDir);
    expect(unexplained).toEqual([]);
    const lost = all.flatMap(({ missing }) => missing);
    expect(brokenPromises(all.map((finding) => ({ ...finding, missing: [] })))).toEqual([]);
    // That something is gone is known from what followed the ledger: a gap in time, whether or not it can be numbered.
    expect(restores).toEqual([{ fromMs: expect.any(Number), toMs: expect.any(Number) }]);
    expect(reports.map(({ kind }) => kind)).toContain("restore");
    expect(gaps.filter(({ to }) => to !== null)).toEqual([]);
    if (isRolledBack) expect(lost.length).toBeGreaterThan(0);
    else {
      expect(lost).toEqual([]);
      expect(heads[abandoned.eid]).toBeGreaterThan(0);
    }
    expect((await gatewayView("box-a")).disputedLines).toBe(0);
    const signedIn = await api();
    const stored = heldRecords(centre.dataDir);
    const shown = () => signedIn.get<RecordPage>("/api/v1/records?after=0&limit=1000");
    await until(async () => (await shown()).records.length === stored, {
      what: "what is shown is what is held",
      withinMs: 20_000,
      everyMs: 100,
    });
    const places = (await shown()).records.map(({ lsn, eid, seq }) => `${lsn} ${eid} ${seq}`);
    expect(places).toEqual(heldPlaces(centre.dataDir));
  }, 150_000);
});
