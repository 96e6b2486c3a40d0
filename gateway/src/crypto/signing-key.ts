import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { keyIdOf, MingchengError, type Signer } from "@mingcheng/protocols";
import { nodeCrypto } from "./node-crypto.ts";

/** The raw 32-octet public key of an Ed25519 key (private or public). */
export const rawPublicKey = (key: KeyObject): Uint8Array => {
  const der = (key.type === "private" ? createPublicKey(key) : key).export({ format: "der", type: "spki" });
  return new Uint8Array(der.subarray(der.length - 32));
};

/** A new Ed25519 private key as PKCS #8 PEM. */
export const generateSigningKey = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();

/** A signer over a PKCS #8 PEM. @throws {MingchengError} KEY_INVALID when it is not an Ed25519 private key */
export const signerFromPem = (pem: string): Signer => {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The cause may quote the key.
    throw new MingchengError("KEY_INVALID", "not a PKCS #8 private key in PEM");
  }
  if (key.asymmetricKeyType !== "ed25519") {
    throw new MingchengError("KEY_INVALID", `an Ed25519 key is needed, this is ${key.asymmetricKeyType ?? "another"}`);
  }
  const publicKey = rawPublicKey(key);
  return {
    kid: keyIdOf(nodeCrypto.sha256, publicKey),
    publicKey,
    sign: (octets) => sign(null, octets, key),
  };
};

/**
 * Reads a signer from a PEM file.
 * @throws {MingchengError} KEY_INVALID when it is missing, not a key, or readable by others than its owner
 */
export const loadSigner = async (path: string): Promise<Signer> => {
  let pem: string;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new MingchengError("KEY_INVALID", `${path} is readable by others (mode ${(mode & 0o777).toString(8)})`);
    }
    pem = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof MingchengError) throw cause;
    throw new MingchengError("KEY_INVALID", `${path} cannot be read`, { cause });
  }
  return signerFromPem(pem);
};
