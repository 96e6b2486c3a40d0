import { createHash, createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import type { CryptoPort, Ed25519Verify, Sha256 } from "@mingcheng/protocols";

/** Inputs up to this size are joined and hashed in one call: twice as fast as a hash object. */
const scratch = Buffer.allocUnsafe(4096);

const sha256: Sha256 = (...parts) => {
  const only = parts[0];
  if (parts.length === 1 && only !== undefined) return hash("sha256", only, "buffer");
  let length = 0;
  for (const part of parts) length += part.length;
  if (length <= scratch.length) {
    let at = 0;
    for (const part of parts) {
      scratch.set(part, at);
      at += part.length;
    }
    return hash("sha256", scratch.subarray(0, length), "buffer");
  }
  const state = createHash("sha256");
  for (const part of parts) state.update(part);
  return state.digest();
};

/** DER of an Ed25519 SubjectPublicKeyInfo up to the raw key (RFC 8410 §4). */
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const maxCachedKeys = 256;
const keys = new Map<string, KeyObject>();

/** The key as node:crypto wants it. @throws what node:crypto throws when it is no Ed25519 key */
export const publicKeyObject = (publicKey: Uint8Array): KeyObject => {
  const name = Buffer.from(publicKey).toString("latin1");
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: "der", type: "spki" });
  if (keys.size >= maxCachedKeys) keys.clear();
  keys.set(name, key);
  return key;
};

const verifyEd25519: Ed25519Verify = (publicKey, octets, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    return verify(null, octets, publicKeyObject(publicKey), signature);
  } catch {
    return false;
  }
};

/** SHA-256 and Ed25519 by node:crypto. `verify` never throws. */
export const nodeCrypto: CryptoPort = { sha256, verify: verifyEd25519 };
