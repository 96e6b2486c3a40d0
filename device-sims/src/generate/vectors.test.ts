import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { EvidenceVerifier, fromHex, parseBatch } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../load/node-crypto.ts";

const vector = (name: string): string =>
  readFileSync(new URL(`../../../protocols/vectors/${name}`, import.meta.url), "utf8");
const json = (name: string) => JSON.parse(vector(name));

// Written from docs/evidence-format.md alone, on purpose without the protocol package.
const sha = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const hex = (text: string): Buffer => Buffer.from(text, "hex");
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
const prefixed = (text: string): Buffer => {
  const bytes = Buffer.from(text, "utf8");
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const signed = (publicKey: string, octets: Uint8Array, sig: string): boolean => {
  const key = createPublicKey({
    key: Buffer.concat([hex("302a300506032b6570032100"), hex(publicKey)]),
    format: "der",
    type: "spki",
  });
  return verify(null, octets, key, Buffer.from(sig, "base64"));
};

describe("test vectors, recomputed from the documented octets alone", () => {
  const keys = json("keys.json");

  it("derives key ids", () => {
    for (const { publicKey, kid } of [keys.gateway, keys.centre]) {
      expect(sha(hex(publicKey)).toString("hex").slice(0, 16)).toBe(kid);
    }
  });

  it("chains the records", () => {
    const { line, h0, records } = json("chain.json");
    let h = sha(Buffer.from("mc-chain-v1\0"), prefixed(line.gw), u64(line.ep), hex(line.eid));
    expect(h.toString("hex")).toBe(h0);
    for (const record of records) {
      const d = sha(Buffer.from(record.bytes, "utf8"));
      h = sha(Buffer.from([1]), h, d);
      expect([d.toString("hex"), h.toString("hex")]).toEqual([record.d, record.h]);
    }
  });

  it("verifies the seal", () => {
    const { line, seq, h, octets, seal } = json("seal.json");
    const own = Buffer.concat([
      Buffer.from("mc-seal-v1\0"),
      prefixed(line.gw),
      u64(line.ep),
      hex(line.eid),
      u64(seq),
      hex(h),
      prefixed(seal.wall),
      prefixed(seal.kid),
    ]);
    expect(own.toString("hex")).toBe(octets);
    expect(signed(keys.gateway.publicKey, own, seal.sig)).toBe(true);
    expect(signed(keys.centre.publicKey, own, seal.sig)).toBe(false);
  });

  it("verifies the signed message over its first line as sent", () => {
    const { tag, gw, payload, octets } = json("signed.json");
    const cut = payload.lastIndexOf("\n");
    const own = Buffer.concat([Buffer.from(`${tag}\0`), prefixed(gw), Buffer.from(payload.slice(0, cut))]);
    expect(own.toString("hex")).toBe(octets);
    expect(signed(keys.centre.publicKey, own, JSON.parse(payload.slice(cut + 1)).sig)).toBe(true);
  });

  it("unpacks the batches to the chain's records", () => {
    const { records } = json("chain.json");
    const { whole, withDigest } = json("batch.json");
    const text = (payload: string) =>
      parseBatch(nodeCrypto.sha256, Buffer.from(payload, "base64")).items.map((item) =>
        "bytes" in item ? Buffer.from(item.bytes).toString() : Buffer.from(item.digest).toString("hex"),
      );
    expect(text(whole)).toEqual(records.map(({ bytes }: { bytes: string }) => bytes));
    expect(text(withDigest)).toEqual([records[0].bytes, records[1].d, records[2].bytes]);
  });
});

describe("evidence verification", () => {
  const keys = json("keys.json");
  const file = readFileSync(new URL("../../../protocols/vectors/evidence.mcx", import.meta.url));
  const pinned = { gateway: fromHex(keys.gateway.publicKey)!, centre: fromHex(keys.centre.publicKey)! };
  const verifyFile = (bytes: Buffer, pins = pinned) => {
    const verifier = new EvidenceVerifier(nodeCrypto, pins);
    let from = 0;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, from)) {
      verifier.push(bytes.subarray(from, at));
      from = at + 1;
    }
    if (from < bytes.length) verifier.push(bytes.subarray(from));
    return verifier.finish();
  };
  const lines = file.toString("utf8").split("\n").slice(0, -1);
  const rejoin = (changed: string[]) => verifyFile(Buffer.from(`${changed.join("\n")}\n`));

  it("accepts the file", () => {
    expect(verifyFile(file)).toMatchObject({ ok: true, fault: null, records: 2, withheld: 1, seals: 2 });
  });

  it("finds every change of any one byte", () => {
    const survivors: string[] = [];
    for (let at = 0; at < file.length; at++) {
      for (const flip of [0x01, 0x02, 0x10, 0x20, 0x80]) {
        const changed = Buffer.from(file);
        changed[at] = changed[at]! ^ flip;
        if (verifyFile(changed).ok) survivors.push(`byte ${at} ^ ${flip}`);
      }
    }
    expect(survivors).toEqual([]);
  });

  it("finds every cut", () => {
    // Only the last line feed may be missing.
    for (let length = 0; length < file.length - 1; length += 7)
      expect(verifyFile(file.subarray(0, length)).ok).toBe(false);
  });

  it("names span and sequence of a deleted, doubled, swapped or foreign line", () => {
    const record = lines.findIndex((line) => line.startsWith("R ") && line.includes('"seq":2'));
    expect(rejoin(lines.toSpliced(record, 1)).fault).toMatchObject({ span: 0 });
    expect(rejoin(lines.toSpliced(record, 0, lines[record]!)).fault).toMatchObject({ span: 0, seq: 3 });
    expect(rejoin(lines.with(record, lines[record - 1]!).with(record - 1, lines[record]!)).fault).toMatchObject({
      span: 0,
      seq: 1,
    });
    const edited = lines[record]!.replace('"grams":"38620"', '"grams":"28620"');
    expect(edited).not.toBe(lines[record]);
    expect(rejoin(lines.with(record, edited)).fault).toMatchObject({
      span: 0,
      seq: 2,
      reason: "the seal does not verify",
    });
  });

  it("trusts no key of the file itself", () => {
    const stranger = new Uint8Array(32).fill(9);
    expect(verifyFile(file, { ...pinned, centre: stranger }).fault?.reason).toMatch(/pinned key of the centre/);
    expect(verifyFile(file, { ...pinned, gateway: stranger }).fault?.reason).toMatch(/pinned key of the gateway/);
  });
});
