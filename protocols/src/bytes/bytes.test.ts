import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  concat,
  fromBase64,
  fromHex,
  fromUtf8,
  lengthPrefixed,
  sameBytes,
  toBase64,
  toHex,
  u64,
  utf8,
} from "./bytes.ts";

const bytes = fc.uint8Array({ maxLength: 100 });

describe("bytes", () => {
  it("go through hexadecimal, base64 and text as Node's own do", () => {
    fc.assert(
      fc.property(bytes, fc.string({ unit: "grapheme" }), (input, text) => {
        expect(toHex(input)).toBe(Buffer.from(input).toString("hex"));
        expect(toBase64(input)).toBe(Buffer.from(input).toString("base64"));
        expect(fromHex(toHex(input))).toEqual(input);
        expect(fromBase64(toBase64(input))).toEqual(input);
        expect(fromUtf8(utf8(text))).toBe(text);
      }),
    );
  });

  it("refuse what is no such text", () => {
    expect(["0", "0g", " 00", "0x00"].map(fromHex)).toEqual(Array(4).fill(undefined));
    expect(["A", "AA", "AA=", "AB==", "A===", "A-==", "====", "AAA=A"].map(fromBase64)).toEqual(
      Array(8).fill(undefined),
    );
    expect(fromUtf8(Uint8Array.of(0xb0, 0xd7))).toBeUndefined();
    const digit = fc.constantFrom("A", "B", "Q", "g", "w", "z", "/", "+", "0", "9", "=", "€", "-", "_");
    const near = fc.string({ unit: digit, maxLength: 8 });
    fc.assert(
      fc.property(near, (text) => {
        // Every text that is taken is the one way to write its bytes.
        expect(fromBase64(text) !== undefined).toBe(Buffer.from(text, "base64").toString("base64") === text);
      }),
      { numRuns: 2000 },
    );
  });

  it("join, compare and carry lengths", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const both = concat(a, b);
        expect(sameBytes(both.subarray(0, a.length), a) && sameBytes(both.subarray(a.length), b)).toBe(true);
        expect(sameBytes(a, b)).toBe(toHex(a) === toHex(b));
        expect(toHex(lengthPrefixed(a))).toBe(a.length.toString(16).padStart(4, "0") + toHex(a));
      }),
    );
  });

  it("write 64-bit numbers big-endian up to the largest exact one", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(toHex(u64(value))).toBe(BigInt(value).toString(16).padStart(16, "0"));
      }),
    );
  });
});
