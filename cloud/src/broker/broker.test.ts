import { type State, topics } from "@mingcheng/protocols";
import { connect, type MqttClient } from "mqtt";
import pino from "pino";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAuthority, createServerCertificate } from "../keys/certificate-issuer.ts";
import type { CertifiedKey } from "../keys/certificates.ts";
import type { LedgerAnswer } from "../ledger/ledger-port.ts";
import { type Broker, startBroker } from "./broker.ts";
import type { GatewayHint } from "./broker-options.ts";

const eid = "ab".repeat(16);
const stored: LedgerAnswer = {
  outcome: "stored",
  downlinks: [],
  clearStates: [],
  state: null,
  records: 0,
  quarantined: 0,
};

let authority: CertifiedKey;
let server: CertifiedKey;
beforeAll(async () => {
  authority = await createAuthority("Test centre", Date.now());
  server = await createServerCertificate(authority, ["127.0.0.1"], Date.now());
});

/** What the ledger would say, decided by the test. */
let decide: (kind: string, gw: string, payload: Uint8Array) => Promise<LedgerAnswer>;
let hints: GatewayHint[];
/** Gateways whose earlier connections are those of a box that was replaced. */
let replaced: Set<string>;
let broker: Broker;
const clients: MqttClient[] = [];

beforeEach(async () => {
  decide = () => Promise.resolve(stored);
  hints = [];
  replaced = new Set();
  broker = await startBroker({
    host: "127.0.0.1",
    port: 0,
    tls: { key: server.keyPem, cert: server.certPem },
    ingest: {
      records: (gw, payload) => decide("rec", gw, payload),
      state: (gw, _eid, payload) => decide("state", gw, payload),
      gone: (gw, payload) => decide("gone", gw, payload),
      keys: (gw, payload) => decide("keys", gw, payload),
    },
    authenticate: (_gw, credential) => credential === "good",
    mayStay: (gw) => !replaced.has(gw),
    onHint: (hint) => hints.push(hint),
    onLive: () => undefined,
    log: pino({ enabled: false }),
  });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
  await broker.close();
});

const next = (client: MqttClient, event: "connect" | "close"): Promise<void> =>
  new Promise((resolve) => client.once(event, () => resolve()));

const join = async (gw: string, line = eid, will?: Buffer): Promise<MqttClient> => {
  const client = connect(`mqtts://127.0.0.1:${broker.port}`, {
    protocolVersion: 4,
    clientId: `${gw}-${line}`,
    username: gw,
    password: "good",
    ca: authority.certPem,
    reconnectPeriod: 0,
    ...(will === undefined ? {} : { will: { topic: topics.state(gw, line), payload: will, qos: 1, retain: true } }),
  });
  client.on("error", () => undefined);
  clients.push(client);
  await next(client, "connect");
  return client;
};

const stateOf = (online: boolean): State => ({
  v: 1,
  nonce: "n",
  line: { ep: 1, eid },
  online,
  lines: [],
  keyHead: null,
  cseq: 0,
  config: 0,
  witness: null,
  alarms: [],
  wall: "",
});

/** Messages on a topic, in the order in which they came. */
const listen = async (client: MqttClient, filter: string): Promise<string[]> => {
  const heard: string[] = [];
  client.on("message", (_topic, payload) => heard.push(payload.toString()));
  await client.subscribeAsync(filter, { qos: 1 });
  return heard;
};

