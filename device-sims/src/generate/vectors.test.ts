import { readFileSync } from "node:fs";
import { fromHex, parseBatch, parseSigned, readKeyLog, sealVerifies, signedVerifies } from "@mingcheng/protocols";
import { EvidenceVerifier, LineCutter } from "@mingcheng/protocols/evidence";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../load/node-crypto.ts";
import { generated } from "./vectors.ts";
import {
  chainLink,
  chainStart,
  hex,
  isBelieved,
  isSigned,
  refusalOf,
  rotatedTo,
  sealOctets,
  sha,
  signedOctets,
} from "./vectors-independent.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const vector = (name: string): string => read(`protocols/vectors/${name}`);
const json = (name: string) => JSON.parse(vector(name));
const keys = json("keys.json");

describe("vectors in the repository", () => {
  it.each(generated())("$path is what the generator writes", ({ path, text }) => {
    expect(read(path)).toBe(text);
  });
});

describe("vectors, recomputed with node:crypto from the documented octets alone", () => {
  const { line, h0, records } = json("chain.json");

  it("derives key ids", () => {
    for (const { publicKey, kid } of [keys.gateway, keys.centre, keys.rotated]) {
      expect(sha(hex(publicKey)).slice(0, 16)).toBe(kid);
    }
  });

  it("chains the records", () => {
    let h = chainStart(line);
    expect(h).toBe(h0);
    for (const record of records) {
      const d = sha(record.bytes);
      h = chainLink(h, d);
      expect([d, h]).toEqual([record.d, record.h]);
    }
  });

  it("verifies the seal, and none of the invalid ones", () => {
    const { seq, h, octets, seal, invalid } = json("seal.json");
    const own = sealOctets(line, seq, h, seal.wall, seal.kid);
    expect(own.toString("hex")).toBe(octets);
    expect(isSigned(keys.gateway.publicKey, own, seal.sig)).toBe(true);
    expect(invalid.length).toBeGreaterThan(5);
    for (const bad of invalid) {
      const other = sealOctets(bad.line, bad.seq, bad.h, bad.seal.wall, bad.seal.kid);
      expect([bad.about, isSigned(keys.gateway.publicKey, other, bad.seal.sig)]).toEqual([bad.about, false]);
    }
  });

  it("believes every signed message, and none of the invalid ones", () => {
    const { messages, invalid } = json("signed.json");
    for (const { tag, gw, kid, payload, octets } of messages) {
      const { publicKey } = kid === keys.centre.kid ? keys.centre : keys.gateway;
      expect(signedOctets(tag, gw, payload).toString("hex")).toBe(octets);
      expect(isBelieved(tag, gw, payload, publicKey)).toBe(true);
    }
    for (const { about, tag, gw, payload } of invalid) {
      expect([about, isBelieved(tag, gw, payload, keys.centre.publicKey)]).toEqual([about, false]);
    }
  });

  it("follows the rotation, and none of the invalid ones", () => {
    const { gw, payload, keyHead, invalid } = json("rotation.json");
    expect(rotatedTo(gw, payload, keys.gateway.publicKey)).toBe(keys.rotated.publicKey);
    expect(sha(payload)).toBe(keyHead);
    for (const bad of invalid) {
      expect([bad.about, rotatedTo(bad.gw, bad.payload, keys.gateway.publicKey)]).toEqual([bad.about, undefined]);
    }
  });

  it("accepts the evidence files, and none of the invalid ones", () => {
    const refusal = (file: string) => refusalOf(file, keys.gateway.publicKey, keys.centre.publicKey);
    expect(refusal(vector("evidence.mcx"))).toBeUndefined();
    expect(refusal(vector("evidence-two-spans.mcx"))).toBeUndefined();
    expect(refusal(vector("evidence-revoked.mcx"))).toBeUndefined();
    for (const { about, file } of json("evidence-invalid.json").files) {
      expect([about, typeof refusal(file)]).toEqual([about, "string"]);
    }
  });
});

