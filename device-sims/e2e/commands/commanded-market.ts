import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeSigned, keyIdOf, type Signer, signedTags } from "@mingcheng/protocols";
import type { Command } from "@mingcheng/protocols/commands";
import type { SimulatedScale } from "../../src/devices/scale.ts";
import type { CentreProcess } from "../../src/harness/centre-process.ts";
import {
  type ConfiguredDevice,
  type GatewayProcess,
  type GatewaySetup,
  startGateway,
} from "../../src/harness/gateway-process.ts";
import { type GatewayUnderTest, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { Database } from "../../src/harness/sqlite-engine.ts";
import { until } from "../../src/harness/until.ts";
import { nodeCrypto } from "../../src/load/node-crypto.ts";

/** An order as the centre tells it. */
export interface ToldOrder {
  readonly id: string;
  readonly kind: string;
  readonly by: string;
  readonly state: string;
  readonly cseq: number | null;
  readonly version: number | null;
  readonly deliveries: number;
  readonly reason: string | null;
  readonly result: string;
  readonly record: { readonly eid: string; readonly seq: number } | null;
}

const settled = ["done", "failed", "refused", "expired", "unknown"];

/** Orders at the terminal; `args` as typed behind the gateway's id. Returns the order's id. */
export const order = async (centre: CentreProcess, gw: string, ...args: string[]): Promise<string> => {
  const told = await centre.command("gateway", "command", gw, ...args, "--json");
  return (JSON.parse(told) as ToldOrder).id;
};

/** Every order of a gateway as the terminal lists them, the newest first. */
export const orders = async (centre: CentreProcess, gw: string): Promise<readonly ToldOrder[]> =>
  JSON.parse(await centre.command("gateway", "commands", gw, "--json")) as readonly ToldOrder[];

/** One order as it stands in the register now: looking costs no process. */
export const orderNow = (centre: CentreProcess, id: string): ToldOrder | undefined => {
  const register = new Database(join(centre.dataDir, "register.db"), { readonly: true, fileMustExist: true });
  try {
    const row = register
      .prepare(
        `SELECT id, kind, by, state, cseq, version, deliveries, reason, result, eid, seq FROM gateway_order WHERE id = ?`,
      )
      .get(id) as (ToldOrder & { eid: string | null; seq: number | null }) | undefined;
    if (row === undefined) return undefined;
    const { eid, seq, ...told } = row;
    return { ...told, record: eid === null || seq === null ? null : { eid, seq } };
  } finally {
    register.close();
  }
};

/** Waits until an order has ended, or is in the state `wanted`. */
export const ended = (centre: CentreProcess, id: string, wanted?: string): Promise<ToldOrder> =>
  until(
    () => {
      const found = orderNow(centre, id);
      const isThere = wanted === undefined ? settled.includes(found?.state ?? "") : found?.state === wanted;
      return isThere ? found : undefined;
    },
    {
      ...{ what: `command ${id} has ended`, withinMs: 60_000, everyMs: 50 },
      detail: () => `${JSON.stringify(orderNow(centre, id))}\n${centre.program.output().slice(-2_000)}`,
    },
  );

/** The centre's command key, for tests that sign what no centre would. */
export const commandSigner = (centre: CentreProcess): Signer => {
  const key = createPrivateKey(readFileSync(join(centre.dataDir, "keys", "command-key.pem"), "utf8"));
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
  return {
    kid: keyIdOf(nodeCrypto.sha256, publicKey),
    publicKey,
    sign: (octets) => new Uint8Array(sign(null, octets, key)),
  };
};

/** A command as the centre would send it, with `change`s. */
export const signedCommand = (signer: Signer, gw: string, change: Partial<Command> & { cseq: number }): Uint8Array => {
  const command: Command = {
    ...{ v: 1, gw, id: `test-${change.cseq}`, kind: "restart-driver", by: "test", atMs: Date.now(), ttlMs: 60_000 },
    body: { device: "scale-1" },
    ...change,
  };
  return encodeSigned(signedTags.command, command.gw, command, signer);
};

/** The simulated scale `id`. */
export const scaleOf = (market: MarketUnderTest, id: string): SimulatedScale => {
  const running = market.device(id);
  if (running.class !== "scale") throw new Error(`${id} is no scale`);
  return running.device;
};

/** Waits until the gateway understands every one of these devices. */
export const reading = async (gateway: GatewayProcess, ...ids: string[]): Promise<void> => {
  await until(
    async () => {
      const status = (await gateway.status()) as { devices: { id: string; state: string }[] };
      return ids.every((id) => status.devices.find((device) => device.id === id)?.state === "online");
    },
    { what: `${ids.join(", ")} read`, withinMs: 30_000, everyMs: 50, detail: () => gateway.program.output() },
  );
};

/** What is different at a gateway that is started again. */
export interface Restart extends Partial<Pick<GatewaySetup, "centre" | "config" | "main" | "env">> {
  /** Devices beside the market's. */
  readonly more?: readonly ConfiguredDevice[];
  /** Options of devices, by id. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The market's devices as its gateway is told of them. */
export const devicesOf = (market: MarketUnderTest, options: Restart["options"] = {}): ConfiguredDevice[] =>
  ["scale-1", "scale-2"].map((id) => {
    const { config, device } = market.device(id);
    const own = options[id];
    return { id, protocol: config.kind, address: device.address, ...(own === undefined ? {} : { options: own }) };
  });

/** Stops the market's gateway and starts it with another set-up; whoever asked stops it. */
export const restartedWith = async (
  market: MarketUnderTest,
  { options, more = [], ...setup }: Restart,
): Promise<GatewayProcess> => {
  const [first] = market.gateways;
  if (first === undefined) throw new Error("no gateway");
  await first.stop();
  const { dir, gw } = first;
  const gateway = await startGateway({ dir, gw, devices: [...devicesOf(market, options), ...more], ...setup });
  await reading(gateway, "scale-1", "scale-2");
  await until(async () => ((await gateway.status()) as { uplink: { state: string } }).uplink.state === "ready", {
    ...{ what: `${gw} is connected`, withinMs: 30_000, everyMs: 50 },
  });
  return gateway;
};

/** A market with a balance that has keys and a scale that has none. */
export const openCommandedMarket = (gw: string, setup: GatewayUnderTest["setup"] = {}): Promise<MarketUnderTest> =>
  openMarket([
    {
      gw,
      devices: [
        { id: "scale-1", kind: "mt-sics" },
        { id: "scale-2", kind: "line" },
      ],
      setup,
    },
  ]);
