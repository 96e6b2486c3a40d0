import { z } from "zod";
import { concat, fromBase64, fromHex, fromUtf8, lengthPrefixed, toBase64, toHex, utf8 } from "../bytes/bytes.ts";
import type { CryptoPort, Sha256, Signer } from "../crypto/crypto-port.ts";
import { isKeyId, keyIdOf } from "../crypto/key-id.ts";

/** Body of a rotation: from now on `publicKey` seals too. The old key goes on verifying; only a revocation fences. */
export const rotationSchema = z.strictObject({
  v: z.literal(1),
  /** Key id of the key that was in use. */
  old: z.string().regex(/^[0-9a-f]{16}$/),
  /** The new raw Ed25519 public key, hexadecimal. */
  publicKey: z.string().regex(/^[0-9a-f]{64}$/),
  /** Gateway's local time with offset. */
  at: z.string().max(64),
});

export type Rotation = z.infer<typeof rotationSchema>;

const tag = utf8("mc-rotation-v1\0");
const lineFeed = 0x0a;
/** A gateway that rotated more often than this is told apart from one that floods. */
const maxStatements = 1024;

/** The octets both keys of a rotation sign: "mc-rotation-v1" 0x00 ‖ u16+gw ‖ line 1 exactly as sent. */
export const rotationOctets = (gw: string, body: Uint8Array): Uint8Array => concat(tag, lengthPrefixed(utf8(gw)), body);

const signatureLine = (signer: Signer, octets: Uint8Array): Uint8Array =>
  utf8(JSON.stringify({ kid: signer.kid, sig: toBase64(signer.sign(octets)) }));

/**
 * One statement of the key log: line 1 the body, line 2 `{"kid":…,"sig":…}` by the old key, line 3 the same by the new
 * one, which so proves that its holder made the statement.
 */
export const encodeRotation = (gw: string, from: Signer, to: Signer, at: string): Uint8Array<ArrayBuffer> => {
  const rotation: Rotation = { v: 1, old: from.kid, publicKey: toHex(to.publicKey), at };
  const body = utf8(JSON.stringify(rotation));
  const octets = rotationOctets(gw, body);
  const feed = Uint8Array.of(lineFeed);
  return concat(body, feed, signatureLine(from, octets), feed, signatureLine(to, octets), feed);
};

/** The key log: every statement, oldest first. Never freed; published whole on `keys` before the state. */
export const encodeKeyLog = (statements: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => concat(...statements);

/** Head of a key log, as a state names it. */
export const keyLogHead = (sha256: Sha256, log: Uint8Array): string => toHex(sha256(log));

/** A key that a key log brings in. */
export interface AddedKey {
  readonly kid: string;
  readonly publicKey: Uint8Array;
  readonly replaces: string;
  readonly at: string;
  /** The statement as it came, three lines with their line feeds: whoever stores the key stores this. */
  readonly statement: Uint8Array;
}

/** What a key log says that was not known, and the first statement that does not hold. */
export interface KeyLogReading {
  readonly added: readonly AddedKey[];
  readonly fault: string | null;
}

const linesOf = (payload: Uint8Array): Uint8Array[] => {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < payload.length; ) {
    const end = payload.indexOf(lineFeed, at);
    if (end < 0) return [...lines, payload.subarray(at)];
    lines.push(payload.subarray(at, end));
    at = end + 1;
  }
  return lines;
};

const encodeLines = (lines: readonly Uint8Array[]): Uint8Array =>
  concat(...lines.flatMap((line) => [line, Uint8Array.of(lineFeed)]));

const readSignature = (line: Uint8Array | undefined): { kid: string; sig: Uint8Array } | undefined => {
  try {
    const text = (line && fromUtf8(line)) ?? "";
    const value: unknown = JSON.parse(text);
    const { kid, sig: base64 } = z.strictObject({ kid: z.string(), sig: z.string() }).parse(value);
    const sig = fromBase64(base64);
    // One form only, as of every signature line: no octet of a statement can change unseen.
    const isOneForm = sig !== undefined && text === JSON.stringify({ kid, sig: toBase64(sig) });
    return isOneForm && isKeyId(kid) && sig.length === 64 ? { kid, sig } : undefined;
  } catch {
    return undefined;
  }
};

const readRotation = (body: Uint8Array): Rotation | undefined => {
  try {
    return rotationSchema.parse(JSON.parse(fromUtf8(body) ?? ""));
  } catch {
    return undefined;
  }
};

/** What is known of a key already. A revoked one may no longer name a successor. */
export interface KnownKey {
  readonly publicKey: Uint8Array;
  readonly revokedFrom: object | null;
}

