import { createHash, timingSafeEqual } from "node:crypto";
import type { Login } from "./digest-check.ts";

/** A token's time may differ from the camera's by so much (OASIS WSS UsernameToken Profile 1.0 §3: about five minutes). */
const toleranceMs = 300_000;
const mostNonces = 1_000;

/** Text of the first element of that name, whatever its prefix. */
export const elementText = (xml: string, name: string): string | undefined =>
  new RegExp(`<(?:[\\w-]+:)?${name}(?:\\s[^>]*)?>([^<]*)<`).exec(xml)?.[1];

const isSame = (given: string, expected: string): boolean => {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
};

/** Checks WS-UsernameToken digests by the camera's own clock: base64(SHA-1(nonce + created + password)), each nonce once. */
export class TokenCheck {
  readonly #nonces = new Set<string>();

  /** Null: let in; else why not. */
  check(envelope: string, { user, password }: Login, nowMs: number): string | null {
    const [name, digest, nonce, created] = ["Username", "Password", "Nonce", "Created"].map((one) =>
      elementText(envelope, one),
    );
    if (name === undefined || digest === undefined || nonce === undefined || created === undefined) return "no token";
    if (!(Math.abs(Date.parse(created) - nowMs) <= toleranceMs)) return "the token's time differs from mine";
    if (this.#nonces.has(nonce)) return "the token was used before";
    const hash = createHash("sha1").update(Buffer.from(nonce, "base64")).update(created).update(password, "utf8");
    if (name !== user || !isSame(digest, hash.digest("base64"))) return "wrong user or password";
    this.#nonces.add(nonce);
    const [oldest] = this.#nonces;
    if (this.#nonces.size > mostNonces && oldest !== undefined) this.#nonces.delete(oldest);
    return null;
  }
}