describe("the embedded broker", () => {
  it("acknowledges a batch, and answers it, only after the ledger has it", async () => {
    const gateway = await join("market-a");
    const heard = await listen(gateway, topics.receipt("market-a"));
    let commit: (answer: LedgerAnswer) => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      decide = () => {
        resolve();
        return new Promise((done) => {
          commit = done;
        });
      };
    });
    let acknowledged = false;
    const published = gateway.publishAsync(topics.records("market-a"), "batch", { qos: 1 }).then(() => {
      acknowledged = true;
    });
    await asked;
    // A whole round trip later there is still no PUBACK.
    await gateway.subscribeAsync(topics.command("market-a"));
    expect(acknowledged).toBe(false);
    expect(heard).toEqual([]);
    commit({ ...stored, downlinks: [Buffer.from("receipt")] });
    await published;
    await gateway.unsubscribeAsync(topics.command("market-a"));
    expect(heard).toEqual(["receipt"]);
  });

  it("ends the connection, unacknowledged, when the ledger's writer is gone", async () => {
    const gateway = await join("market-a");
    decide = () => Promise.reject(new Error("the writer ended"));
    const closed = next(gateway, "close");
    let acknowledged = false;
    gateway.publish(topics.records("market-a"), "batch", { qos: 1 }, (error) => {
      acknowledged = error === undefined || error === null;
    });
    await closed;
    expect(acknowledged).toBe(false);
  });

  it("retains a verified state only, and clears it when the line has a successor", async () => {
    const gateway = await join("market-a");
    const state = topics.state("market-a", eid);
    decide = () => Promise.resolve({ ...stored, outcome: "refused" });
    await gateway.publishAsync(state, "forged", { qos: 1, retain: true });
    decide = () => Promise.resolve({ ...stored, state: stateOf(true) });
    await gateway.publishAsync(state, "true", { qos: 1, retain: true });
    const successor = await join("market-a", "cd".repeat(16));
    const heard = await listen(successor, state);
    await successor.unsubscribeAsync(topics.command("market-a"));
    expect(heard).toEqual(["true"]);
    decide = () => Promise.resolve({ ...stored, clearStates: [eid] });
    await successor.publishAsync(topics.records("market-a"), "batch", { qos: 1 });
    const third = await join("market-a", "ef".repeat(16));
    const nothing = await listen(third, state);
    await third.unsubscribeAsync(topics.command("market-a"));
    expect(nothing).toEqual([]);
    expect(heard).toEqual(["true", ""]);
  });

  it("tells who came and who went, and does not believe the will of a connection that was replaced", async () => {
    decide = (_kind, _gw, payload) =>
      Promise.resolve({ ...stored, state: stateOf(Buffer.from(payload).toString() !== "will") });
    const first = await join("market-a", eid, Buffer.from("will"));
    const replaced = next(first, "close");
    const second = await join("market-a", eid, Buffer.from("will"));
    await replaced;
    await second.publishAsync(topics.state("market-a", eid), "birth", { qos: 1 });
    expect(hints.map(({ online }) => online)).not.toContain(false);
    expect(broker.connected()).toEqual(["market-a"]);
    second.stream.destroy();
    await expect.poll(() => hints.map(({ reason }) => reason)).toContain("will");
    await expect.poll(() => broker.connected()).toEqual([]);
    expect(hints.at(-1)?.online).toBe(false);
  });

  it("lets a replaced box say nothing more once the new one is let in", async () => {
    const heardFrom: string[] = [];
    decide = (_kind, _gw, payload) => {
      heardFrom.push(Buffer.from(payload).toString());
      return Promise.resolve(stored);
    };
    const [old, other] = [await join("market-a"), await join("market-b")];
    await old.publishAsync(topics.records("market-a"), "before", { qos: 1 });
    replaced.add("market-a");
    const left = next(old, "close");
    const box = await join("market-a", "cd".repeat(16));
    old.publish(topics.records("market-a"), "behind", { qos: 1 });
    await left;
    await box.publishAsync(topics.records("market-a"), "new", { qos: 1 });
    await other.publishAsync(topics.records("market-b"), "other", { qos: 1 });
    expect(heardFrom).toEqual(["before", "new", "other"]);
  });

  it("lets nobody publish with QoS 2, and ends whoever is not welcome any more", async () => {
    const gateway = await join("market-a");
    const closed = next(gateway, "close");
    gateway.publish(topics.records("market-a"), "batch", { qos: 2 });
    await closed;
    expect(broker.counts().refusedTopics).toBe(1);
    const [stays, goes] = [await join("market-b"), await join("market-c")];
    const gone = next(goes, "close");
    broker.recheck((gw) => gw === "market-b");
    await gone;
    expect(stays.connected).toBe(true);
    expect(broker.connected()).toEqual(["market-b"]);
  });
});
