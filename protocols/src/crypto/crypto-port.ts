/** SHA-256 over the concatenation of `parts`: 32 octets. */
export type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array;

/** True when `signature` (64 octets) is the Ed25519 signature of `octets` under the raw 32-octet `publicKey`. Never throws. */
export type Ed25519Verify = (publicKey: Uint8Array, octets: Uint8Array, signature: Uint8Array) => boolean;

/** Holds one private key. `sign` returns the 64-octet Ed25519 signature (RFC 8032) of `octets`. */
export interface Signer {
  /** Key id: see {@link keyIdOf}. */
  readonly kid: string;
  readonly publicKey: Uint8Array;
  sign(octets: Uint8Array): Uint8Array;
}

/** Hashing and verifying: what the pure protocol code needs of a cryptographic library. */
export interface CryptoPort {
  readonly sha256: Sha256;
  readonly verify: Ed25519Verify;
}
