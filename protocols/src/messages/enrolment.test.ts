import { createHash, generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CryptoPort, Signer } from "../crypto/crypto-port.ts";
import {
  type EnrolmentCode,
  enrolmentProofVerifies,
  enrolmentRequest,
  enrolmentRequestSchema,
  formatEnrolmentCode,
  parseEnrolmentCode,
} from "./enrolment.ts";

const crypto: CryptoPort = {
  sha256: (...parts) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
  verify: (publicKey, octets, signature) =>
    verify(
      null,
      octets,
      {
        key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKey]),
        format: "der",
        type: "spki",
      },
      signature,
    ),
};

const newSigner = (): Signer => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    kid: "0".repeat(16),
    publicKey: new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32)),
    sign: (octets) => new Uint8Array(sign(null, octets, privateKey)),
  };
};

const hex64 = fc.stringMatching(/^[0-9a-f]{64}$/);
const codes: fc.Arbitrary<EnrolmentCode> = fc.record({
  v: fc.constant(1 as const),
  host: fc.constantFrom("centre.example.cn", "10.1.2.3", "fe80::1", "localhost"),
  port: fc.integer({ min: 1, max: 65_535 }),
  caSha256: hex64,
  gw: fc.constantFrom("market-songbai", "a", "kitchen-7"),
  secret: hex64,
});
const code = fc.sample(codes, { numRuns: 1, seed: 7 })[0] as EnrolmentCode;

describe("enrolment code", () => {
  it("reads what it wrote, whatever white space a mail put in", () => {
    fc.assert(
      fc.property(codes, fc.nat(100), (value, at) => {
        const text = formatEnrolmentCode(crypto.sha256, value);
        const broken = `${text.slice(0, at)}\r\n ${text.slice(at)}`;
        expect(parseEnrolmentCode(crypto.sha256, broken)).toEqual(value);
      }),
    );
  });

  it("tells a mistyped or cut code from a refused one", () => {
    const text = formatEnrolmentCode(crypto.sha256, code);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("x", "", "7"), (at, by) => {
        fc.pre(text[at] !== by);
        expect(() => parseEnrolmentCode(crypto.sha256, text.slice(0, at) + by + text.slice(at + 1))).toThrow(
          expect.objectContaining({ code: "ENROL_CODE_INVALID" }),
        );
      }),
    );
    expect(() => parseEnrolmentCode(crypto.sha256, "mc1.e30.deadbeef")).toThrow(/mistyped/);
  });
});

describe("enrolment request", () => {
  it("proves that its sender holds the key, for this gateway and this code only", () => {
    const signer = newSigner();
    const request = enrolmentRequest(code, signer);
    expect(enrolmentRequestSchema.parse(request)).toEqual(request);
    expect(enrolmentProofVerifies(crypto, signer.publicKey, request)).toBe(true);
    expect(enrolmentProofVerifies(crypto, newSigner().publicKey, request)).toBe(false);
    expect(enrolmentProofVerifies(crypto, signer.publicKey, { ...request, gw: "another" })).toBe(false);
    expect(enrolmentProofVerifies(crypto, signer.publicKey, { ...request, secret: "0".repeat(64) })).toBe(false);
    expect(enrolmentProofVerifies(crypto, signer.publicKey, { ...request, proof: "AA==" })).toBe(false);
  });
});
