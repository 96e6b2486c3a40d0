import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { type CryptoPort, keyIdOf, type Sha256, type Signer } from "../src/index.ts";

const sha256: Sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const keys = new Map<string, KeyObject>();

const keyObject = (publicKey: Uint8Array): KeyObject => {
  const name = Buffer.from(publicKey).toString("hex");
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: "der", type: "spki" });
  keys.set(name, key);
  return key;
};

/** SHA-256 and Ed25519 by node:crypto. */
export const nodeCrypto: CryptoPort = {
  sha256,
  verify: (publicKey, octets, signature) => verify(null, octets, keyObject(publicKey), signature),
};

/** The same key for the same number, 0 to 255. */
export const testSigner = (number: number): Signer => {
  const der = Buffer.concat([pkcs8Prefix, Buffer.alloc(32, number)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
  return { kid: keyIdOf(sha256, publicKey), publicKey, sign: (octets) => new Uint8Array(sign(null, octets, key)) };
};
