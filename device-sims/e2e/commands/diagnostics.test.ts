import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signIn } from "../../src/harness/centre-api.ts";
import type { GatewayProcess } from "../../src/harness/gateway-process.ts";
import type { MarketUnderTest } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { ended, openCommandedMarket, order, restartedWith } from "./commanded-market.ts";

const gw = "market-diagnosed";
const planted = {
  MINGCHENG_TEST_PASSWORD: "planted-password-7731",
  MINGCHENG_TEST_TOKEN: 'planted"token/with\\signs',
  AWS_SECRET_ACCESS_KEY: "planted-secret-key-0042",
};

/** Everything in the identity directory that only the gateway may know. */
const secretsOf = (dataDir: string): string[] => {
  const directory = join(dataDir, "identity");
  return readdirSync(directory).flatMap((name) => {
    const text = readFileSync(join(directory, name), "utf8");
    if (name.endsWith(".json")) return [(JSON.parse(text) as { credential?: string }).credential ?? ""];
    return name.endsWith(".pem")
      ? text.split("\n").filter((line) => line.length > 16 && !line.startsWith("-----"))
      : [];
  });
};

describe("a diagnostics bundle", () => {
  let market: MarketUnderTest;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    market = await openCommandedMarket(gw);
    // A secret in a device's address shows in configuration, status and log: only its being known keeps it out.
    const address = `/dev/${planted.MINGCHENG_TEST_PASSWORD}`;
    const more = [{ id: "scale-3", protocol: "line", address }];
    gateway = await restartedWith(market, { env: planted, more });
  }, 120_000);
  afterAll(async () => {
    await gateway?.stop();
    await market?.close();
  });

  it("says how the gateway is, and holds no secret wherever one stands", async () => {
    const { centre } = market;
    expect(JSON.stringify(await gateway.status())).toContain(planted.MINGCHENG_TEST_PASSWORD);
    await until(() => gateway.program.output().includes(planted.MINGCHENG_TEST_PASSWORD), {
      ...{ what: "the log names what cannot be opened", withinMs: 20_000, detail: () => gateway.program.output() },
    });
    const id = await order(centre, gw, "diagnostics");
    const told = await ended(centre, id);
    expect(told).toMatchObject({ state: "done" });
    const out = join(market.dir, "bundle.json.gz");
    await centre.command("gateway", "bundle", gw, id, "--out", out);
    const text = gunzipSync(readFileSync(out)).toString("utf8");
    const bundle = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(bundle).sort()).toEqual([
      ...["at", "config", "configuration", "gw", "log", "machine", "metrics", "outbox", "software", "status", "v"],
    ]);
    expect(bundle).toMatchObject({
      gw,
      config: { devices: [{ id: "scale-1" }, { id: "scale-2" }, { address: "/dev/[removed]" }] },
    });
    expect((bundle["log"] as string[]).length).toBeGreaterThan(3);
    const secrets = [...secretsOf(gateway.dataDir), ...Object.values(planted)].filter((secret) => secret !== "");
    expect(secrets.length).toBeGreaterThan(4);
    for (const secret of secrets) expect(text.includes(secret) || text.includes(JSON.stringify(secret))).toBe(false);
    expect(text).not.toMatch(/PRIVATE KEY/);
    expect(statSync(out).size).toBeLessThan(768 * 1024);
    expect(statSync(out).mode & 0o077).toBe(0);
    await centre.addUser("li", "administrator", "songbai-market-7531");
    const api = await signIn(centre, "li", "songbai-market-7531");
    expect(await api.get(`/api/v1/gateways/${gw}/commands/${id}/bundle`)).toMatchObject({ v: 1, gw });
  }, 90_000);
});
