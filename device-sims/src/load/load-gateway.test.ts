import { gunzipSync } from "node:zlib";
import {
  encodeSigned,
  gzipAboveBytes,
  type Line,
  parseSigned,
  parseTopic,
  type RecordTime,
  type State,
  signedTags,
  toHex,
} from "@mingcheng/protocols";
import {
  damagedPayload,
  type IngestOutcome,
  ingestBatch,
  ingestState,
  MemoryLedger,
} from "@mingcheng/protocols/ingest";
import { describe, expect, it } from "vitest";
import { LoadGateway } from "./load-gateway.ts";
import { newSigner, nodeCrypto } from "./node-crypto.ts";

const line: Line = { gw: "load-1", ep: 1, eid: "ab".repeat(16) };

/** A centre in memory at the other end of a perfect connection: the protocol's own ingest decides. */
const meet = () => {
  const centre = newSigner();
  const gatewayKey = newSigner();
  const ledger = new MemoryLedger(nodeCrypto.sha256, "cd".repeat(16));
  ledger.addKey(line.gw, gatewayKey.kid, { publicKey: gatewayKey.publicKey, revokedFrom: null });
  const refusals: string[] = [];
  let receiptedTo = 0;
  let hex = 0;
  const timers: (() => void)[] = [];
  const gateway = new LoadGateway({
    line,
    signer: gatewayKey,
    receiptKey: centre.publicKey,
    crypto: nodeCrypto,
    clock: {
      nowMs: () => 0,
      wall: () => "2026-11-24T10:00:00.000+08:00",
      after: (_delay, task) => {
        timers.push(task);
        return () => undefined;
      },
    },
    random: () => 0,
    randomHex: (octets) => (++hex).toString(16).padStart(octets * 2, "0"),
    onReceipted: (last) => {
      receiptedTo = last;
    },
    onRefused: (reason) => refusals.push(reason),
  });
  const answer = (outcome: IngestOutcome) => {
    ledger.apply(outcome.effects);
    for (const draft of outcome.answers) {
      const body = { ...draft, at: "2026-11-24T10:00:01.000+08:00" };
      gateway.receive(encodeSigned(signedTags.receipt, line.gw, body, centre));
    }
  };
  const publish = async (topic: string, payload: Uint8Array): Promise<void> => {
    const channel = parseTopic(topic)?.channel;
    await Promise.resolve();
    if (channel === "state") {
      const state = parseSigned(payload)?.value as State;
      answer(ingestState(ledger, { gw: line.gw, state }));
      return;
    }
    const payloadHash = toHex(nodeCrypto.sha256(payload));
    const plain = payload[0] === 0x1f ? gunzipSync(payload) : payload;
    expect(plain.length > gzipAboveBytes).toBe(payload[0] === 0x1f);
    answer(
      channel === "rec"
        ? ingestBatch(ledger, nodeCrypto, { gw: line.gw, payload: plain, payloadHash })
        : damagedPayload(payloadHash, topic),
    );
  };
  return { gateway, ledger, publish, refusals, centre, receipted: () => receiptedTo };
};

const settle = async () => {
  for (let turn = 0; turn < 2_000; turn++) await Promise.resolve();
};

const draft = { dev: "scale-1", kind: "weighing", body: { grams: "1" }, raw: "" };

describe("a gateway under load", () => {
  it("gets everything stored once and receipted, records of before the connection included", async () => {
    const { gateway, ledger, publish, receipted, refusals } = meet();
    for (let index = 0; index < 3_000; index++) gateway.append(draft, false);
    gateway.commit([]);
    gateway.connected({ publish });
    await settle();
    gateway.append(draft);
    await settle();
    expect(refusals).toEqual([]);
    const stored = ledger.recordsOf(line.gw).map(({ seq }) => seq);
    expect(stored.sort((a, b) => a - b)).toEqual(Array.from({ length: 3_002 }, (_, index) => index + 1));
    expect(receipted()).toBe(3_002);
    expect(gateway.stats().pending).toBe(0);
  });

  it("keeps what is not receipted and sends it on the next connection", async () => {
    const { gateway, ledger, publish } = meet();
    gateway.connected({ publish: async () => Promise.reject(new Error("the connection goes")) });
    gateway.append(draft);
    await settle();
    expect(ledger.recordsOf(line.gw)).toEqual([]);
    gateway.disconnected();
    gateway.connected({ publish });
    await settle();
    expect(ledger.recordsOf(line.gw)).toHaveLength(2);
  });

  it("believes no answer that the centre did not sign", async () => {
    const { gateway, refusals } = meet();
    const stranger = newSigner();
    gateway.receive(encodeSigned(signedTags.receipt, line.gw, { v: 1, type: "receipt" }, stranger));
    gateway.receive(Uint8Array.of(1, 2, 3));
    expect(refusals).toHaveLength(2);
    expect(gateway.stats().pending).toBe(1);
  });
});

describe("its outbox in memory", () => {
  it("releases only what is receipted, from the front", () => {
    const { gateway } = meet();
    const time: RecordTime = {
      wall: "2026-11-24T10:00:00.000+08:00",
      mono_ms: 0,
      boot: "b",
      sync: "none",
      err_ms: null,
    };
    for (let index = 0; index < 1_500; index++) gateway.outbox.append(draft, time);
    expect(gateway.outbox.release(() => false)).toBeUndefined();
    expect(gateway.outbox.release((from) => from < 1_000)).toEqual({ from: 1, to: 1_024 });
    expect(gateway.outbox.batch(1, 10)).toBeUndefined();
    expect(gateway.outbox.batch(1_025, 1_030)?.items).toHaveLength(6);
  });
});