describe("vectors, read by the protocol package", () => {
  const gatewayKey = fromHex(keys.gateway.publicKey)!;
  const utf8 = (text: string) => new TextEncoder().encode(text);

  it("unpacks the batches to the chain's records and refuses the damaged ones", () => {
    const { records } = json("chain.json");
    const { whole, withDigest, damaged } = json("batch.json");
    const parse = (payload: string) => parseBatch(nodeCrypto.sha256, Buffer.from(payload, "base64"));
    const text = (payload: string) =>
      parse(payload).items.map((item) =>
        "bytes" in item ? Buffer.from(item.bytes).toString() : Buffer.from(item.digest).toString("hex"),
      );
    expect(text(whole)).toEqual(records.map(({ bytes }: { bytes: string }) => bytes));
    expect(text(withDigest)).toEqual([records[0].bytes, records[1].d, records[2].bytes]);
    for (const { payload } of damaged) {
      expect(() => parse(payload)).toThrow(expect.objectContaining({ code: "MESSAGE_DAMAGED" }));
    }
  });

  it("takes the valid and refuses the invalid ones, like the independent computation", () => {
    const { line, seq, h, seal, invalid: badSeals } = json("seal.json");
    expect(sealVerifies(nodeCrypto, gatewayKey, line, seq, fromHex(h)!, seal)).toBe(true);
    for (const bad of badSeals) {
      expect(sealVerifies(nodeCrypto, gatewayKey, bad.line, bad.seq, fromHex(bad.h)!, bad.seal)).toBe(false);
    }
    const centreKey = fromHex(keys.centre.publicKey)!;
    for (const { about, tag, gw, payload } of json("signed.json").invalid) {
      const message = parseSigned(utf8(payload));
      const isValid = message !== undefined && signedVerifies(nodeCrypto, centreKey, tag, gw, message);
      expect([about, isValid]).toEqual([about, false]);
    }
    const known = (kid: string) =>
      kid === keys.gateway.kid ? { publicKey: gatewayKey, revokedFrom: null } : undefined;
    const { gw, payload, invalid: badLogs } = json("rotation.json");
    expect(readKeyLog(nodeCrypto, gw, utf8(payload), known).added.map(({ kid }) => kid)).toEqual([keys.rotated.kid]);
    for (const bad of badLogs) expect(readKeyLog(nodeCrypto, bad.gw, utf8(bad.payload), known).added).toEqual([]);
  });

  const verifyFile = (file: string) => {
    const verifier = new EvidenceVerifier(nodeCrypto, { gateway: gatewayKey, centre: fromHex(keys.centre.publicKey)! });
    const cutter = new LineCutter();
    for (const line of cutter.push(utf8(file))) verifier.push(line);
    return verifier.finish({ isCutOff: cutter.isCutOff });
  };

  it("accepts the evidence files, and says which seals the pinned key does not vouch for", () => {
    const good = (name: string) => {
      const { ok, records, withheld, seals, unvouched } = verifyFile(vector(name));
      return { ok, records, withheld, seals, unvouched };
    };
    expect(good("evidence.mcx")).toEqual({ ok: true, records: 2, withheld: 1, seals: 2, unvouched: 0 });
    expect(good("evidence-two-spans.mcx")).toEqual({ ok: true, records: 3, withheld: 0, seals: 2, unvouched: 0 });
    expect(good("evidence-revoked.mcx")).toEqual({ ok: true, records: 3, withheld: 2, seals: 3, unvouched: 1 });
  });

  const invalid: { about: string; span: number | null; seq: number | null; file: string }[] =
    json("evidence-invalid.json").files;
  it.each(invalid)("names the first fault: $about", ({ span, seq, file }) => {
    expect(verifyFile(file)).toMatchObject({ ok: false, fault: { span, seq } });
  });
});

describe("the worked example of docs/evidence-format.md", () => {
  const page = read("docs/evidence-format.md");

  it("gives the values of the vectors", () => {
    const { h0, records } = json("chain.json");
    const { octets, seal } = json("seal.json");
    const { octets: receiptOctets } = json("signed.json");
    const values = [
      keys.gateway.publicKey,
      keys.gateway.kid,
      h0,
      ...records.flatMap(({ d, h }: { d: string; h: string }) => [d, h]),
      seal.sig,
      // Long octet strings are folded on the page.
      ...octets.match(/.{1,64}/g),
      receiptOctets.slice(0, 64),
    ];
    expect(values.filter((value) => !page.includes(value))).toEqual([]);
  });

  it("shows the evidence file octet for octet", () => {
    expect(
      vector("evidence.mcx")
        .split("\n")
        .filter((line) => !page.includes(line)),
    ).toEqual([]);
  });

  it("lists every vector", () => {
    expect(generated().filter(({ path }) => !page.includes(path.split("/").at(-1)!))).toEqual([]);
  });
});
