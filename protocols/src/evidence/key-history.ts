import { fromHex, utf8 } from "../bytes/bytes.ts";
import type { Sha256 } from "../crypto/crypto-port.ts";
import { keyIdOf } from "../crypto/key-id.ts";
import { type RotationStatement, readRotationStatement } from "../messages/key-log.ts";
import { type EvidenceFaultCode, faultAt } from "./evidence-fault.ts";
import type { EvidenceManifest } from "./manifest.ts";
import type { SignatureCheck } from "./signature-check.ts";

/** A key of the history as verifying needs it. */
export interface SealingKey {
  readonly publicKey: Uint8Array;
  readonly revokedFrom: EvidenceManifest["keys"][number]["revokedFrom"];
  /**
   * True when it is the pinned key, or rotation statements join it with that: old and new key signed each. False: that it
   * is the gateway's is the centre's word alone.
   */
  readonly isVouched: boolean;
}

/** What a key history is read with. */
export interface KeyHistoryContext {
  readonly sha256: Sha256;
  /** Key id of the pinned key. */
  readonly pinned: string;
  /** False when the signature is known not to hold. */
  readonly holds: (check: SignatureCheck) => boolean;
}

type Keys = EvidenceManifest["keys"];

const zeroes = new Uint8Array(32);

/** Every key that statements join with the pinned one, in either direction. */
const joinedWith = (pinned: string, statements: readonly RotationStatement[]): Set<string> => {
  const joined = new Set([pinned]);
  for (let before = 0; before < joined.size; ) {
    before = joined.size;
    for (const { kid, rotation } of statements) {
      if (joined.has(kid) || joined.has(rotation.old)) joined.add(kid).add(rotation.old);
    }
  }
  return joined;
};

/** Reads the keys of a manifest: by key id, or what does not hold. */
export const readKeyHistory = (
  gw: string,
  keys: Keys,
  { sha256, pinned, holds }: KeyHistoryContext,
): ReadonlyMap<string, SealingKey> | EvidenceFaultCode => {
  const raw = new Map(keys.map(({ kid, publicKey }) => [kid, fromHex(publicKey) ?? zeroes]));
  for (const [kid, publicKey] of raw) if (keyIdOf(sha256, publicKey) !== kid) return "key-id";
  if (raw.size < keys.length) return "key-id";
  if (!raw.has(pinned)) return "pinned-key";
  const statements: RotationStatement[] = [];
  for (const { kid, rotation } of keys) {
    if (rotation === null || rotation === undefined) continue;
    const statement = readRotationStatement(sha256, gw, utf8(rotation));
    const old = statement && raw.get(statement.rotation.old);
    if (statement === undefined || statement.kid !== kid || old === undefined) return "rotation";
    const { octets, publicKey, byOld, byNew } = statement;
    const fault = faultAt(null, null, "rotation");
    const isSigned =
      holds({ publicKey: old, octets, signature: byOld.sig, fault }) &&
      holds({ publicKey, octets, signature: byNew.sig, fault });
    if (!isSigned) return "rotation";
    statements.push(statement);
  }
  const joined = joinedWith(pinned, statements);
  return new Map(
    keys.map(({ kid, revokedFrom }) => [
      kid,
      { publicKey: raw.get(kid) ?? zeroes, revokedFrom, isVouched: joined.has(kid) },
    ]),
  );
};
