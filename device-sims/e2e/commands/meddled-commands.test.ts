import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { keyIdOf, type Signer } from "@mingcheng/protocols";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayProcess } from "../../src/harness/gateway-process.ts";
import type { MarketUnderTest } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { nodeCrypto } from "../../src/load/node-crypto.ts";
import {
  commandSigner,
  ended,
  openCommandedMarket,
  order,
  restartedWith,
  scaleOf,
  signedCommand,
} from "./commanded-market.ts";
import { type Meddler, startMeddler } from "./meddler.ts";

const gw = "market-meddled";

const stranger = (): Signer => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const key = createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }));
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
  return {
    kid: keyIdOf(nodeCrypto.sha256, publicKey),
    publicKey,
    sign: (octets) => new Uint8Array(sign(null, octets, key)),
  };
};

describe("commands that somebody meddles with on the way", () => {
  let market: MarketUnderTest;
  let gateway: GatewayProcess;
  let meddler: Meddler;
  let signer: Signer;

  /** Puts it in and waits for the gateway's next answer. */
  const answerTo = async (command: Uint8Array) => {
    const before = meddler.acks.length;
    meddler.inject(command);
    return until(() => meddler.acks[before], { what: "an answer", withinMs: 20_000, everyMs: 5 });
  };
  const recordsOf = async (kind: string) => {
    await market.arrived(gateway);
    return (await market.evidence(gw)).filter((record) => record.kind === kind).map(({ body }) => body);
  };

  beforeAll(async () => {
    market = await openCommandedMarket(gw);
    meddler = await startMeddler(market.centre, gw);
    signer = commandSigner(market.centre);
    const { host, port } = meddler;
    gateway = await restartedWith(market, { centre: { host, port } });
  }, 120_000);
  afterAll(async () => {
    await gateway?.stop();
    await meddler?.close();
    await market?.close();
  });

  it("delivered twice, they are carried out once and answered alike", async () => {
    meddler.pass((command) => [command, command]);
    const id = await order(market.centre, gw, "tare", "--device", "scale-1");
    expect(await ended(market.centre, id)).toMatchObject({ state: "done", cseq: 1 });
    meddler.pass((command) => [command]);
    await until(() => meddler.acks.filter((ack) => ack.id === id).length >= 3, {
      what: "all answers",
      withinMs: 20_000,
    });
    expect(scaleOf(market, "scale-1").keysPressed().tare).toBe(1);
  }, 60_000);

  it("replayed, they bring the stored answer and nothing else", async () => {
    const [command] = meddler.commands;
    const again = await answerTo(command as Buffer);
    expect(again).toMatchObject({ cseq: 1, outcome: "done" });
    expect(again).toEqual(meddler.acks.find(({ outcome, cseq }) => outcome === "done" && cseq === 1));
    expect(scaleOf(market, "scale-1").keysPressed().tare).toBe(1);
    expect((await recordsOf("command")).filter(({ cseq }) => cseq === 1)).toHaveLength(1);
  }, 60_000);

  it("reordered, the later one counts and the earlier one is refused", async () => {
    const [second, third] = [2, 3].map((cseq) => signedCommand(signer, gw, { cseq, body: { device: "scale-2" } }));
    expect(await answerTo(third as Uint8Array)).toMatchObject({ cseq: 3, outcome: "accepted" });
    await until(() => meddler.acks.some(({ cseq, outcome }) => cseq === 3 && outcome === "done"), {
      ...{ what: "the third is done", withinMs: 20_000 },
    });
    expect(await answerTo(second as Uint8Array)).toMatchObject({ cseq: 2, outcome: "refused", reason: "out-of-order" });
    const other = signedCommand(signer, gw, { cseq: 3, id: "another" });
    expect(await answerTo(other)).toMatchObject({ outcome: "refused", reason: "cseq-taken" });
    const sameOrder = signedCommand(signer, gw, { cseq: 4, id: "test-3" });
    expect(await answerTo(sameOrder)).toMatchObject({ outcome: "refused", reason: "repeated-id" });
  }, 60_000);

  it("forged, changed or meant for another, they are refused, and the chain tells of it", async () => {
    const pressed = scaleOf(market, "scale-1").keysPressed();
    const tare = { cseq: 50, kind: "tare", body: { device: "scale-1" } };
    expect(await answerTo(signedCommand(stranger(), gw, tare))).toMatchObject({ cseq: 0, reason: "unknown-key" });
    const changed = Buffer.from(signedCommand(signer, gw, tare));
    changed.write("zero", changed.indexOf('"tare"') + 1);
    expect(await answerTo(changed)).toMatchObject({ outcome: "refused", reason: "forged" });
    expect(await answerTo(signedCommand(signer, "market-other", tare))).toMatchObject({ reason: "wrong-gateway" });
    expect(await answerTo(Buffer.from("tare!"))).toMatchObject({ reason: "malformed" });
    expect(scaleOf(market, "scale-1").keysPressed()).toEqual(pressed);
    const told = await recordsOf("audit");
    expect(told.map(({ action }) => action)).toContain("command-refused: out-of-order");
  }, 60_000);

  it("expired, they are refused in their place, which stays taken", async () => {
    const old = signedCommand(signer, gw, { cseq: 60, atMs: Date.now() - 120_000, ttlMs: 60_000 });
    expect(await answerTo(old)).toMatchObject({ cseq: 60, outcome: "expired", reason: "expired" });
    expect(await answerTo(signedCommand(signer, gw, { cseq: 59 }))).toMatchObject({ reason: "out-of-order" });
    expect((await recordsOf("command")).find(({ cseq }) => cseq === 60)).toMatchObject({
      outcome: "expired",
      by: "test",
    });
  }, 60_000);

  it("kept back, they are sent again until they are answered, and the centre goes on above what the gateway has seen", async () => {
    let kept = 0;
    meddler.pass((command) => (kept++ === 0 ? [] : [command]));
    const id = await order(market.centre, gw, "restart-driver", "--device", "scale-2");
    const told = await ended(market.centre, id);
    expect(told).toMatchObject({ state: "done", cseq: 61 });
    expect(told.deliveries).toBeGreaterThan(1);
  }, 60_000);
});
