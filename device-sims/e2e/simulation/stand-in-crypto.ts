import { type CryptoPort, concat, keyIdOf, type Sha256, type Signer, sameBytes, utf8 } from "@mingcheng/protocols";

const mix = (value: number): number => {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
};

/**
 * 32 octets from 64 bits of state: enough to tell the few thousand values of one run apart, several times faster than
 * SHA-256, worthless against anybody who wants a collision.
 */
export const quickHash: Sha256 = (...parts) => {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const part of parts) {
    for (let at = 0; at < part.length; at++) {
      const octet = part[at] as number;
      a = Math.imul(a ^ octet, 0x01000193);
      b = Math.imul(((b << 5) | (b >>> 27)) ^ octet, 0x85ebca6b);
    }
  }
  const digest = new Uint8Array(32);
  for (let word = 0; word < 8; word++) {
    const value =
      mix(Math.imul(word + 1, 0x9e3779b1) ^ (word % 2 === 0 ? a : b)) ^ mix((word % 2 === 0 ? b : a) + word);
    digest[4 * word] = value;
    digest[4 * word + 1] = value >>> 8;
    digest[4 * word + 2] = value >>> 16;
    digest[4 * word + 3] = value >>> 24;
  }
  return digest;
};

const signatureOf = (sha256: Sha256, publicKey: Uint8Array, octets: Uint8Array): Uint8Array => {
  const half = sha256(publicKey, octets);
  return concat(half, half);
};

/** Signatures that anybody could make: in the simulation nobody tries. */
export const standInCrypto = (sha256: Sha256): CryptoPort => ({
  sha256,
  verify: (publicKey, octets, signature) => sameBytes(signature, signatureOf(sha256, publicKey, octets)),
});

/** The key that `name` stands for. */
export const standInSigner = (sha256: Sha256, name: string): Signer => {
  const publicKey = sha256(utf8(`key ${name}`));
  return {
    kid: keyIdOf(sha256, publicKey),
    publicKey,
    sign: (octets) => signatureOf(sha256, publicKey, octets),
  };
};
