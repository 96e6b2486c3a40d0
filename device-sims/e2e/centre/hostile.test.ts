import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type MingchengRecord, toHex, topics } from "@mingcheng/protocols";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readUsage } from "../../bench/process-usage.ts";
import { until } from "../../src/harness/until.ts";
import { enrolLoadGateway } from "../../src/load/enrol.ts";
import { nodeCrypto } from "../../src/load/node-crypto.ts";
import { batchOf, damagedPayloads } from "./hostile-batches.ts";
import { connectHostile, strangerSends, strangersPatienceBytes } from "./hostile-client.ts";
import { faultless, judgeLedger } from "./judge-ledger.ts";
import { readLedger } from "./ledger-reading.ts";
import { startTestedCentre, type TestedCentre } from "./tested-centre.ts";

let tested: TestedCentre;
beforeAll(async () => {
  tested = await startTestedCentre();
}, 120_000);
afterAll(() => tested.dispose());

const figure = async (name: string): Promise<number> => {
  const { host, port } = tested.centre.addresses.health;
  const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
};

/** A fixed header (MQTT 3.1.1 §2.2) of `type` that announces `length` octets. */
const announcing = (type: number, length: number): Buffer => {
  const octets = [type];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    octets.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    if (rest < 128) return Buffer.from(octets);
  }
};

describe("strangers", () => {
  it("who announce 200 MB, or never stop, are cut at once, and memory stays flat", async () => {
    const { addresses, program } = tested.centre;
    const { access } = (await tested.add("market-probe")).enrolled;
    const target = { ...addresses.mqtts, ca: access.ca };
    const more = Buffer.alloc(16 * 1024);
    const attack = async () => {
      const ends = [];
      for (let time = 0; time < 15; time++) {
        ends.push(await strangerSends(target, announcing(0x10, 200 * 1024 * 1024), more));
        ends.push(await strangerSends(target, announcing(0x10, 3_000), more));
      }
      return ends;
    };
    await attack();
    const before = readUsage(program.pid).rssMb;
    const ends = await attack();
    // What the socket buffers of both ends hold may have gone out before the end was heard of.
    expect(Math.max(...ends.map(({ sentBytes }) => sentBytes))).toBeLessThan(16 * 1024 * 1024);
    expect(readUsage(program.pid).rssMb - before).toBeLessThan(48);
    expect(await figure('mingcheng_broker_refused_total{what="stream"}')).toBeGreaterThanOrEqual(60);
    expect(program.output()).toMatch(/connection cut by the guard/);
  }, 120_000);

  it("are noticed when nobody stands in front of the broker", async () => {
    const open = await startTestedCentre({ plant: "no-guard" });
    try {
      const { enrolled } = await open.add("market-open");
      const target = { ...open.centre.addresses.mqtts, ca: enrolled.access.ca };
      const { sentBytes } = await strangerSends(target, announcing(0x10, 200 * 1024 * 1024), Buffer.alloc(64 * 1024));
      expect(sentBytes).toBeGreaterThanOrEqual(strangersPatienceBytes);
    } finally {
      await open.dispose();
    }
  }, 120_000);

  it("with a wrong credential, a foreign name or no name of a line are refused, counted and logged", async () => {
    const { enrolled } = await tested.add("market-door");
    const eid = randomBytes(16).toString("hex");
    const before = await figure('mingcheng_broker_refused_total{what="login"}');
    await expect(connectHostile(enrolled, eid, { password: "0".repeat(64) })).rejects.toThrow(
      /Bad username or password/,
    );
    await expect(connectHostile(enrolled, eid, { username: "market-other" })).rejects.toThrow(/Bad username/);
    await expect(connectHostile(enrolled, eid, { clientId: "wall-screen" })).rejects.toThrow(/closed/);
    expect(await figure('mingcheng_broker_refused_total{what="login"}')).toBe(before + 3);
    await until(() => /credential of market-door/.test(tested.centre.program.output()), {
      what: "the log names the refusal",
      withinMs: 5_000,
    });
  }, 60_000);
});

