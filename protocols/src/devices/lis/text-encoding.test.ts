import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeRecordText, isUtf8 } from "./text-encoding.ts";

const strict = new TextDecoder("utf-8", { fatal: true });

const decodes = (bytes: Uint8Array): boolean => {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
};

const hostile = fc.array(
  fc.constantFrom(
    0x00,
    0x41,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
    0xff,
  ),
  {
    maxLength: 6,
  },
);

describe("text of records", () => {
  it("is UTF-8 exactly when the runtime's strict decoder says so", () => {
    fc.assert(
      fc.property(hostile, (codes) => {
        const bytes = Uint8Array.from(codes);
        expect(isUtf8(bytes)).toBe(decodes(bytes));
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(isUtf8(new TextEncoder().encode(text))).toBe(true);
      }),
    );
  });

  it("is GB18030 where it is no UTF-8", () => {
    expect(decodeRecordText(Uint8Array.of(0xb0, 0xd7, 0xb2, 0xcb), "auto")).toBe("白菜");
    expect(decodeRecordText(new TextEncoder().encode("白菜"), "auto")).toBe("白菜");
  });
});
