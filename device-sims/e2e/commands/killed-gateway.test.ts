import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayProcess } from "../../src/harness/gateway-process.ts";
import type { MarketUnderTest } from "../../src/harness/market.ts";
import { plantedGateway } from "../../src/harness/planted-gateway.ts";
import { Database } from "../../src/harness/sqlite-engine.ts";
import { until } from "../../src/harness/until.ts";
import { ended, openCommandedMarket, order, reading, restartedWith, scaleOf } from "./commanded-market.ts";
import { effectBeforeStore } from "./plants.ts";

const gw = "market-killed";
/** The scale's answer is waited for so long: time enough to kill the gateway meanwhile. */
const patient = { replyTimeoutMs: 20_000 };

describe("a gateway that is killed between a command's effect and its answer", () => {
  let market: MarketUnderTest;
  let gateway: GatewayProcess;

  /** Orders tare, kills the gateway once the scale has tared, starts it again. Returns the order's id. */
  const killInBetween = async (): Promise<string> => {
    const scale = scaleOf(market, "scale-1");
    const before = scale.keysPressed().tare;
    scale.answerNoKeys(true);
    const id = await order(market.centre, gw, "tare", "--device", "scale-1");
    await until(() => scale.keysPressed().tare > before, { what: "the scale has tared", withinMs: 20_000, everyMs: 5 });
    await gateway.kill();
    scale.answerNoKeys(false);
    await gateway.start();
    return id;
  };

  beforeAll(async () => {
    market = await openCommandedMarket(gw);
    gateway = await restartedWith(market, { options: { "scale-1": patient } });
  }, 120_000);
  afterAll(async () => {
    await gateway?.stop();
    await market?.close();
  });

  it("does not know whether it happened, says so, and does not do it again", async () => {
    const id = await killInBetween();
    const told = await ended(market.centre, id);
    expect(told).toMatchObject({ state: "unknown", reason: "restarted" });
    await reading(gateway, "scale-1");
    expect(scaleOf(market, "scale-1").keysPressed().tare).toBe(1);
    await market.arrived(gateway);
    const records = (await market.evidence(gw)).filter(({ kind, body }) => kind === "command" && body["id"] === id);
    expect(records.map(({ body }) => body["outcome"])).toEqual(["unknown"]);
  }, 90_000);

  it("would be seen to do it twice if it did not store beforehand that it begins", async () => {
    await gateway.stop();
    const before = scaleOf(market, "scale-1").keysPressed().tare;
    const main = plantedGateway(market.dir, effectBeforeStore);
    gateway = await restartedWith(market, { options: { "scale-1": patient }, main });
    const told = await ended(market.centre, await killInBetween());
    expect(told.state).toBe("done");
    expect(scaleOf(market, "scale-1").keysPressed().tare - before).toBe(2);
  }, 90_000);

  it("goes on above what it has seen when the centre's register is an older copy", async () => {
    const { centre } = market;
    const register = join(centre.dataDir, "register.db");
    const copy = join(market.dir, "older.db");
    const once = async () => ended(centre, await order(centre, gw, "restart-driver", "--device", "scale-2"));
    const database = new Database(register, { readonly: true });
    database.exec(`VACUUM INTO '${copy}'`);
    database.close();
    const first = await once();
    const second = await once();
    expect(second.cseq).toBe((first.cseq ?? 0) + 1);
    await centre.stop();
    for (const ending of ["-wal", "-shm"]) rmSync(`${register}${ending}`, { force: true });
    copyFileSync(copy, register);
    await centre.start();
    expect(await once()).toMatchObject({ state: "done", cseq: (second.cseq ?? 0) + 1 });
  }, 120_000);
});
