import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { GatewayList } from "@mingcheng/protocols";
import { afterEach, describe, expect, it } from "vitest";
import type { GatewayProcess } from "../../src/harness/gateway-process.ts";
import { brokenPromises, headOf, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { hastyTester, keepReporting } from "../system/busy-tester.ts";
import { backUp, heldRecords, ledgerFacts, loseAndRestore } from "./lost-centre.ts";

let market: MarketUnderTest | undefined;
afterEach(() => market?.close());

const twoTesters = ["box-a-tester-1", "box-a-tester-2"].map((id) => ({ id, ...hastyTester }));

const onlyGateway = ({ gateways }: MarketUnderTest): GatewayProcess => {
  const [gateway] = gateways;
  if (gateway === undefined) throw new Error("no gateway");
  return gateway;
};

/** Waits until every place of the running line is stored or named. */
const explained = async ({ centre }: MarketUnderTest, gateway: GatewayProcess): Promise<void> => {
  const head = await headOf(gateway);
  await until(
    () => {
      const { unexplained, heads } = ledgerFacts(centre.dataDir);
      return unexplained.length === 0 && (heads[gateway.line.eid] ?? 0) >= head;
    },
    { what: "every record is stored or named", withinMs: 90_000, everyMs: 200, detail: () => gateway.program.output() },
  );
};

const results = (tester: { readonly reported: () => number }, more: number): Promise<true> => {
  const before = tester.reported();
  return until(() => tester.reported() >= before + more, { what: `${more} results`, withinMs: 60_000 });
};

describe("a centre restored from a backup older than its last receipts", () => {
  it("gets again from its gateway what it lacks: nothing lost, nothing twice, the restore reported", async () => {
    market = await openMarket([{ gw: "box-a", devices: twoTesters }]);
    const { centre, device, findings } = market;
    const gateway = onlyGateway(market);
    const tester = keepReporting(device("box-a-tester-1"), 20);
    await results(tester, 40);
    const backup = await backUp(market);
    await until(() => heldRecords(centre.dataDir) > backup.lsn + 100, {
      what: "records that are receipted and not in the backup",
      withinMs: 60_000,
      everyMs: 100,
    });
    await centre.kill();
    const diedMs = Date.now();
    await tester.stop();
    await loseAndRestore(market, backup);
    const second = keepReporting(device("box-a-tester-2"), 20);
    await results(second, 40);
    await second.stop();
    await explained(market, gateway);
    const all = await findings();
    expect(brokenPromises(all)).toEqual([]);
    expect(all.reduce((sum, { stored }) => sum + stored, 0)).toBe(tester.reported() + second.reported());
    const { reasons, restores, reports, gaps } = ledgerFacts(centre.dataDir);
    expect(reasons).toEqual(["start", "restore"]);
    expect(restores).toEqual([{ fromMs: Date.parse(backup.takenAt), toMs: expect.any(Number) }]);
    expect(restores[0]?.toMs).toBeGreaterThan(diedMs);
    expect(reports).toEqual([{ gw: "box-a", kind: "restore", detail: JSON.stringify(restores[0]) }]);
    expect(gaps).toEqual([]);
    const shown = (await (await market.api()).get<GatewayList>("/api/v1/gateways")).restores;
    expect(shown.map(({ from }) => from)).toEqual([new Date(backup.takenAt).toISOString()]);
  }, 150_000);

  it("names by number what its gateway had freed on the strength of lost receipts", async () => {
    const setup = { outbox: { segmentMiB: 0.25, retentionDays: 0 } };
    market = await openMarket([{ gw: "box-a", devices: [{ id: "box-a-tester", ...hastyTester }], setup }]);
    const { centre, device, findings, gatewayView } = market;
    const gateway = onlyGateway(market);
    const tester = keepReporting(device("box-a-tester"), 20);
    await results(tester, 40);
    const backup = await backUp(market);
    const segment = (number: number) => join(gateway.dataDir, "outbox", `${String(number).padStart(10, "0")}.seg`);
    await until(() => existsSync(segment(4)), { what: "some segments are full", withinMs: 60_000 });
    await tester.stop();
    await until(() => !existsSync(segment(2)), { what: "two segments are freed", withinMs: 30_000 });
    await loseAndRestore(market, backup);
    await explained(market, gateway);
    const missing = (await findings()).flatMap((finding) => finding.missing);
    const broken = brokenPromises((await findings()).map((finding) => ({ ...finding, missing: [] })));
    expect(broken).toEqual([]);
    const { gaps, reports } = ledgerFacts(centre.dataDir);
    const named = gaps.reduce((sum, { from, to }) => sum + (to === null ? 0 : to - from + 1), 0);
    // The loss is real, and all of it has a number: results, and what else the gateway noted meanwhile.
    expect(missing.length).toBeGreaterThan(100);
    expect(named).toBeGreaterThanOrEqual(missing.length);
    expect(named - missing.length).toBeLessThan(50);
    expect(gaps.map(({ eid, reason }) => `${eid} ${reason}`)).toEqual(gaps.map(() => `${gateway.line.eid} freed`));
    expect(reports.map(({ kind }) => kind)).toEqual(["restore"]);
    await until(async () => (await gatewayView("box-a")).openGaps.total === gaps.length, {
      what: "the holes are shown",
      withinMs: 10_000,
      everyMs: 100,
    });
  }, 150_000);

  it("and a gateway rolled back at once: what neither has is named by interval, nothing is taken for a clone", async () => {
    market = await openMarket([{ gw: "box-a", devices: twoTesters }]);
    const { centre, device, dir, findings, gatewayView } = market;
    const gateway = onlyGateway(market);
    const outbox = join(gateway.dataDir, "outbox");
    const tester = keepReporting(device("box-a-tester-1"));
    await results(tester, 5);
    await gateway.stop();
    cpSync(outbox, join(dir, "older-outbox"), { recursive: true });
    await gateway.start();
    await results(tester, 10);
    const backup = await backUp(market);
    const abandoned = gateway.line;
    await until(() => heldRecords(centre.dataDir) > backup.lsn + 20, {
      what: "records that are in neither copy",
      withinMs: 60_000,
      everyMs: 100,
    });
    await tester.stop();
    await gateway.kill();
    rmSync(outbox, { recursive: true });
    cpSync(join(dir, "older-outbox"), outbox, { recursive: true });
    await loseAndRestore(market, backup);
    await gateway.start();
    const second = keepReporting(device("box-a-tester-2"));
    await results(second, 10);
    await second.stop();
    await explained(market, gateway);
    const found = await findings();
    expect(brokenPromises(found.map((finding) => ({ ...finding, missing: [] })))).toEqual([]);
    expect(found.find(({ device: id }) => id === "box-a-tester-2")?.missing).toEqual([]);
    expect(found.find(({ device: id }) => id === "box-a-tester-1")?.missing.length).toBeGreaterThan(0);
    const { gaps, restores } = ledgerFacts(centre.dataDir);
    expect(gaps).toContainEqual(expect.objectContaining({ eid: abandoned.eid, to: null }));
    expect(restores).toHaveLength(1);
    expect((await gatewayView("box-a")).disputedLines).toBe(0);
  }, 150_000);
});
