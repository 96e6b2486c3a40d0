import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto, testSigner } from "../../test/node-crypto.ts";
import { TestLine } from "../../test/test-line.ts";
import { toHex } from "../bytes/bytes.ts";
import { chainLink, chainStart, recordDigest } from "./chain.ts";
import type { Line } from "./line.ts";
import { sealAt, sealOctets, sealVerifies } from "./seal.ts";

const { sha256 } = nodeCrypto;
const line: Line = { gw: "market-songbai", ep: 3, eid: "00112233445566778899aabbccddeeff" };
const hex32 = fc.stringMatching(/^[0-9a-f]{32}$/);
const lines = fc.record({
  gw: fc.constantFrom("market-songbai", "a", "kitchen-7"),
  ep: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  eid: hex32,
});
const bytes = fc.uint8Array({ maxLength: 40 });

const chainOf = (of: Line, records: readonly Uint8Array[]): string => {
  let h = chainStart(sha256, of);
  for (const record of records) h = chainLink(sha256, h, recordDigest(sha256, record));
  return toHex(h);
};

describe("chain", () => {
  it("starts with the line's octets as written down", () => {
    const octets = `${Buffer.from("mc-chain-v1\0\0\x0emarket-songbai").toString("hex")}0000000000000003${line.eid}`;
    const expected = createHash("sha256").update(Buffer.from(octets, "hex")).digest("hex");
    expect(toHex(chainStart(sha256, line))).toBe(expected);
  });

  it("starts differently for every line", () => {
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const isSame = a.gw === b.gw && a.ep === b.ep && a.eid === b.eid;
        expect(toHex(chainStart(sha256, a)) === toHex(chainStart(sha256, b))).toBe(isSame);
      }),
    );
  });

  it("binds every record, its place and the order", () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 2, maxLength: 6 }), fc.nat(), fc.nat(), (records, pick, swap) => {
        const h = chainOf(line, records);
        const at = pick % records.length;
        const changed = records.with(at, Uint8Array.of(...records[at]!, 7));
        expect(chainOf(line, changed)).not.toBe(h);
        expect(chainOf(line, records.toSpliced(at, 1))).not.toBe(h);
        const other = swap % records.length;
        const swapped = records.with(at, records[other]!).with(other, records[at]!);
        const isSame = toHex(records[at]!) === toHex(records[other]!);
        expect(chainOf(line, swapped) === h).toBe(isSame);
      }),
    );
  });

  it("refuses an epoch id that is not 16 octets", () => {
    expect(() => chainStart(sha256, { ...line, eid: "00" })).toThrow(
      expect.objectContaining({ code: "MESSAGE_DAMAGED", field: "eid" }),
    );
  });
});

describe("seal", () => {
  const signer = testSigner(1);
  const other = testSigner(2);
  const sealed = new TestLine({ ep: 3, eid: line.eid }, 4);
  const of: Line = { gw: "market-a", ep: 3, eid: line.eid };
  const h = sealed.hashes[4]!;
  const seal = sealAt(signer, of, 4, h, "2026-11-24T09:30:00.000+08:00");
  const verifies = (over: Partial<Line>, seq = 4, hash = h, change: Partial<typeof seal> = {}, key = signer) =>
    sealVerifies(nodeCrypto, key.publicKey, { ...of, ...over }, seq, hash, { ...seal, ...change });

  it("verifies over exactly this state of this line, at this time, under this key", () => {
    expect(verifies({})).toBe(true);
    expect(verifies({ gw: "market-b" })).toBe(false);
    expect(verifies({ ep: 4 })).toBe(false);
    expect(verifies({ eid: line.eid.replace("0", "1") })).toBe(false);
    expect(verifies({}, 3)).toBe(false);
    expect(verifies({}, 4, sealed.hashes[3]!)).toBe(false);
    expect(verifies({}, 4, h, { wall: "2026-11-24T09:30:00.001+08:00" })).toBe(false);
    expect(verifies({}, 4, h, { kid: other.kid })).toBe(false);
    expect(verifies({}, 4, h, {}, other)).toBe(false);
  });

  it("never throws over what is no signature", () => {
    for (const sig of ["", "AAAA", "no base64", `${seal.sig.slice(0, -4)}AA==`]) {
      expect(verifies({}, 4, h, { sig })).toBe(false);
    }
  });

  it("signs octets from which every field can be told", () => {
    fc.assert(
      fc.property(lines, lines, fc.nat(), fc.nat(), (a, b, m, n) => {
        const [x, y] = [sealOctets(a, m, h, "w", "k"), sealOctets(b, n, h, "w", "k")];
        const isSame = m === n && a.gw === b.gw && a.ep === b.ep && a.eid === b.eid;
        expect(toHex(x) === toHex(y)).toBe(isSame);
      }),
    );
    // A length in front of each text: nothing can move from one field into the next.
    expect(toHex(sealOctets(of, 1, h, "ab", "c"))).not.toBe(toHex(sealOctets(of, 1, h, "a", "bc")));
  });
});
