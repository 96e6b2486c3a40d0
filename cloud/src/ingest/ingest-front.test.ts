import { gzipSync } from "node:zlib";
import { maxInflatedBytes, toHex } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { LedgerMessage, LedgerPort } from "../ledger/ledger-port.ts";
import { createIngestFront } from "./ingest-front.ts";

const setUp = () => {
  const taken: LedgerMessage[] = [];
  const ledger: LedgerPort = {
    submit: (message) => {
      taken.push(message);
      return Promise.resolve({
        outcome: "stored",
        downlinks: [],
        clearStates: [],
        state: null,
        records: 0,
        quarantined: 0,
      });
    },
    close: () => Promise.resolve(),
  };
  return { taken, front: createIngestFront(ledger) };
};

describe("the way from the broker to the ledger", () => {
  it("inflates, and names the payload as it came", async () => {
    const { taken, front } = setUp();
    const plain = Buffer.from("x".repeat(5_000));
    const packed = gzipSync(plain);
    await front.records("market-a", packed);
    await front.records("market-a", plain);
    expect(taken).toMatchObject([
      { type: "batch", payloadHash: toHex(nodeCrypto.sha256(packed)) },
      { type: "batch", payloadHash: toHex(nodeCrypto.sha256(plain)) },
    ]);
    for (const message of taken) expect(Buffer.compare(Buffer.from(message.payload), plain)).toBe(0);
  });

  it("never inflates a bomb beyond the largest batch", async () => {
    const { taken, front } = setUp();
    await front.records("market-a", gzipSync(Buffer.alloc(64 * 1024 * 1024)));
    await front.records("market-a", gzipSync(Buffer.alloc(maxInflatedBytes + 1)));
    expect(taken.map(({ type }) => type)).toEqual(["damaged", "damaged"]);
    expect(taken[0]).toMatchObject({ reason: expect.stringMatching(/inflates to more/) });
  });

  it("hands on what is cut or is no gzip behind its first octets as damaged", async () => {
    const { taken, front } = setUp();
    const packed = gzipSync(Buffer.from("y".repeat(5_000)));
    await front.records("market-a", packed.subarray(0, packed.length - 9));
    await front.records("market-a", Uint8Array.of(0x1f, 0x8b, 1, 2, 3));
    expect(taken.map(({ type }) => type)).toEqual(["damaged", "damaged"]);
  });

  it("leaves nothing of the network's buffers in what it hands on", async () => {
    const { taken, front } = setUp();
    const pool = Buffer.alloc(64 * 1024);
    await front.state("market-a", "ab".repeat(16), pool.subarray(100, 200));
    expect(taken[0]?.payload.buffer.byteLength).toBe(100);
  });
});
