import { createHash, createPublicKey, verify } from "node:crypto";

// Written from docs/evidence-format.md alone: nothing of ours is imported, so that a mistake of ours is not repeated here.

/** SHA-256 in hexadecimal. */
export const sha = (...parts: readonly (Buffer | string)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

export const hex = (text: string): Buffer => Buffer.from(text, "hex");

export const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

/** Text in UTF-8 behind its length in two octets. */
export const lp = (text: string): Buffer => {
  const bytes = Buffer.from(text, "utf8");
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** True when `sig` (base64) is an Ed25519 signature of `octets` under a raw public key in hexadecimal. */
export const isSigned = (publicKey: string, octets: Buffer, sig: string): boolean => {
  const der = Buffer.concat([hex("302a300506032b6570032100"), hex(publicKey)]);
  const signature = Buffer.from(sig, "base64");
  if (signature.length !== 64 || signature.toString("base64") !== sig) return false;
  return verify(null, octets, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
};

export interface Line {
  readonly gw: string;
  readonly ep: number;
  readonly eid: string;
}

export const chainStart = ({ gw, ep, eid }: Line): string => sha("mc-chain-v1\0", lp(gw), u64(ep), hex(eid));
export const chainLink = (h: string, digest: string): string => sha(Buffer.of(1), hex(h), hex(digest));

export const sealOctets = ({ gw, ep, eid }: Line, seq: number, h: string, wall: string, kid: string): Buffer =>
  Buffer.concat([Buffer.from("mc-seal-v1\0"), lp(gw), u64(ep), hex(eid), u64(seq), hex(h), lp(wall), lp(kid)]);

const tagged = (tag: string, gw: string, body: string): Buffer =>
  Buffer.concat([Buffer.from(`${tag}\0`), lp(gw), Buffer.from(body, "utf8")]);

export const signedOctets = (tag: string, gw: string, payload: string): Buffer =>
  tagged(tag, gw, payload.slice(0, payload.lastIndexOf("\n")));

const signatureLine = (line: string): { kid: string; sig: string } | undefined => {
  const found = /^\{"kid":"([0-9a-f]{16})","sig":"([A-Za-z0-9+/]{86}==)"\}$/.exec(line);
  return found === null ? undefined : { kid: found[1] ?? "", sig: found[2] ?? "" };
};

/** Whether a signed message is to be believed. */
export const isBelieved = (tag: string, gw: string, payload: string, publicKey: string): boolean => {
  const cut = payload.lastIndexOf("\n");
  const tail = signatureLine(payload.slice(cut + 1));
  if (cut < 0 || tail?.kid !== sha(hex(publicKey)).slice(0, 16)) return false;
  return isSigned(publicKey, signedOctets(tag, gw, payload), tail.sig);
};

/** The key that a rotation statement of three lines brings in, if both keys signed it for this gateway. */
export const rotatedTo = (gw: string, payload: string, oldKey: string): string | undefined => {
  const [body = "", one = "", two = "", end] = payload.split("\n");
  const [byOld, byNew] = [signatureLine(one), signatureLine(two)];
  if (end !== "" || byOld === undefined || byNew === undefined) return undefined;
  const { old, publicKey } = JSON.parse(body) as { old: string; publicKey: string };
  const octets = tagged("mc-rotation-v1", gw, body);
  const isByBoth =
    byOld.kid === old &&
    old === sha(hex(oldKey)).slice(0, 16) &&
    byNew.kid === sha(hex(publicKey)).slice(0, 16) &&
    isSigned(oldKey, octets, byOld.sig) &&
    isSigned(publicKey, octets, byNew.sig);
  return isByBoth ? publicKey : undefined;
};

interface Span {
  readonly ep: number;
  readonly eid: string;
  readonly from: number;
  readonly to: number;
  readonly prev: string;
  readonly h: string;
  readonly seals: string;
  readonly withheld: readonly (readonly [number, number])[];
}

interface Manifest {
  readonly gw: string;
  readonly spans: readonly Span[];
  readonly keys: readonly {
    readonly kid: string;
    readonly publicKey: string;
    readonly revokedFrom: { readonly ep: number; readonly eid: string; readonly seq: number } | null;
    readonly rotation?: string | null;
  }[];
  readonly records: number;
}

const demand = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

const verifySpan = (manifest: Manifest, span: Span, lines: readonly string[]): void => {
  const line: Line = { gw: manifest.gw, ep: span.ep, eid: span.eid };
  let h = span.prev;
  let seq = span.from - 1;
  let sealed = 0;
  let seals = "00".repeat(32);
  if (span.from === 1) demand(h === chainStart(line), "start of the line");
  for (const text of lines) {
    const [form, body] = [text.slice(0, 2), text.slice(2)];
    const isWithheld = span.withheld.some(([from, to]) => from <= seq + 1 && seq + 1 <= to);
    if (form === "R ") {
      const { gw, ep, eid, seq: place } = JSON.parse(body);
      demand(!isWithheld && gw === line.gw && ep === line.ep && eid === line.eid && place === seq + 1, "place");
      h = chainLink(h, sha(body));
      seq++;
    } else if (form === "D ") {
      demand(isWithheld && /^[0-9a-f]{64}$/.test(body), "withheld");
      h = chainLink(h, body);
      seq++;
    } else {
      demand(form === "S " && sealed < seq, "form of a line");
      const seal = JSON.parse(body);
      demand(body === JSON.stringify({ seq, wall: seal.wall, kid: seal.kid, sig: seal.sig }), "form of a seal");
      const key = manifest.keys.find(({ kid }) => kid === seal.kid);
      const revoked = key?.revokedFrom ?? null;
      demand(
        !(revoked !== null && revoked.ep === line.ep && revoked.eid === line.eid && seq >= revoked.seq),
        "revoked",
      );
      demand(isSigned(key?.publicKey ?? "", sealOctets(line, seq, h, seal.wall, seal.kid), seal.sig), "seal");
      sealed = seq;
      seals = sha(hex(seals), text);
    }
  }
  demand(seq === span.to && h === span.h && sealed === span.to && seals === span.seals, "end of the span");
};

/** Verifies an evidence file as the page says. Undefined when it holds, else what does not. */
export const refusalOf = (file: string, gatewayKey: string, centreKey: string): string | undefined => {
  try {
    demand(file.endsWith("\n"), "last line");
    const [body = "", tail = "", ...lines] = file.slice(0, -1).split("\n");
    const manifest = JSON.parse(body) as Manifest;
    demand(isBelieved("mc-manifest-v1", manifest.gw, `${body}\n${tail}`, centreKey), "manifest");
    for (const { kid, publicKey } of manifest.keys) demand(sha(hex(publicKey)).slice(0, 16) === kid, "key id");
    demand(
      manifest.keys.some(({ publicKey }) => publicKey === gatewayKey),
      "pinned key",
    );
    demand(new Set(manifest.keys.map(({ kid }) => kid)).size === manifest.keys.length, "a key twice");
    for (const { publicKey, rotation } of manifest.keys) {
      if (rotation === null || rotation === undefined) continue;
      const { old } = JSON.parse(rotation.slice(0, rotation.indexOf("\n"))) as { old: string };
      const from = manifest.keys.find(({ kid }) => kid === old)?.publicKey ?? "";
      demand(rotatedTo(manifest.gw, rotation, from) === publicKey, "rotation");
    }
    const starts = lines.flatMap((line, index) => (line.startsWith("P ") ? [index] : []));
    demand(starts.length === manifest.spans.length && (starts[0] ?? 0) === 0, "spans");
    demand(
      lines.filter((line) => line.startsWith("R ") || line.startsWith("D ")).length === manifest.records,
      "number of records",
    );
    for (const [index, span] of manifest.spans.entries()) {
      const start = starts[index] ?? 0;
      demand(lines[start] === `P ${index}`, "order of spans");
      verifySpan(manifest, span, lines.slice(start + 1, starts[index + 1]));
    }
    return undefined;
  } catch (error) {
    // What does not even parse, or names a key that is none, is refused like the rest.
    return error instanceof Error ? error.message : String(error);
  }
};
