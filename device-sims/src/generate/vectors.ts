import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import {
  type BatchHeader,
  chainLink,
  chainStart,
  type EvidenceManifest,
  encodeBatch,
  encodeRecord,
  encodeSigned,
  evidenceLines,
  keyIdOf,
  type Line,
  type MingchengRecord,
  type Signer,
  sealAt,
  sealOctets,
  signedOctets,
  signedTags,
  toHex,
  utf8,
} from "@mingcheng/protocols";

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
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
const gatewaySeed = new Uint8Array(32).fill(0x11);
const centreSeed = new Uint8Array(32).fill(0x22);
const gateway = signerFromSeed(gatewaySeed);
const centre = signerFromSeed(centreSeed);

const line: Line = { gw: "market-songbai", ep: 3, eid: "00112233445566778899aabbccddeeff" };
const wall = (second: number): string => `2026-11-24T09:30:${String(second).padStart(2, "0")}.000+08:00`;

const record = (
  seq: number,
  kind: string,
  dev: string,
  n: number,
  body: Record<string, unknown>,
  raw: string,
): MingchengRecord => ({
  v: 1,
  ...line,
  seq,
  dev,
  n,
  kind,
  t: { wall: wall(seq), mono_ms: 1000 * seq, boot: "8d5f8a2e-0000-4000-8000-000000000001", sync: "ntp", err_ms: 20 },
  salt: toHex(sha256(utf8(`salt ${seq}`))).slice(0, 32),
  body,
  raw,
});

const records = [
  record(
    1,
    "epoch",
    line.gw,
    1,
    {
      predecessor: { ep: 2, eid: "ffeeddccbbaa99887766554433221100", seq: 41, h: "ab".repeat(32) },
      reason: "start",
      software: { name: "mingcheng-gateway", version: "0.1.0" },
    },
    "",
  ),
  record(
    2,
    "weighing",
    "scale-a12",
    1,
    {
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
    Buffer.from("022c30202020333836322020203030300d", "hex").toString("base64"),
  ),
  record(3, "audit", line.gw, 2, { actor: "张工", action: "open-cabinet", detail: "更换电源" }, ""),
].map(encodeRecord);

const chain = (): Uint8Array[] => {
  const hashes = [chainStart(sha256, line)];
  for (const bytes of records) hashes.push(chainLink(sha256, hashes.at(-1) as Uint8Array, sha256(bytes)));
  return hashes;
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const keysVector = () => ({
  about: "Ed25519 test keys (RFC 8032). kid = first 16 hexadecimal digits of SHA-256 of the raw public key.",
  gateway: { seed: toHex(gatewaySeed), publicKey: toHex(gateway.publicKey), kid: gateway.kid },
  centre: { seed: toHex(centreSeed), publicKey: toHex(centre.publicKey), kid: centre.kid },
});

const chainVector = (hashes: readonly Uint8Array[]) => ({
  about: "h(0) of a line, then per record d(i) = SHA-256(bytes) and h(i) = SHA-256(0x01, h(i-1), d(i)).",
  line,
  h0: toHex(hashes[0] as Uint8Array),
  records: records.map((bytes, index) => ({
    seq: index + 1,
    bytes: text(bytes),
    d: toHex(sha256(bytes)),
    h: toHex(hashes[index + 1] as Uint8Array),
  })),
});

const sealVector = (h: Uint8Array) => {
  const seal = sealAt(gateway, line, records.length, h, wall(3));
  return {
    about: "The octets a seal signs, and the seal.",
    line,
    seq: records.length,
    h: toHex(h),
    octets: toHex(sealOctets(line, records.length, h, seal.wall, seal.kid)),
    seal,
  };
};

const batchVector = (hashes: readonly Uint8Array[]) => {
  const header: BatchHeader = {
    v: 1,
    gw: line.gw,
    line: { ep: line.ep, eid: line.eid },
    first: 1,
    count: records.length,
    prev: toHex(hashes[0] as Uint8Array),
    seal: sealAt(gateway, line, records.length, hashes.at(-1) as Uint8Array, wall(3)),
    sender: { ep: line.ep, eid: line.eid },
    witness: { gen: "0f".repeat(16), n: 7 },
    lane: "live",
  };
  const whole = encodeBatch(
    sha256,
    header,
    records.map((bytes) => ({ bytes })),
  );
  const digested = encodeBatch(
    sha256,
    header,
    records.map((bytes, index) => (index === 1 ? { digest: sha256(bytes) } : { bytes })),
  );
  return {
    about: "A batch before compression, base64: whole, and with record 2 as its digest.",
    whole: base64(whole),
    withDigest: base64(digested),
  };
};

const signedVector = (h: Uint8Array) => {
  const receipt = {
    v: 1,
    type: "receipt",
    line: { ep: line.ep, eid: line.eid },
    ranges: [[1, records.length, toHex(h)]],
    disputed: [],
    gen: "0f".repeat(16),
    witness: { gen: "0f".repeat(16), n: 7 },
    at: wall(4),
  };
  return {
    about: "A signed message: the payload as published, and the octets its signature covers.",
    tag: signedTags.receipt,
    gw: line.gw,
    payload: text(encodeSigned(signedTags.receipt, line.gw, receipt, centre)),
    octets: toHex(signedOctets(signedTags.receipt, line.gw, utf8(JSON.stringify(receipt)))),
  };
};

const evidenceFile = (hashes: readonly Uint8Array[]): string => {
  const h = (seq: number): Uint8Array => hashes[seq] as Uint8Array;
  const manifest: EvidenceManifest = {
    v: 1,
    format: "mingcheng-evidence",
    gw: line.gw,
    asOf: wall(5),
    gen: "0f".repeat(16),
    asked: { from: null, to: null },
    spans: [
      {
        ep: line.ep,
        eid: line.eid,
        from: 1,
        to: 3,
        prev: toHex(h(0)),
        h: toHex(h(3)),
        withheld: [[3, 3]],
        disputed: false,
      },
    ],
    gaps: [],
    keys: [{ kid: gateway.kid, publicKey: toHex(gateway.publicKey), since: wall(0), revokedFrom: null }],
    records: 3,
    software: "mingcheng-cloud 0.1.0",
  };
  return [
    evidenceLines.manifest(manifest, centre),
    evidenceLines.span(0),
    evidenceLines.record(records[0] as Uint8Array),
    evidenceLines.record(records[1] as Uint8Array),
    evidenceLines.seal(2, sealAt(gateway, line, 2, h(2), wall(2))),
    evidenceLines.withheld(sha256(records[2] as Uint8Array)),
    evidenceLines.seal(3, sealAt(gateway, line, 3, h(3), wall(3))),
  ]
    .map(text)
    .join("");
};

/** `protocols/vectors/`: what another implementation can check itself against. Deterministic. */
export const generated = (): { path: string; text: string }[] => {
  const hashes = chain();
  const last = hashes.at(-1) as Uint8Array;
  const at = (name: string): string => `protocols/vectors/${name}`;
  return [
    { path: at("keys.json"), text: json(keysVector()) },
    { path: at("chain.json"), text: json(chainVector(hashes)) },
    { path: at("seal.json"), text: json(sealVector(last)) },
    { path: at("batch.json"), text: json(batchVector(hashes)) },
    { path: at("signed.json"), text: json(signedVector(last)) },
    { path: at("evidence.mcx"), text: evidenceFile(hashes) },
  ];
};
