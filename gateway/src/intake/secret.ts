import { createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** Letters and digits that cannot be mistaken for each other on a scale's keyboard (Crockford's base 32). */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const secretChars = 24;
const groupChars = 4;

/** Costs about 16 MiB and some tens of milliseconds, off the event loop. */
const cost = { N: 16_384, r: 8, p: 1 } as const;
const keyBytes = 32;

/** A new secret of 120 bits: `7KQ2-M9XF-…`. */
export const newSecret = (): string => {
  const chars = Array.from(randomBytes(secretChars), (byte) => alphabet[byte & 31]).join("");
  return (chars.match(new RegExp(`.{${groupChars}}`, "g")) ?? []).join("-");
};

/** A secret however it is typed: case and hyphens do not matter. */
export const plainSecret = (typed: string): string => typed.replaceAll("-", "").trim().toUpperCase();

/** The slow digest that is stored, hexadecimal. */
export const hashSecret = (secret: string, saltHex: string): Promise<string> =>
  new Promise((resolve, reject) => {
    scrypt(plainSecret(secret), Buffer.from(saltHex, "hex"), keyBytes, cost, (error, key) => {
      if (error === null) resolve(key.toString("hex"));
      else reject(error);
    });
  });

/** Compares in constant time. */
export const sameHex = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a, "hex"), Buffer.from(b, "hex")];
  return one.length === other.length && timingSafeEqual(one, other);
};

/** A fast digest under a key that only this process knows: recognises a secret that was proven before. */
export const fastDigest = (key: Uint8Array, device: string, secret: string): string =>
  createHmac("sha256", key)
    .update(`${device}\n${plainSecret(secret)}`)
    .digest("hex");
