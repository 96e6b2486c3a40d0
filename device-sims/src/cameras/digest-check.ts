import { createHash, randomBytes } from "node:crypto";

/** How a simulated camera asks who is there. */
export type Authentication = "none" | "basic" | "digest" | "digest-sha256";

/** Name and password that are taken. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

const realm = "simulated camera";

const parameters = (text: string): Map<string, string> => {
  const found = new Map<string, string>();
  for (const [, name = "", quoted, bare] of text.matchAll(/([a-z0-9-]+)=(?:"([^"]*)"|([^\s,]+))/gi)) {
    found.set(name.toLowerCase(), quoted ?? bare ?? "");
  }
  return found;
};

/** Asks for and checks logins (RFC 7617, RFC 7616). A nonce is good for so many requests, then it is stale. */
export class LoginCheck {
  readonly #kind: Authentication;
  readonly #usesOfNonce: number;
  #nonce = randomBytes(12).toString("hex");
  #used = 0;

  constructor(kind: Authentication, usesOfNonce: number) {
    this.#kind = kind;
    this.#usesOfNonce = usesOfNonce;
  }

  /** Null: let in; else what `WWW-Authenticate` says. */
  check(method: string, uri: string, authorization: string | undefined, login: Login): string | null {
    if (this.#kind === "none") return null;
    if (this.#kind === "basic") {
      const expected = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
      return authorization === expected ? null : `Basic realm="${realm}"`;
    }
    const given = parameters(authorization ?? "");
    const isRight = given.get("response") === this.#response(method, uri, given, login);
    const isFresh = given.get("nonce") === this.#nonce && this.#used < this.#usesOfNonce;
    if (isRight && isFresh) {
      this.#used++;
      return null;
    }
    if (isRight) {
      this.#nonce = randomBytes(12).toString("hex");
      this.#used = 0;
    }
    return this.#challenge(isRight);
  }

  #challenge(stale: boolean): string {
    const start = `Digest realm="${realm}", nonce="${this.#nonce}"${stale ? ", stale=TRUE" : ""}`;
    return this.#kind === "digest" ? start : `${start}, algorithm=SHA-256, qop="auth"`;
  }

  #response(method: string, uri: string, given: ReadonlyMap<string, string>, { user, password }: Login): string {
    const hash = (text: string): string =>
      createHash(this.#kind === "digest" ? "md5" : "sha256")
        .update(text)
        .digest("hex");
    if (given.get("username") !== user || given.get("uri") !== uri) return "";
    const [a1, a2] = [hash(`${user}:${realm}:${password}`), hash(`${method}:${uri}`)];
    const nonce = given.get("nonce") ?? "";
    if (this.#kind === "digest") return hash(`${a1}:${nonce}:${a2}`);
    return hash(`${a1}:${nonce}:${given.get("nc") ?? ""}:${given.get("cnonce") ?? ""}:auth:${a2}`);
  }
}
