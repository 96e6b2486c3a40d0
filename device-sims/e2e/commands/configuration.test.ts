import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfiguredDevice, GatewayProcess } from "../../src/harness/gateway-process.ts";
import type { MarketUnderTest } from "../../src/harness/market.ts";
import { plantedGateway } from "../../src/harness/planted-gateway.ts";
import { until } from "../../src/harness/until.ts";
import {
  devicesOf,
  ended,
  openCommandedMarket,
  orderNow,
  reading,
  restartedWith,
  type ToldOrder,
} from "./commanded-market.ts";
import { confirmedAtOnce } from "./plants.ts";

const gw = "market-configured";
/** A configuration has so long to prove good: the shortest there is. */
const config = { commands: { confirmSeconds: 5 } };

describe("a configuration from afar", () => {
  let market: MarketUnderTest;
  let gateway: GatewayProcess;

  const configure = async (settings: unknown): Promise<string> => {
    const file = join(market.dir, "settings.yaml");
    writeFileSync(file, JSON.stringify(settings));
    const told = await market.centre.command("gateway", "configure", gw, "--file", file, "--json");
    return (JSON.parse(told) as ToldOrder).id;
  };
  /** The market's devices; `change` is laid over scale-2. */
  const devices = (change: Partial<ConfiguredDevice> = {}) =>
    devicesOf(market).map((device) => ({
      ...device,
      insecureTransport: true,
      ...(device.id === "scale-2" ? change : {}),
    }));
  const versionNow = async (): Promise<number> => {
    const list = await (await market.api()).get<{ reported: { version: number } }>(
      `/api/v1/gateways/${gw}/configuration`,
    );
    return list.reported.version;
  };
  const records = async () => {
    await market.arrived(gateway);
    const all = (await market.evidence(gw)).filter(({ kind }) => kind === "config");
    return all.map(({ body }) => [body["version"], body["outcome"], body["reason"]]);
  };

  beforeAll(async () => {
    market = await openCommandedMarket(gw);
    gateway = await restartedWith(market, { config });
  }, 120_000);
  afterAll(async () => {
    await gateway?.stop();
    await market?.close();
  });

  it("is confirmed by its receipt with every device reading, and holds over a restart", async () => {
    const told = await ended(market.centre, await configure({ devices: devices(), log: { level: "debug" } }));
    expect(told).toMatchObject({ state: "done", version: 1, reason: null });
    expect(await records()).toEqual([
      [1, "applied", ""],
      [1, "confirmed", ""],
    ]);
    await gateway.stop();
    await gateway.start();
    await reading(gateway, "scale-1", "scale-2");
    await until(async () => (await versionNow()) === 1, { what: "the state says version 1", withinMs: 20_000 });
  }, 90_000);

  it("that breaks a device goes back by itself, and the reason is told", async () => {
    const dead = devices({ address: "tcp://127.0.0.1:9" });
    const told = await ended(market.centre, await configure({ devices: dead }));
    expect(told).toMatchObject({ state: "failed", reason: "rolled-back", version: 2 });
    expect(told.result).toContain("no reading from scale-2");
    await reading(gateway, "scale-1", "scale-2");
    expect((await records()).slice(2)).toEqual([
      [2, "applied", ""],
      [2, "rolled-back", expect.stringContaining("no reading from scale-2")],
    ]);
  }, 90_000);

  it("that cannot be is refused and named, and changes nothing", async () => {
    const told = await ended(market.centre, await configure({ devices: devices({ protocol: "abacus" }) }));
    expect(told).toMatchObject({ state: "refused", reason: "invalid" });
    expect(told.result).toContain("devices[1].protocol");
    await expect(configure({ centre: { host: "elsewhere", port: 1 } })).rejects.toThrow(/settings\.centre/);
    await expect(configure({ outbox: { retentionDays: 0 } })).rejects.toThrow(/settings\.outbox/);
    await reading(gateway, "scale-1", "scale-2");
  }, 60_000);

  it("on trial when the gateway is killed is gone at the start, and that is told, too", async () => {
    const id = await configure({ devices: devices({ address: "tcp://127.0.0.1:9" }) });
    await until(() => gateway.program.output().includes('"version":4,"devices":2'), {
      ...{ what: "the trial has begun", withinMs: 30_000, detail: () => gateway.program.output().slice(-1_000) },
    });
    await gateway.kill();
    await gateway.start();
    await reading(gateway, "scale-1", "scale-2");
    const told = await ended(market.centre, id);
    expect(told).toMatchObject({ state: "failed", reason: "rolled-back" });
    expect((await records()).at(-1)).toEqual([4, "rolled-back", expect.stringContaining("restarted")]);
    expect(await versionNow()).toBe(1);
  }, 90_000);

  it("would be seen to stay if a trial counted as confirmed", async () => {
    await gateway.stop();
    const main = plantedGateway(market.dir, confirmedAtOnce);
    gateway = await restartedWith(market, { config, main });
    const id = await configure({ devices: devices({ address: "tcp://127.0.0.1:9" }) });
    await until(() => orderNow(market.centre, id)?.state === "acknowledged", { what: "taken", withinMs: 20_000 });
    await until(() => gateway.program.output().includes('"version":5,"devices":2'), {
      what: "trial",
      withinMs: 20_000,
    });
    await gateway.kill();
    await gateway.start();
    await until(async () => (await versionNow()) === 5, { what: "the broken one stays", withinMs: 30_000 });
    const status = (await gateway.status()) as { devices: { id: string; state: string }[] };
    expect(status.devices.find(({ id: device }) => device === "scale-2")?.state).not.toBe("online");
  }, 90_000);
});
