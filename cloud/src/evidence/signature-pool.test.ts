import { faultAt, type SignatureCheck } from "@mingcheng/protocols/evidence";
import { describe, expect, it } from "vitest";
import { newSigner } from "../../test/sealed-line.ts";
import { SignaturePool } from "./signature-pool.ts";

const signer = newSigner();

const check = (seq: number, isGood: boolean): SignatureCheck => {
  const octets = new TextEncoder().encode(`place ${seq}`);
  const signature = signer.sign(octets);
  if (!isGood) signature[5] = (signature[5] ?? 0) ^ 1;
  return { publicKey: signer.publicKey, octets, signature, fault: faultAt(0, seq, "seal-broken") };
};

const firstBad = async (threads: number, many: number, bad: readonly number[]): Promise<number | null | undefined> => {
  const pool = new SignaturePool(threads);
  for (let seq = 1; seq <= many; seq++) {
    pool.take(check(seq, !bad.includes(seq)));
    if (pool.isFull) await pool.relieve();
  }
  await pool.finish();
  return pool.firstBad?.seq;
};

describe("signatures on many threads", () => {
  // From source the threads cannot start: everything they were given comes back. Built, they do it.
  it.each([1, 3])("finds the first that does not hold, wherever it is, with %i threads", async (threads) => {
    for (const many of [1, 64, 65, 1_500]) {
      expect(await firstBad(threads, many, [])).toBeUndefined();
      expect(await firstBad(threads, many, [many])).toBe(many);
      expect(await firstBad(threads, many, [many, 1])).toBe(1);
    }
    expect(await firstBad(threads, 1_500, [1_499, 703, 702, 64])).toBe(64);
  });

  it("takes a key or signature of a wrong length for one that does not hold", async () => {
    for (const part of [{ publicKey: new Uint8Array(31) }, { signature: new Uint8Array(63) }]) {
      const pool = new SignaturePool(1);
      pool.take({ ...check(7, true), ...part });
      await pool.finish();
      expect(pool.firstBad?.seq).toBe(7);
    }
  });
});