/** One statement of a key log, read but not believed: its two signatures are to be verified. */
export interface RotationStatement {
  readonly rotation: Rotation;
  /** The new key. */
  readonly publicKey: Uint8Array;
  /** Key id of the new key. */
  readonly kid: string;
  /** What both keys signed. */
  readonly octets: Uint8Array;
  readonly byOld: { readonly kid: string; readonly sig: Uint8Array };
  readonly byNew: { readonly kid: string; readonly sig: Uint8Array };
}

/** Whether the signatures name the two keys that they must be by. */
const namesBoth = ({ rotation, kid, byOld, byNew }: RotationStatement): boolean =>
  byOld.kid === rotation.old && byNew.kid === kid;

const readStatement = (sha256: Sha256, gw: string, lines: readonly Uint8Array[]): RotationStatement | undefined => {
  const [body] = lines;
  const rotation = body && readRotation(body);
  const byOld = readSignature(lines[1]);
  const byNew = readSignature(lines[2]);
  const publicKey = rotation && fromHex(rotation.publicKey);
  if (body === undefined || rotation === undefined || publicKey === undefined) return undefined;
  if (byOld === undefined || byNew === undefined) return undefined;
  return { rotation, publicKey, kid: keyIdOf(sha256, publicKey), octets: rotationOctets(gw, body), byOld, byNew };
};

/**
 * Reads one statement that stands alone, three lines with their line feeds, signed in the names of the two keys.
 * Undefined for anything else.
 */
export const readRotationStatement = (
  sha256: Sha256,
  gw: string,
  statement: Uint8Array,
): RotationStatement | undefined => {
  const lines = linesOf(statement);
  const isWhole = lines.length === 3 && statement.at(-1) === lineFeed;
  const read = isWhole ? readStatement(sha256, gw, lines) : undefined;
  return read !== undefined && namesBoth(read) ? read : undefined;
};

const isSigned = (crypto: CryptoPort, old: Uint8Array, statement: RotationStatement): boolean => {
  const { publicKey, octets, byOld, byNew } = statement;
  return namesBoth(statement) && crypto.verify(old, octets, byOld.sig) && crypto.verify(publicKey, octets, byNew.sig);
};

/**
 * Reads a key log against the keys that are known. A statement counts when the old key is known and not revoked and both
 * keys signed it for this gateway; keys that are known already are passed over. Each statement stands for itself: one that
 * does not hold (its key belongs to an earlier centre, or was revoked since) keeps no later one from counting.
 */
export const readKeyLog = (
  crypto: CryptoPort,
  gw: string,
  payload: Uint8Array,
  known: (kid: string) => KnownKey | undefined,
): KeyLogReading => {
  const added = new Map<string, AddedKey>();
  const lines = linesOf(payload);
  if (lines.length % 3 !== 0 || lines.length > 3 * maxStatements) {
    return { added: [], fault: "not whole statements of three lines" };
  }
  let fault: string | null = null;
  const take = (own: readonly Uint8Array[]): string | null => {
    const statement = readStatement(crypto.sha256, gw, own);
    if (statement === undefined) return "does not parse";
    const { rotation, publicKey, kid } = statement;
    if (added.has(kid) || known(kid) !== undefined) return null;
    const old = added.get(rotation.old) ?? known(rotation.old);
    if (old === undefined) return `follows an unknown key ${rotation.old}`;
    if ("revokedFrom" in old && old.revokedFrom !== null) return `follows key ${rotation.old}, which is revoked`;
    if (!isSigned(crypto, old.publicKey, statement)) return "is not signed by both keys";
    const text = encodeLines(own);
    added.set(kid, { kid, publicKey, replaces: rotation.old, at: rotation.at, statement: text });
    return null;
  };
  for (let at = 0; at < lines.length; at += 3) {
    const found = take(lines.slice(at, at + 3));
    if (found !== null) fault ??= `statement ${at / 3 + 1} ${found}`;
  }
  return { added: [...added.values()], fault };
};

/**
 * The rotations of a key log that is one's own: no signature is checked.
 * @throws {Error} when it is not whole statements
 */
export const readRotations = (log: Uint8Array): { readonly old: string; readonly publicKey: Uint8Array }[] => {
  const lines = linesOf(log);
  if (lines.length % 3 !== 0) throw new Error("not whole statements of three lines");
  return lines.flatMap((body, index) => {
    if (index % 3 !== 0) return [];
    const rotation = readRotation(body);
    const publicKey = rotation && fromHex(rotation.publicKey);
    if (rotation === undefined || publicKey === undefined) throw new Error(`statement ${index / 3 + 1} does not parse`);
    return [{ old: rotation.old, publicKey }];
  });
};
