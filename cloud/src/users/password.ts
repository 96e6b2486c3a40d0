import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { MingchengError } from "@mingcheng/protocols";

/** How dear one guess is: scrypt's N as a power of two, r and p. */
export interface PasswordCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 64 MiB and some tens of milliseconds per guess (RFC 7914 section 2). */
export const passwordCost: PasswordCost = { logN: 16, r: 8, p: 1 };

const hashBytes = 32;
const shortest = 10;
const longest = 256;
/** 32 signs that nobody confuses when copying them from a terminal. */
const signs = "abcdefghijkmnpqrstuvwxyz23456789";

const derive = (password: string, salt: Buffer, { logN, r, p }: PasswordCost): Promise<Buffer> => {
  const options: ScryptOptions = { N: 2 ** logN, r, p, maxmem: 128 * r * 2 ** logN + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, hashBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
};

/** Hashes a password under a salt of its own. The text names its cost, so that the cost can grow later. */
export const hashPassword = async (password: string, cost: PasswordCost = passwordCost): Promise<string> => {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return `scrypt:${cost.logN}:${cost.r}:${cost.p}:${salt.toString("base64")}:${key.toString("base64")}`;
};

/** Whether `password` is the one that was hashed. The comparison takes the same time wherever they differ. */
export const passwordMatches = async (stored: string, password: string): Promise<boolean> => {
  const [scheme, logN, r, p, salt, key] = stored.split(":");
  if (scheme !== "scrypt" || salt === undefined || key === undefined) return false;
  const expected = Buffer.from(key, "base64");
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  const given = await derive(password, Buffer.from(salt, "base64"), cost);
  return given.length === expected.length && timingSafeEqual(given, expected);
};

/**
 * Refuses a password that is too easy: at least 10 signs, at least 5 different ones, without the user's name.
 * @throws {MingchengError} USER_INVALID, field `password`
 */
export const checkPassword = (password: string, user: string): void => {
  const refuse = (message: string) => {
    throw new MingchengError("USER_INVALID", message, { field: "password" });
  };
  const { length } = Array.from(password);
  if (length < shortest || length > longest) refuse(`${shortest} to ${longest} signs`);
  if (new Set(password).size < 5) refuse("at least 5 different signs");
  if (password.toLowerCase().includes(user)) refuse("it must not contain the user name");
};

/** A password for one use: 100 random bits in groups of four that can be copied by hand. */
export const oneTimePassword = (): string =>
  Array.from(randomBytes(20), (octet, index) => `${index > 0 && index % 4 === 0 ? "-" : ""}${signs[octet % 32]}`).join(
    "",
  );
