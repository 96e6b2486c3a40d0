import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import {
  chainLink,
  chainStart,
  encodeRecord,
  keyIdOf,
  type Line,
  type MingchengRecord,
  type Seal,
  type Sha256,
  type Signer,
  sealAt,
  toHex,
  utf8,
} from "@mingcheng/protocols";

export const sha256: Sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** DER of a PKCS #8 Ed25519 private key up to the 32-octet seed (RFC 8410 §7). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

const signerFromSeed = (seed: Uint8Array): Signer => {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
  return { kid: keyIdOf(sha256, publicKey), publicKey, sign: (octets) => new Uint8Array(sign(null, octets, key)) };
};

// Seeds are public on purpose: test keys, never used outside the vectors.
const seeds = {
  gateway: new Uint8Array(32).fill(0x11),
  centre: new Uint8Array(32).fill(0x22),
  rotated: new Uint8Array(32).fill(0x33),
};

/** The gateway's first key. */
export const gateway = signerFromSeed(seeds.gateway);
export const centre = signerFromSeed(seeds.centre);
/** The gateway's second key. */
export const rotated = signerFromSeed(seeds.rotated);

const described = (name: keyof typeof seeds, { publicKey, kid }: Signer) => ({
  seed: toHex(seeds[name]),
  publicKey: toHex(publicKey),
  kid,
});

export const keysVector = () => ({
  about:
    "Ed25519 test keys (RFC 8032). kid = first 16 hexadecimal digits of SHA-256 of the raw public key. `rotated` is the gateway's second key.",
  gateway: described("gateway", gateway),
  centre: described("centre", centre),
  rotated: described("rotated", rotated),
});

/** Ledger generation of every vector. */
export const gen = "0f".repeat(16);
export const wall = (second: number): string => `2026-11-24T09:30:${String(second).padStart(2, "0")}.000+08:00`;

/** A line with its records and chain: `hashes[seq]` is h(seq). */
export interface VectorLine {
  readonly line: Line;
  readonly records: readonly Uint8Array[];
  readonly hashes: readonly Uint8Array[];
}

const lineOf = (
  line: Line,
  drafts: readonly Omit<MingchengRecord, "v" | "gw" | "ep" | "eid" | "seq" | "t" | "salt">[],
): VectorLine => {
  const boot = "8d5f8a2e-0000-4000-8000-000000000001";
  const records = drafts.map(({ dev, n, kind, body, raw }, index) => {
    const seq = index + 1;
    const t = { wall: wall(seq), mono_ms: 1000 * seq, boot, sync: "ntp" as const, err_ms: 20 };
    return encodeRecord({
      v: 1,
      ...line,
      seq,
      dev,
      n,
      kind,
      t,
      salt: toHex(sha256(utf8(`salt ${seq}`))).slice(0, 32),
      body,
      raw,
    });
  });
  const hashes = [chainStart(sha256, line)];
  for (const bytes of records) hashes.push(chainLink(sha256, hashes.at(-1) as Uint8Array, sha256(bytes)));
  return { line, records, hashes };
};

const gw = "market-songbai";
const software = { name: "mingcheng-gateway", version: "0.1.0" };

/** Three records: the line's beginning, a weighing, somebody at the cabinet. */
export const first = lineOf({ gw, ep: 3, eid: "00112233445566778899aabbccddeeff" }, [
  {
    dev: gw,
    n: 1,
    kind: "epoch",
    body: {
      predecessor: { ep: 2, eid: "ffeeddccbbaa99887766554433221100", seq: 41, h: "ab".repeat(32) },
      reason: "start",
      software,
    },
    raw: "",
  },
  {
    dev: "scale-a12",
    n: 1,
    kind: "weighing",
    body: {
      protocol: "mt-continuous",
      value: "38.62",
      unit: "kg",
      grams: "38620",
      mode: "gross",
      stable: "reported-stable",
      tare: "0.00",
      tareGrams: "0",
      settling: { samples: 12, durationMs: 1100, rule: "reported" },
    },
    raw: Buffer.from("022c30202020333836322020203030300d", "hex").toString("base64"),
  },
  { dev: gw, n: 2, kind: "audit", body: { actor: "张工", action: "open-cabinet", detail: "更换电源" }, raw: "" },
]);

/** The line behind it, sealed with the second key. */
export const second = lineOf({ gw, ep: 4, eid: "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf" }, [
  {
    dev: gw,
    n: 1,
    kind: "epoch",
    body: {
      predecessor: { ep: 3, eid: first.line.eid, seq: 3, h: toHex(first.hashes[3] as Uint8Array) },
      reason: "start",
      software,
    },
    raw: "",
  },
  {
    dev: "scale-a12",
    n: 1,
    kind: "scale-event",
    body: { protocol: "mt-continuous", state: "overload", previous: "normal" },
    raw: "",
  },
]);

/** The seal over `seq` of a line, made in that record's second. */
export const sealOf = (of: VectorLine, seq: number, signer: Signer): Seal =>
  sealAt(signer, of.line, seq, of.hashes[seq] as Uint8Array, wall(seq));
