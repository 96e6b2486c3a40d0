import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sha256 } from "../src/evidence/sha256.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("SHA-256", () => {
  it("gives the values of FIPS 180-4", () => {
    expect(hex(sha256(Buffer.from("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(hex(sha256())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  it("agrees with another implementation at every length and wherever the octets lie", () => {
    const source = Buffer.from(Array.from({ length: 400 }, (_, index) => (index * 151 + 7) & 255));
    for (let length = 0; length <= 300; length++) {
      const message = source.subarray(length % 64, (length % 64) + length);
      expect([length, hex(sha256(message))]).toEqual([length, createHash("sha256").update(message).digest("hex")]);
    }
    const large = Buffer.alloc(1_000_003, "秤");
    expect(hex(sha256(large.subarray(0, 500), large.subarray(500)))).toBe(
      createHash("sha256").update(large).digest("hex"),
    );
  });
});
