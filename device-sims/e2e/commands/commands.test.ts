import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signIn } from "../../src/harness/centre-api.ts";
import type { GatewayProcess } from "../../src/harness/gateway-process.ts";
import type { MarketUnderTest } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { ended, openCommandedMarket, order, orders, reading, scaleOf } from "./commanded-market.ts";

const gw = "market-commands";

describe("commands from the terminal to a device and back", () => {
  let market: MarketUnderTest;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    market = await openCommandedMarket(gw);
    gateway = market.gateways[0] as GatewayProcess;
    await reading(gateway, "scale-1", "scale-2");
  }, 90_000);
  afterAll(async () => {
    await market.close();
  });

  it("never presses a key by itself, and presses it once when ordered", async () => {
    const { centre } = market;
    const scale = scaleOf(market, "scale-1");
    expect(scale.keysPressed()).toEqual({ tare: 0, zero: 0 });
    expect(await ended(centre, await order(centre, gw, "zero", "--device", "scale-1"))).toMatchObject({
      ...{ kind: "zero", state: "done", cseq: 1, reason: null },
    });
    expect(await ended(centre, await order(centre, gw, "tare", "--device", "scale-1"))).toMatchObject({ cseq: 2 });
    expect(scale.keysPressed()).toEqual({ tare: 1, zero: 1 });
    const undocumented = await order(centre, gw, "tare", "--device", "scale-2");
    expect(await ended(centre, undocumented)).toMatchObject({ state: "refused", reason: "not-documented" });
    const nobody = await order(centre, gw, "zero", "--device", "scale-9");
    expect(await ended(centre, nobody)).toMatchObject({ state: "refused", reason: "unknown-device" });
  }, 60_000);

  it("restarts one driver, detects, and changes the log's level for a while", async () => {
    const { centre } = market;
    const restarted = await ended(centre, await order(centre, gw, "restart-driver", "--device", "scale-1"));
    expect([restarted.state, JSON.parse(restarted.result)]).toEqual(["done", { device: "scale-1", state: "online" }]);
    const level = await order(centre, gw, "log-level", "--level", "debug", "--for", "2s");
    expect(await ended(centre, level)).toMatchObject({ state: "done" });
    const busy = scaleOf(market, "scale-2").address;
    const inUse = await order(centre, gw, "detect", "--port", busy, "--seconds", "1");
    expect(await ended(centre, inUse)).toMatchObject({ state: "refused", reason: "port-in-use" });
    const found = await ended(centre, await order(centre, gw, "detect", "--port", "tcp://127.0.0.1:9"));
    expect(JSON.parse(found.result)).toMatchObject({ ports: [{ outcome: "failed", probed: false }] });
    await until(() => gateway.program.output().includes("the configured level again"), {
      what: "the configured level is back",
      withinMs: 20_000,
      detail: () => gateway.program.output(),
    });
    await market.arrived(gateway);
  }, 60_000);

  it("refuses what cannot be ordered before anything is sent", async () => {
    const { centre } = market;
    const before = (await orders(centre, gw)).length;
    await expect(order(centre, gw, "self-destruct")).rejects.toThrow(/kind/);
    await expect(order(centre, gw, "tare")).rejects.toThrow(/device/);
    await expect(order(centre, gw, "tare", "--device", "scale-1", "--ttl", "9d")).rejects.toThrow(/7 days/);
    await expect(order(centre, "market-nowhere", "diagnostics")).rejects.toThrow(/market-nowhere/);
    expect(await orders(centre, gw)).toHaveLength(before);
  }, 60_000);

  it("leaves a record of each in the chain, and says who ordered it", async () => {
    await market.arrived(gateway);
    const records = (await market.evidence(gw)).filter(({ kind }) => kind === "command");
    const told = (await orders(market.centre, gw)).toReversed();
    expect(records.map(({ body }) => [body["id"], body["cseq"], body["outcome"], body["by"]])).toEqual(
      told.map(({ id, cseq, state, by }) => [id, cseq, state, by]),
    );
    expect(told.every(({ by }) => by.endsWith("@terminal"))).toBe(true);
  }, 60_000);

  it("takes orders over the API from whoever may order, and from nobody else", async () => {
    const { centre } = market;
    await centre.addUser("li", "centre", "songbai-market-7531");
    await centre.addUser("wang", "inspector", "songbai-market-7531");
    const path = `/api/v1/gateways/${gw}/commands`;
    const body = { kind: "restart-driver", body: { device: "scale-2" } };
    const inspector = await signIn(centre, "wang", "songbai-market-7531");
    await expect(inspector.post(path, body)).rejects.toThrow(/403/);
    const officer = await signIn(centre, "li", "songbai-market-7531");
    const { command } = await officer.post<{ command: { id: string } }>(path, body);
    expect(await ended(centre, command.id)).toMatchObject({ state: "done", by: "li" });
    const listed = await officer.get<{ commands: { id: string; state: string }[] }>(path);
    expect(listed.commands[0]).toMatchObject({ id: command.id, state: "done" });
    await expect(officer.post(path, { kind: "tare", body: {} })).rejects.toThrow(/400/);
    await expect(officer.post("/api/v1/gateways/market-nowhere/commands", body)).rejects.toThrow(/404/);
  }, 60_000);

  it("waits for a gateway that is away, and expires what came too late for it", async () => {
    const { centre } = market;
    await gateway.stop();
    const late = await order(centre, gw, "restart-driver", "--device", "scale-1", "--ttl", "1s");
    const patient = await order(centre, gw, "restart-driver", "--device", "scale-1");
    expect(await ended(centre, late)).toMatchObject({ state: "expired", reason: "never-sent", cseq: null });
    await gateway.start();
    expect(await ended(centre, patient)).toMatchObject({ state: "done" });
    expect(readFileSync(`${gateway.dataDir}/commands.json`, "utf8")).not.toContain(late);
  }, 60_000);
});
