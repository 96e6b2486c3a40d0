import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto, testSigner } from "../../test/node-crypto.ts";
import { concat, utf8 } from "../bytes/bytes.ts";
import { encodeSigned, parseSigned, type SignedTag, signedTags, signedVerifies } from "./signed.ts";

const signer = testSigner(1);
const body = { v: 1, text: "松柏 \n", n: 12.5 };
const payload = encodeSigned(signedTags.receipt, "market-a", body, signer);
const verifies = (bytes: Uint8Array, tag: SignedTag = signedTags.receipt, gw = "market-a", key = signer) => {
  const message = parseSigned(bytes);
  return message !== undefined && signedVerifies(nodeCrypto, key.publicKey, tag, gw, message);
};

describe("signed message", () => {
  it("carries its body and who signed it", () => {
    expect(parseSigned(payload)).toMatchObject({ value: body, kid: signer.kid });
    expect(verifies(payload)).toBe(true);
  });

  it("verifies for one purpose, one gateway and one key only", () => {
    for (const tag of Object.values(signedTags)) expect(verifies(payload, tag)).toBe(tag === signedTags.receipt);
    expect(verifies(payload, signedTags.receipt, "market-b")).toBe(false);
    expect(verifies(payload, signedTags.receipt, "market-a", testSigner(2))).toBe(false);
  });

  it("finds every flipped bit", () => {
    for (let at = 0; at < payload.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = new Uint8Array(payload);
        changed[at] = changed[at]! ^ (1 << bit);
        // The key id is looked up, not signed: a changed one names another key.
        const kid = parseSigned(changed)?.kid;
        if (kid === undefined || kid === signer.kid) expect(verifies(changed)).toBe(false);
      }
    }
  });

  it("has one form only", () => {
    const [line1 = "", line2 = ""] = new TextDecoder().decode(payload).split("\n");
    const parsed = JSON.parse(line2);
    for (const tail of [
      line2.replace(":", ": "),
      JSON.stringify({ sig: parsed.sig, kid: parsed.kid }),
      JSON.stringify({ ...parsed, more: 1 }),
      JSON.stringify({ ...parsed, kid: parsed.kid.toUpperCase() }),
      "{}",
      "null",
      "",
    ]) {
      expect(parseSigned(utf8(`${line1}\n${tail}`))).toBeUndefined();
    }
    expect(parseSigned(utf8(line1))).toBeUndefined();
    expect(parseSigned(concat(Uint8Array.of(0xff, 0x0a), utf8(line2)))).toBeUndefined();
  });

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseSigned(bytes)).toBeUndefined();
      }),
    );
  });
});
