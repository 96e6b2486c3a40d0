import { createHash, randomBytes } from "node:crypto";

/** Who asks. */
export interface RtspLogin {
  readonly user: string;
  readonly password: string;
}

interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Splits what `WWW-Authenticate` lists into challenges (RFC 7235 §4.1). */
const challengesOf = (text: string): Challenge[] => {
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  const token = /([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*(=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g;
  for (const [, name = "", assigned, quoted, bare] of text.slice(0, 4_096).matchAll(token)) {
    if (assigned === undefined) found.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else found.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "");
  }
  return found;
};

const algorithms: Readonly<Record<string, "md5" | "sha256">> = { "": "md5", MD5: "md5", "SHA-256": "sha256" };

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** What every request of a connection is signed with, once the camera has asked. */
export interface Authorization {
  /** Value of `Authorization` for a request. */
  header(method: string, uri: string): string;
}

const basic = ({ user, password }: RtspLogin): Authorization => {
  const value = `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
  return { header: () => value };
};

/** RFC 7616 §3.4; without `qop` as in RFC 2069, which most cameras still speak. */
const digest = (
  { user, password }: RtspLogin,
  parameters: ReadonlyMap<string, string>,
  newNonce: () => string,
): Authorization | undefined => {
  const named = parameters.get("algorithm") ?? "";
  const algorithm = algorithms[named.toUpperCase()];
  const qop = (parameters.get("qop") ?? "").split(",").map((text) => text.trim());
  const usesQop = qop.includes("auth");
  if (algorithm === undefined || (parameters.has("qop") && !usesQop)) return undefined;
  const [realm, nonce] = [parameters.get("realm") ?? "", parameters.get("nonce") ?? ""];
  const hash = (text: string): string => createHash(algorithm).update(text, "utf8").digest("hex");
  const a1 = hash(`${user}:${realm}:${password}`);
  let uses = 0;
  return {
    header: (method, uri) => {
      const a2 = hash(`${method}:${uri}`);
      const count = (++uses).toString(16).padStart(8, "0");
      const own = newNonce();
      const response = usesQop ? hash(`${a1}:${nonce}:${count}:${own}:auth:${a2}`) : hash(`${a1}:${nonce}:${a2}`);
      const opaque = parameters.get("opaque");
      return [
        `Digest username=${quoted(user)}, realm=${quoted(realm)}, nonce=${quoted(nonce)}, uri=${quoted(uri)}`,
        `response="${response}"`,
        ...(named === "" ? [] : [`algorithm=${named}`]),
        ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
        ...(usesQop ? ["qop=auth", `nc=${count}`, `cnonce="${own}"`] : []),
      ].join(", ");
    },
  };
};

const randomNonce = (): string => randomBytes(12).toString("hex");

/**
 * The strongest way that a camera offers and we can go: Digest with SHA-256, with MD5, then Basic. Undefined: none.
 * `stale` is true when only the nonce was old, so that the same password is to be tried again.
 */
export const authorizationFor = (
  challenges: readonly string[],
  login: RtspLogin,
  newNonce: () => string = randomNonce,
): { readonly authorization: Authorization; readonly stale: boolean } | undefined => {
  const all = challenges.flatMap(challengesOf);
  const digests = all.filter(({ scheme }) => scheme === "digest");
  const strength = ({ parameters }: Challenge): number => (/sha-256/i.test(parameters.get("algorithm") ?? "") ? 0 : 1);
  for (const { parameters } of digests.sort((a, b) => strength(a) - strength(b))) {
    const authorization = digest(login, parameters, newNonce);
    const stale = parameters.get("stale")?.toLowerCase() === "true";
    if (authorization !== undefined) return { authorization, stale };
  }
  return all.some(({ scheme }) => scheme === "basic") ? { authorization: basic(login), stale: false } : undefined;
};
