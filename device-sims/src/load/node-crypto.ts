import { createPublicKey, generateKeyPairSync, hash, type KeyObject, sign, verify } from "node:crypto";
import { type CryptoPort, concat, keyIdOf, type Sha256, type Signer } from "@mingcheng/protocols";

const sha256: Sha256 = (...parts) => {
  const [only] = parts;
  return hash("sha256", parts.length === 1 && only !== undefined ? only : concat(...parts), "buffer");
};

/** DER of an Ed25519 SubjectPublicKeyInfo up to the raw key (RFC 8410 §4). */
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const known = new Map<string, KeyObject>();

const keyObject = (publicKey: Uint8Array): KeyObject => {
  const name = Buffer.from(publicKey).toString("latin1");
  const key =
    known.get(name) ?? createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: "der", type: "spki" });
  known.set(name, key);
  return key;
};

/** SHA-256 and Ed25519 by node:crypto. */
export const nodeCrypto: CryptoPort = {
  sha256,
  verify: (publicKey, octets, signature) => {
    try {
      return (
        publicKey.length === 32 && signature.length === 64 && verify(null, octets, keyObject(publicKey), signature)
      );
    } catch {
      return false;
    }
  },
};

/** A fresh Ed25519 key that lives in this process only. `pem` is its public half (SubjectPublicKeyInfo). */
export const newSigner = (): Signer & { readonly pem: string } => {
  const { privateKey, publicKey: key } = generateKeyPairSync("ed25519");
  const publicKey = new Uint8Array(key.export({ format: "der", type: "spki" }).subarray(spkiPrefix.length));
  return {
    kid: keyIdOf(sha256, publicKey),
    publicKey,
    pem: key.export({ format: "pem", type: "spki" }).toString(),
    sign: (octets) => sign(null, octets, privateKey),
  };
};
