import { describe, expect, it } from "vitest";
import { nodeCrypto, testSigner } from "../../test/node-crypto.ts";
import { utf8 } from "../bytes/bytes.ts";
import { encodeKeyLog, encodeRotation, type KnownKey, keyLogHead, readKeyLog } from "./key-log.ts";

const [first, second, third, stranger] = [1, 2, 3, 9].map(testSigner) as [
  ReturnType<typeof testSigner>,
  ReturnType<typeof testSigner>,
  ReturnType<typeof testSigner>,
  ReturnType<typeof testSigner>,
];
const gw = "market-a";
const wall = "2026-11-24T09:30:00.000+08:00";
const one = encodeRotation(gw, first, second, wall);
const two = encodeRotation(gw, second, third, wall);
const log = encodeKeyLog([one, two]);

const knowing =
  (...signers: readonly (typeof first)[]) =>
  (kid: string): KnownKey | undefined => {
    const signer = signers.find((candidate) => candidate.kid === kid);
    return signer && { publicKey: signer.publicKey, revokedFrom: null };
  };
const read = (payload: Uint8Array, known = knowing(first), of = gw) => readKeyLog(nodeCrypto, of, payload, known);

describe("key log", () => {
  it("brings in every key that follows from a known one", () => {
    const { added, fault } = read(log);
    expect(fault).toBeNull();
    expect(added.map(({ kid, replaces }) => [kid, replaces])).toEqual([
      [second.kid, first.kid],
      [third.kid, second.kid],
    ]);
    expect(added[1]?.publicKey).toEqual(third.publicKey);
  });

  it("passes over what is known already", () => {
    expect(read(log, knowing(first, second)).added.map(({ kid }) => kid)).toEqual([third.kid]);
    expect(read(log, knowing(first, second, third)).added).toEqual([]);
  });

  it("serves a centre that was restored to before any rotation, and one to before the last", () => {
    expect(read(log, knowing(first)).added).toHaveLength(2);
    expect(read(log, knowing(first, second)).added).toHaveLength(1);
  });

  it("believes nobody else", () => {
    expect(read(log, knowing(stranger))).toEqual({ added: [], fault: expect.stringContaining("unknown key") });
    const foreign = encodeRotation("market-b", first, second, wall);
    expect(read(foreign)).toEqual({ added: [], fault: expect.stringContaining("not signed by both") });
    const half = encodeRotation(gw, { ...stranger, kid: first.kid }, second, wall);
    expect(read(half)).toEqual({ added: [], fault: expect.stringContaining("not signed by both") });
    const taken = encodeRotation(gw, first, { ...second, sign: (octets) => stranger.sign(octets) }, wall);
    expect(read(taken)).toEqual({ added: [], fault: expect.stringContaining("not signed by both") });
  });

  it("gives a revoked key no successor", () => {
    const known = (kid: string) => {
      const key = knowing(first)(kid);
      return key && { ...key, revokedFrom: { ep: 1, eid: "", seq: 1 } };
    };
    expect(read(one, known)).toEqual({ added: [], fault: expect.stringContaining("revoked") });
  });

  it("reads on behind a statement that does not hold here", () => {
    const known = (kid: string) =>
      kid === first.kid
        ? { publicKey: first.publicKey, revokedFrom: { ep: 1, eid: "", seq: 1 } }
        : knowing(second)(kid);
    expect(read(log, known).added.map(({ kid }) => kid)).toEqual([third.kid]);
    const elsewhere = read(log, knowing(second));
    expect(elsewhere.added.map(({ kid }) => kid)).toEqual([third.kid]);
    const fromStranger = encodeKeyLog([encodeRotation(gw, stranger, first, wall), one]);
    expect(read(fromStranger, knowing(first)).added.map(({ kid }) => kid)).toEqual([second.kid]);
  });

  it("hands each statement on as it came", () => {
    expect(encodeKeyLog(read(log).added.map(({ statement }) => statement))).toEqual(log);
  });

  it("keeps what stands before a broken statement", () => {
    const broken = new Uint8Array(log);
    broken[one.length + 30] = broken[one.length + 30]! ^ 1;
    const { added, fault } = read(broken);
    expect(added.map(({ kid }) => kid)).toEqual([second.kid]);
    expect(fault).toContain("statement 2");
  });

  it("finds every flipped bit", () => {
    for (let at = 0; at < one.length - 1; at++) {
      const changed = new Uint8Array(one);
      changed[at] = changed[at]! ^ (1 << (at % 8));
      expect(read(changed).added).toEqual([]);
    }
  });

  it("is bounded", () => {
    expect(read(utf8("\n".repeat(3 * 1025))).fault).toContain("whole statements");
    expect(read(utf8("{}\n{}")).fault).toContain("whole statements");
    expect(read(new Uint8Array())).toEqual({ added: [], fault: null });
  });

  it("is named by its hash", () => {
    expect(keyLogHead(nodeCrypto.sha256, log)).toMatch(/^[0-9a-f]{64}$/);
    expect(keyLogHead(nodeCrypto.sha256, log)).not.toBe(keyLogHead(nodeCrypto.sha256, one));
  });
});
