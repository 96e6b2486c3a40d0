import { concat, fromHex, fromUtf8, toHex, utf8 } from "../bytes/bytes.ts";
import { type ViewClaims, viewClaims } from "./view-claims.ts";

/** What tokens are made with: the same key makes and checks them. */
export interface ViewTokenPorts {
  /** HMAC-SHA-256 under a key that nobody else has. */
  readonly mac: (bytes: Uint8Array) => Uint8Array;
}

/** Why a token opens nothing. */
export type TokenFault = "VIEW_TOKEN_INVALID" | "VIEW_TOKEN_EXPIRED" | "VIEW_TOKEN_USED";

const mostRemembered = 100_000;
const before = "mc-view-v1\0";

const signedOf = (payload: Uint8Array): Uint8Array => concat(utf8(before), payload);

/** Compares without telling by its time where they differ. */
const same = (a: Uint8Array, b: Uint8Array): boolean => {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
};

/** Tokens for viewers: short-lived, for one channel and one person, good once. */
export class ViewTokens {
  readonly #ports: ViewTokenPorts;
  /** Ids that were used, until nobody could use them any more. */
  readonly #used = new Map<string, number>();

  constructor(ports: ViewTokenPorts) {
    this.#ports = ports;
  }

  /** Makes a token. */
  issue(claims: ViewClaims): string {
    const payload = utf8(JSON.stringify(claims));
    return `${toHex(payload)}.${toHex(this.#ports.mac(signedOf(payload)))}`;
  }

  /** What a token says, the first time; afterwards it is used up. */
  redeem(token: string, nowMs: number): ViewClaims | TokenFault {
    const [body = "", tag = ""] = token.split(".");
    const [payload, mac] = [fromHex(body), fromHex(tag)];
    if (payload === undefined || mac === undefined || !same(this.#ports.mac(signedOf(payload)), mac)) {
      return "VIEW_TOKEN_INVALID";
    }
    const claims = viewClaims.parse(JSON.parse(fromUtf8(payload) ?? ""));
    if (nowMs > claims.connectByMs || nowMs > claims.endsMs) return "VIEW_TOKEN_EXPIRED";
    if (this.#used.has(claims.id)) return "VIEW_TOKEN_USED";
    for (const [id, untilMs] of this.#used) {
      if (untilMs >= nowMs && this.#used.size < mostRemembered) break;
      this.#used.delete(id);
    }
    this.#used.set(claims.id, claims.connectByMs);
    return claims;
  }
}