describe("an enrolled gateway", () => {
  it("that publishes or subscribes outside its subtree is cut, and nothing of it is stored", async () => {
    const [{ enrolled }, other] = [await tested.add("market-nosy"), await tested.add("market-victim")];
    other.capture(3);
    const eid = randomBytes(16).toString("hex");
    for (const topic of [topics.records("market-victim"), topics.receipt("market-nosy"), "$SYS/x", "mc/v1/x"]) {
      const client = await connectHostile(enrolled, eid);
      await client.publishRefused(topic, batchOf(other, 1, 4));
    }
    const client = await connectHostile(enrolled, eid);
    for (const filter of ["#", topics.receipt("market-victim"), "mc/v1/+/receipt"]) {
      await expect(client.mqtt.subscribeAsync(filter)).rejects.toThrow();
    }
    await client.close();
    expect(readLedger(tested.centre.dataDir).filter(({ gw }) => gw === "market-victim")).toEqual([]);
    expect(await figure('mingcheng_broker_refused_total{what="topic"}')).toBeGreaterThanOrEqual(7);
  }, 60_000);

  it("that sends damage gets a nack naming the payload, each time, and is heard afterwards", async () => {
    const watched = await tested.add("market-damage");
    const { enrolled, line } = watched;
    const client = await connectHostile(enrolled, line.eid);
    const rec = topics.records(line.gw);
    watched.capture(40);
    let sent = 0;
    for (const [name, payload] of damagedPayloads(batchOf(watched, 1, 5), Math.random)) {
      const answer = await client.ask(rec, payload);
      expect({ name, ...answer }).toMatchObject({ name, type: "nack", payload: toHex(nodeCrypto.sha256(payload)) });
      sent = (sent % 40) + 1;
      const good = await client.ask(rec, gzipSync(batchOf(watched, sent, sent)));
      expect(good).toMatchObject({ type: "receipt", ranges: [[sent, sent, watched.gateway.outbox.hashAt(sent)]] });
    }
    await client.close();
  }, 60_000);

  it("gets for every other deviation what the protocol says", async () => {
    const watched = await tested.add("market-odd");
    const { enrolled, line, gateway } = watched;
    const client = await connectHostile(enrolled, line.eid);
    const rec = topics.records(line.gw);
    const unknown: Partial<MingchengRecord> & { kind: string } = {
      dev: "scale-1",
      kind: "stock-in",
      body: { x: 1 },
      raw: "",
    };
    gateway.append(unknown as never, false);
    gateway.append({ ...unknown, kind: "weighing" } as never, false);
    watched.capture(20);
    const ranges = (from: number, to: number) => [[from, to, gateway.outbox.hashAt(to)]];
    // Unknown kind and invalid body are stored; so are records that arrive behind a hole, again, or in any order.
    expect(await client.ask(rec, batchOf(watched, 2, 4))).toMatchObject({ type: "receipt", ranges: ranges(2, 4) });
    expect(await client.ask(rec, batchOf(watched, 10, 15))).toMatchObject({ type: "receipt", ranges: ranges(10, 15) });
    expect(await client.ask(rec, batchOf(watched, 1, 12))).toMatchObject({ type: "receipt", ranges: ranges(1, 12) });
    expect(await client.ask(rec, batchOf(watched, 2, 4))).toMatchObject({ type: "receipt", ranges: ranges(2, 4) });
    expect(await client.ask(rec, batchOf(watched, 16, 20, { badSeal: true }))).toMatchObject({
      type: "receipt",
      ranges: [],
      disputed: [[16, 20]],
    });
    expect(await client.ask(rec, batchOf(watched, 16, 20, { prev: "00".repeat(32) }))).toMatchObject({
      type: "receipt",
      disputed: [[16, 20]],
    });
    expect(await client.ask(rec, batchOf(watched, 16, 20, { strangerSeals: true }))).toMatchObject({
      type: "retry",
      wantKeys: true,
    });
    expect(await client.ask(rec, batchOf(watched, 16, 20, { gw: "market-other" }))).toMatchObject({ type: "nack" });
    expect(await client.ask(rec, batchOf(watched, 16, 23))).toMatchObject({ type: "receipt", ranges: ranges(16, 23) });
    await client.close();
    expect(judgeLedger(readLedger(tested.centre.dataDir), tested.gateways)).toEqual(faultless);
  }, 60_000);

  it("that is disabled loses its connection within seconds and does not come back", async () => {
    const watched = await tested.add("market-out");
    await watched.connect();
    await tested.centre.command("gateway", "disable", "market-out");
    await until(() => !watched.isConnected(), { what: "the connection ends", withinMs: 10_000 });
    await expect(connectHostile(watched.enrolled, watched.line.eid)).rejects.toThrow(/Bad username or password/);
    await watched.close();
  }, 60_000);

  it("cannot enrol with a code that was used", async () => {
    const code = await tested.centre.addGateway("market-code");
    await enrolLoadGateway(code);
    await expect(enrolLoadGateway(code)).rejects.toThrow(/ENROL_REFUSED/);
  }, 60_000);
});

describe("a hundred gateways, ten of them hostile", () => {
  it("are all served, and each of the ninety gets every record in, once", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `fleet-${String(index).padStart(3, "0")}`);
    const fleet = await tested.addMany(names);
    const [hostile, good] = [fleet.slice(0, 10), fleet.slice(10)];
    for (const watched of fleet) watched.capture(30);
    const [backlogged] = good;
    for (let time = 0; time < 40; time++) backlogged?.capture(500);
    const clients = await Promise.all(hostile.map(({ enrolled, line }) => connectHostile(enrolled, line.eid)));
    let attacking = true;
    const attacks = clients.map(async ({ mqtt }, index) => {
      const watched = hostile[index];
      if (watched === undefined) return;
      const payloads = damagedPayloads(batchOf(watched, 1, 5), Math.random).map(([, payload]) => payload);
      payloads.push(batchOf(watched, 1, 5, { badSeal: true }), batchOf(watched, 6, 9, { strangerSeals: true }));
      for (let turn = 0; attacking && turn < 3 * payloads.length; turn++) {
        await mqtt.publishAsync(topics.records(watched.line.gw), payloads[turn % payloads.length] ?? "", { qos: 1 });
      }
    });
    await Promise.all(good.map((watched) => watched.connect()));
    await until(() => good.every((watched) => watched.settled()), {
      what: "every record of the good gateways is receipted",
      withinMs: 90_000,
      everyMs: 50,
      detail: () => tested.centre.program.output(),
    });
    attacking = false;
    await Promise.all(attacks);
    await Promise.all(clients.map((client) => client.close()));
    const stored = readLedger(tested.centre.dataDir);
    expect(judgeLedger(stored, tested.gateways)).toEqual(faultless);
    for (const { line, digests } of good) {
      expect(stored.filter(({ eid }) => eid === line.eid)).toHaveLength(digests.length);
    }
    expect(backlogged?.digests.length).toBe(20_031);
  }, 180_000);
});
