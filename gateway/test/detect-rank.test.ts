import { concat } from "@mingcheng/protocols";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixturesOf } from "../../protocols/test/fixtures.ts";
import { tellable } from "../src/detect/detect.ts";
import { rank } from "../src/detect/rank.ts";

const { codecs: deviceCodecs } = tellable();

/** Families whose frames are the same octet by octet, so that listening cannot part them. docs/detect.md names them. */
const equivalents: readonly (readonly string[])[] = [["aclas-os2", "cas-ecr"]];

const alike = (a: string, b: string): boolean =>
  a === b || equivalents.some((group) => group.includes(a) && group.includes(b));

/** The heard stream: the same again and again, joined midway, cut off somewhere. */
const streamOf = (input: Uint8Array, skip: number, cut: number): Uint8Array => {
  const repeated = concat(...Array.from({ length: Math.max(4, Math.ceil(120 / input.length)) }, () => input));
  return repeated.slice(skip % input.length, repeated.length - (cut % input.length));
};

/** Fixtures that say something to their own family when they are a stream: the others show damage or control characters. */
const telling = deviceCodecs.flatMap((codec) =>
  fixturesOf(codec.id)
    .filter(({ input }) => (rank([codec], streamOf(input, 0, 0)).candidates[0]?.frames ?? 0) > 0)
    .map(({ name, input }) => ({ family: codec.id, name, input })),
);
const named = telling.map((one) => [`${one.family}/${one.name}`, one] as const);

const withEvenParity = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte) => {
    let ones = 0;
    for (let bit = 0; bit < 7; bit++) ones += (byte >> bit) & 1;
    return ones % 2 === 0 ? byte : byte | 0x80;
  });

describe("ranking what is heard", () => {
  it("has something to tell of every family", () => {
    expect(deviceCodecs.map(({ id }) => id).filter((id) => !telling.some(({ family }) => family === id))).toEqual([]);
  });

  it.each(named)("ranks %s to its own family", (_name, { family, input }) => {
    const first = rank(deviceCodecs, streamOf(input, 0, 0)).candidates[0]?.protocol ?? "none";
    expect(alike(first, family) ? family : first).toBe(family);
  });

  it("still does when it joins midway and stops anywhere", () => {
    fc.assert(
      fc.property(fc.constantFrom(...telling), fc.nat(200), fc.nat(200), ({ family, input }, skip, cut) => {
        const { candidates } = rank(deviceCodecs, streamOf(input, skip, cut));
        expect(alike(candidates[0]?.protocol ?? "none", family)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("reads a seven-bit line through an eight-bit port", () => {
    const seven = telling.filter(({ input }) => input.every((byte) => byte < 0x80));
    for (const { family, name, input } of seven) {
      const first = rank(deviceCodecs, withEvenParity(streamOf(input, 0, 0))).candidates[0];
      expect([name, alike(first?.protocol ?? "none", family), first?.maskable]).toEqual([name, true, true]);
    }
  });

  it("does not depend on the order of the families, and scores from 0 to 1", () => {
    fc.assert(
      fc.property(fc.constantFrom(...telling), fc.nat(50), ({ input }, turn) => {
        const turned = [
          ...deviceCodecs.slice(turn % deviceCodecs.length),
          ...deviceCodecs.slice(0, turn % deviceCodecs.length),
        ];
        const bytes = streamOf(input, turn, 0);
        const ranking = rank(turned, bytes);
        expect(ranking).toEqual(rank(deviceCodecs, bytes));
        expect(ranking.candidates.every(({ score, coverage }) => score <= 1 && coverage <= 1)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it("recognises nothing in noise, in ordinary text, or in bytes of the wrong speed", () => {
    const noise = fc.uint8Array({ minLength: 1, maxLength: 600 });
    const text = fc
      .array(fc.constantFrom(...Array.from("Boot ok 12:30:45, id=7\r\n> temperature 21.5 C\n")))
      .map((chars) => {
        return new TextEncoder().encode(chars.join(""));
      });
    const repeatedByte = fc.record({ byte: fc.nat(255), count: fc.integer({ min: 1, max: 300 }) });
    const stuck = repeatedByte.map(({ byte, count }) => new Uint8Array(count).fill(byte));
    fc.assert(
      fc.property(fc.oneof(noise, text, stuck), (bytes) => {
        const { outcome, candidates } = rank(deviceCodecs, bytes);
        expect([outcome, candidates[0]?.protocol]).not.toContain("recognised");
      }),
      {
        numRuns: 120,
        examples: [[new Uint8Array(64).fill(0x3d)], [new Uint8Array(64).fill(0xff)], [new Uint8Array(64)]],
      },
    );
  });

  it("says silent, unknown, possible and recognised as more is heard", () => {
    const { input = new Uint8Array() } = fixturesOf("yaohua-a9").find(({ name }) => name === "manual-example") ?? {};
    const outcomeOf = (bytes: Uint8Array) => rank(deviceCodecs, bytes).outcome;
    expect(outcomeOf(new Uint8Array())).toBe("silent");
    expect(outcomeOf(new TextEncoder().encode("hello, world"))).toBe("unknown");
    expect(outcomeOf(input)).toBe("possible");
    expect(outcomeOf(concat(input, input, input))).toBe("recognised");
  });

  it("takes a family as ambiguous when another explains the line equally well", () => {
    const { input } = telling.find(({ family, name }) => family === "yaohua-a9" && name === "manual-example")!;
    const codec = deviceCodecs.find(({ id }) => id === "yaohua-a9");
    const twin = { ...codec!, id: "twin" };
    const { outcome, equals } = rank([...deviceCodecs, twin], concat(input, input, input, input));
    expect([outcome, equals]).toEqual(["ambiguous", 2]);
  });
});
