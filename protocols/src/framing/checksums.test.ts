import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskParity, sum8, xor8 } from "./checksums.ts";

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });

describe("checksums", () => {
  it("adds modulo 256", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(sum8(input)).toBe(Array.from(input).reduce((sum, byte) => sum + byte, 0) % 256);
      }),
    );
  });

  it("notices every change of one byte", () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (input, place, change) => {
        const at = place % input.length;
        const changed = input.map((byte, index) => (index === at ? byte ^ change : byte));
        expect(xor8(changed)).not.toBe(xor8(input));
        expect(sum8(changed)).not.toBe(sum8(input));
      }),
    );
  });

  it("of known bytes are known", () => {
    // XK3190-A9+ manual p. 11 and the LIS01-A2 frame `1A|B|C|D`.
    expect(xor8(Uint8Array.from("+0020002", (char) => char.charCodeAt(0)))).toBe(0x1b);
    expect(sum8(Uint8Array.from("1A|B|C|D\r\x03", (char) => char.charCodeAt(0)))).toBe(0xbf);
  });

  it("masks the parity bit and nothing else", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(maskParity(input)).toEqual(input.map((byte) => byte % 128));
      }),
    );
  });
});
