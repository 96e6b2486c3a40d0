import { downlinkSchema, encodeSigned, signedTags } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { generateSigningKey, signerFromPem } from "../src/crypto/signing-key.ts";
import { downlinkReader } from "../src/uplink/downlink-reader.ts";

const centre = signerFromPem(generateSigningKey());
const gw = "market-a";
const read = downlinkReader(gw, centre.publicKey);
const said = (body: object) => read(encodeSigned(signedTags.receipt, gw, body, centre));
const at = "2026-11-25T00:00:00.000Z";
const eid = "ab".repeat(16);
const gen = "cd".repeat(16);
const witness = { gen, n: 1 };

/** Answers as the version before this one wrote them, frozen: none of the newest fields. */
const before: readonly object[] = [
  {
    ...{ v: 1, type: "receipt", line: { ep: 1, eid }, ranges: [[1, 3, "0".repeat(64)]], digests: [], disputed: [] },
    ...{ gen, witness, at },
  },
  { v: 1, type: "full", nonce: "n", lines: [], gen, witness, at },
  { v: 1, type: "nack", payload: "0".repeat(64), reason: "damaged", at },
  { v: 1, type: "retry", payload: null, afterMs: 5_000, wantKeys: false, reason: "busy", at },
];

describe("a gateway with a centre of another version", () => {
  it("understands the answers of the version before", () => {
    for (const body of before) expect(said(body)).toEqual({ message: downlinkSchema.parse(body) });
  });

  it("passes over fields that a newer centre adds", () => {
    for (const body of before) {
      expect(said({ ...body, addedLater: { deep: [1] } })).toEqual({ message: downlinkSchema.parse(body) });
    }
  });

  it("refuses an answer of a kind or version it does not know, and nothing else happens", () => {
    expect(said({ v: 1, type: "invented-later", at })).toMatchObject({ refused: expect.any(String) });
    expect(said({ ...before[0], v: 2 })).toMatchObject({ refused: expect.any(String) });
  });
});
