import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { configuredDevice } from "../../src/harness/configured-device.ts";
import { enrolGateway, type GatewayProcess, startGateway } from "../../src/harness/gateway-process.ts";
import { brokenPromises, headOf, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { hastyTester, keepReporting } from "./busy-tester.ts";

const gw = "box-a";
const testers = ["box-a-tester-1", "box-a-tester-2"].map((id) => ({ id, ...hastyTester }));

let market: MarketUnderTest | undefined;
const others: GatewayProcess[] = [];
afterEach(async () => {
  for (const box of others.splice(0)) await box.stop();
  await market?.close();
});

const open = async () => {
  market = await openMarket([{ gw, devices: testers }]);
  const [gateway] = market.gateways;
  if (gateway === undefined) throw new Error("no gateway");
  return { ...market, gateway };
};

const kidOf = async (box: GatewayProcess) => String((await box.status())["kid"]);

/** Lets a tester report so many results more. */
const report = async ({ device }: MarketUnderTest, id: string, results: number): Promise<void> => {
  const tester = keepReporting(device(id));
  await until(() => tester.reported() > results, { what: `${results} results of ${id}`, withinMs: 30_000 });
  await tester.stop();
};

/** From now on the box has this one device. */
const keepOnly = (configFile: string, id: string): void => {
  const config = JSON.parse(readFileSync(configFile, "utf8"));
  config.devices = config.devices.filter((device: { id: string }) => device.id === id);
  writeFileSync(configFile, JSON.stringify(config));
};

const sealersOf = (evidence: string): Set<string> =>
  new Set([...evidence.matchAll(/^S .*"kid":"([0-9a-f]{16})"/gm)].map(([, kid]) => String(kid)));

describe("a gateway that takes a new key", () => {
  it("loses nothing while it captures and sends, nor with a centre restored to before the rotation", async () => {
    const opened = await open();
    const { gateway, centre, arrived, findings } = opened;
    const first = await kidOf(gateway);
    await report(opened, "box-a-tester-2", 3);
    await arrived(gateway);
    await centre.stop();
    const older = join(opened.dir, "older-centre");
    cpSync(centre.dataDir, older, { recursive: true });
    await centre.start();
    const tester = keepReporting(opened.device("box-a-tester-1"));
    await until(() => tester.reported() > 5, { what: "some results", withinMs: 30_000 });
    expect(await gateway.command("rotate-key", "--config", gateway.configFile)).toContain(first);
    const second = await until(async () => (await kidOf(gateway)) !== first && kidOf(gateway), {
      what: "the new key",
      withinMs: 10_000,
    });
    const atRotation = tester.reported();
    await until(() => tester.reported() > atRotation + 5, { what: "results under the new key", withinMs: 30_000 });
    await tester.stop();
    await arrived(gateway);
    await opened.evidence(gw);
    const known = async () => JSON.parse(await centre.command("keys", "--gateway", gw, "--json")).gateway as string;
    const newest = await known();
    expect(sealersOf(readFileSync(join(opened.dir, `${gw}.mcx`), "utf8"))).toEqual(new Set([first, second]));

    await centre.stop();
    rmSync(centre.dataDir, { recursive: true });
    cpSync(older, centre.dataDir, { recursive: true });
    await centre.start();
    await report(opened, "box-a-tester-2", 3);
    await arrived(gateway);
    expect(await known()).toBe(newest);
    expect(brokenPromises(await findings())).toEqual([]);
    expect((await opened.gatewayView(gw)).disputedLines).toBe(0);
  }, 120_000);
});

describe("a cloned data directory beside the original", () => {
  it("is kept whole, one line in dispute until somebody decides; a restart alone is no clone", async () => {
    const opened = await open();
    const { gateway, centre, arrived, findings, gatewayView } = opened;
    await report(opened, "box-a-tester-1", 3);
    await gateway.stop();
    const dir = join(opened.dir, "clone");
    mkdirSync(dir);
    cpSync(gateway.dataDir, join(dir, "data"), { recursive: true });
    keepOnly(gateway.configFile, "box-a-tester-1");
    await gateway.start();
    await report(opened, "box-a-tester-1", 3);
    await arrived(gateway);
    expect((await gatewayView(gw)).disputedLines).toBe(0);

    const { config, device } = opened.device("box-a-tester-2");
    const clone = await startGateway({ dir, gw, devices: [configuredDevice(config.id, config.kind, device.address)] });
    others.push(clone);
    const both = testers.map(({ id }) => keepReporting(opened.device(id)));
    const disputed = await until(
      async () => (await gatewayView(gw)).lines.newest.find(({ status }) => status === "disputed"),
      { what: "the clone is seen", withinMs: 40_000, everyMs: 100 },
    );
    await Promise.all(both.map((tester) => tester.stop()));
    expect([gateway.line.eid, clone.line.eid]).toContain(disputed.eid);
    const kept = [gateway.line, clone.line].find(({ eid }) => eid !== disputed.eid);

    const place = `${disputed.ep}.${disputed.eid.slice(0, 12)}`;
    await centre.command("gateway", "line", gw, "--keep", place, "--reason", "stands in hall 2");
    await until(
      async () => {
        const { lines } = await gatewayView(gw);
        const statusOf = (eid: string | undefined) => lines.newest.find((line) => line.eid === eid)?.status;
        return statusOf(disputed.eid) === "ok" && statusOf(kept?.eid) === "disputed";
      },
      { what: "the decision is carried out", withinMs: 15_000, everyMs: 100 },
    );
    const { decisions } = JSON.parse(await centre.command("gateway", "lines", gw, "--json"));
    expect(decisions).toMatchObject([{ kind: "keep-line", line: { eid: disputed.eid }, reason: "stands in hall 2" }]);
    await arrived(gateway);
    await arrived(clone);
    expect(brokenPromises(await findings())).toEqual([]);
  }, 120_000);
});

describe("a new box in an old place", () => {
  it("takes over with a key of its own; what the old one still has counts until its key is revoked", async () => {
    const opened = await open();
    const { gateway, centre, arrived, gatewayView, evidence } = opened;
    await report(opened, "box-a-tester-1", 3);
    await arrived(gateway);
    keepOnly(gateway.configFile, "box-a-tester-1");
    const old = await kidOf(gateway);
    const { code } = JSON.parse(await centre.command("gateway", "replace", gw, "--json"));
    const dir = join(opened.dir, "new-box");
    // It goes on sending while the new one is enrolled and comes up: a replacement is no clone.
    const meanwhile = keepReporting(opened.device("box-a-tester-1"));
    await enrolGateway(dir, code);
    const { config, device } = opened.device("box-a-tester-2");
    const box = await startGateway({ dir, gw, devices: [configuredDevice(config.id, config.kind, device.address)] });
    others.push(box);
    // The old box is fenced by its credential: it captures, and nothing of that arrives.
    await until(async () => JSON.stringify((await gateway.status())["uplink"]).includes('"down"'), {
      what: "the old box is let in no more",
      withinMs: 15_000,
    });
    await meanwhile.stop();
    await report(opened, "box-a-tester-2", 3);
    await arrived(box);
    await report(opened, "box-a-tester-1", 3);
    await gateway.stop();
    await box.stop();
    await enrolGateway(gateway.dir, await centre.addGateway(gw));
    await gateway.start();
    await arrived(gateway);
    expect(await kidOf(gateway)).toBe(old);

    await centre.command("gateway", "revoke", gw, "--kid", old);
    await report(opened, "box-a-tester-1", 3);
    const stored = (await gatewayView(gw)).lines.newest.find(({ eid }) => eid === gateway.line.eid)?.stored;
    await until(async () => JSON.stringify(await gateway.status()).includes('"pending":0'), {
      what: "everything is answered, in dispute",
      withinMs: 20_000,
    });
    expect((await gatewayView(gw)).lines.newest.find(({ eid }) => eid === gateway.line.eid)?.stored).toBe(stored);
    // What is exported verifies, and holds everything from before the revocation and nothing from behind it.
    const records = await evidence(gw);
    expect(records).toHaveLength((await gatewayView(gw)).lines.newest.reduce((sum, line) => sum + line.stored, 0));
    expect(await headOf(gateway)).toBeGreaterThan(stored ?? 0);
    const epochs = records.filter(({ kind }) => kind === "epoch").map(({ body }) => body);
    expect(epochs).toMatchObject([{ reason: "start" }, { reason: "replace", predecessor: null }, { reason: "start" }]);
    expect((await gatewayView(gw)).disputedLines).toBe(0);
  }, 120_000);
});
