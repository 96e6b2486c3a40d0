import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordPage, Today } from "@mingcheng/protocols";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CentreApi, signIn } from "../../src/harness/centre-api.ts";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";

const password = "songbai 2026 wang-li";
/** Texts that only the other county's market has. */
const strangersMarks = ["market-zhongpu", "scale-b02", "中埔"];

let market: MarketUnderTest;

beforeAll(async () => {
  market = await openMarket([
    { gw: "market-songbai", devices: [{ id: "scale-a01", kind: "yaohua-a9", rateHz: 20 }] },
    { gw: "market-zhongpu", devices: [{ id: "scale-b02", kind: "yaohua-a9", rateHz: 20 }] },
  ]);
  await market.centre.command("register", "sample");
  for (const role of ["inspector", "auditor"]) {
    await market.centre.addUser(`${role}-sinan`, role, password, ["--area", "sinan"]);
  }
}, 90_000);
afterAll(() => market.close());

const weigh = async (id: string, value: string): Promise<void> => {
  const running = market.device(id);
  if (running.class === "scale") await running.device.weigh({ value, rampMs: 400, holdMs: 1_500, restMs: 300 });
};

const marksIn = (answer: unknown): string[] => {
  const text = typeof answer === "string" ? answer : JSON.stringify(answer);
  return strangersMarks.filter((mark) => text.includes(mark));
};

/** Events as they come, as text. */
const listen = (api: CentreApi) => {
  const came: string[] = [];
  const stopping = new AbortController();
  const ended = api.events((name, data) => came.push(`${name} ${JSON.stringify(data)}`), stopping.signal);
  return { came, ended, stop: () => stopping.abort() };
};

describe("two counties at one centre, with real processes", () => {
  it("see their own market on pages, streams and in evidence, and nothing of the other", async () => {
    const officer = await signIn(market.centre, "inspector-sinan", password);
    const stream = listen(officer);
    await Promise.all([weigh("scale-b02", "7.7"), weigh("scale-a01", "1.25")]);
    for (const gateway of market.gateways) await market.arrived(gateway);
    await until(() => stream.came.some((event) => event.startsWith("records") && event.includes('"1.25"')), {
      what: "the own weighing comes on the stream",
      withinMs: 20_000,
      detail: () => stream.came.join("\n").slice(-2_000),
    });
    const today = await officer.get<Today>("/api/v1/today");
    expect(today.totals).toMatchObject({ weighings: 1, devices: { all: 1 }, gateways: { all: 1 }, unattributed: null });
    expect(today.weighings[0]?.place).toMatchObject({ stall: { label: "A01" }, vendor: { name: "陈阿蔬菜" } });
    for (const path of ["today", "records?limit=1000", "devices", "gateways", "alerts"]) {
      expect(marksIn(await officer.get(`/api/v1/${path}`)), path).toEqual([]);
    }
    expect(marksIn(stream.came.join("\n"))).toEqual([]);
    const everything = await market.api();
    expect(marksIn(await everything.get<RecordPage>("/api/v1/records?limit=1000"))).toEqual([
      "market-zhongpu",
      "scale-b02",
      "中埔",
    ]);

    const auditor = await signIn(market.centre, "auditor-sinan", password);
    const own = await auditor.file("/api/v1/exports", { gateway: "market-songbai" });
    expect(own.status).toBe(200);
    const file = join(market.dir, "own.mcx");
    writeFileSync(file, own.text);
    expect(await market.centre.command("verify", file)).toMatch(/good/);
    const foreign = await auditor.file("/api/v1/exports", { gateway: "market-zhongpu" });
    expect(foreign.status).toBe(404);
    expect(foreign).toEqual(await auditor.file("/api/v1/exports", { gateway: "market-none" }));
    expect((await officer.file("/api/v1/exports", { gateway: "market-songbai" })).status).toBe(403);
    const exports = join(market.centre.dataDir, "exports");
    await until(() => !existsSync(exports) || readdirSync(exports).length === 0, {
      what: "nothing of an export is left",
      withinMs: 20_000,
    });

    // Another county from now on: the open stream ends before anything of it comes.
    await market.centre.command("user", "scope", "inspector-sinan", "--area", "hubei");
    await stream.ended;
    expect(stream.came.at(-1)).toMatch(/^signed-out/);
    await expect(officer.get("/api/v1/today")).rejects.toThrow("401");
    const moved = await signIn(market.centre, "inspector-sinan", password);
    expect((await moved.get<Today>("/api/v1/today")).gateways.map(({ gw }) => gw)).toEqual(["market-zhongpu"]);
    expect(await market.centre.command("audit", "verify")).toMatch(/^good/);
    expect(await market.centre.command("audit", "list", "--action", "evidence.exported")).toMatch(/auditor-sinan/);
  }, 120_000);
});
