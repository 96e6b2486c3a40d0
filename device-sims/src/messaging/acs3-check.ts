import { timingSafeEqual, webcrypto } from "node:crypto";
import type { AccountKey, ProviderRequest } from "./provider-request.ts";

// Written from "Request syntax and signature method V3" of Alibaba Cloud alone, byte for byte and with Web Crypto, so that
// a mistake in the centre's signature is not repeated here.

const text = new TextEncoder();

const hex = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString("hex");

/** Unreserved are A-Z a-z 0-9 - _ . ~; every other byte is %XX. */
const escaped = (value: string): string => {
  let out = "";
  for (const byte of text.encode(value)) {
    const unreserved =
      (byte >= 0x30 && byte <= 0x39) ||
      (byte >= 0x41 && byte <= 0x5a) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      byte === 0x2d ||
      byte === 0x5f ||
      byte === 0x2e ||
      byte === 0x7e;
    out += unreserved ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
};

/** Parameters of a query, decoded as servers do it: `+` is a space. */
export const queryParameters = (query: string): Map<string, string> => {
  const parameters = new Map<string, string>();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const decode = (part: string): string => decodeURIComponent(part.replaceAll("+", " "));
    parameters.set(decode(at < 0 ? pair : pair.slice(0, at)), at < 0 ? "" : decode(pair.slice(at + 1)));
  }
  return parameters;
};

const canonicalQueryOf = (query: string): string =>
  [...queryParameters(query)]
    .map(([name, value]) => [escaped(name), escaped(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");

const fieldOf = (authorization: string, name: string): string => {
  const part = authorization
    .slice("ACS3-HMAC-SHA256".length)
    .split(",")
    .map((piece) => piece.trim())
    .find((piece) => piece.startsWith(`${name}=`));
  return part === undefined ? "" : part.slice(name.length + 1);
};

const sameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(text.encode(a), text.encode(b));

/** What is wrong with the signature of a request, as Aliyun's gateway names it; undefined when it is right. */
export const acs3Fault = async (
  { method, path, query, headers, body }: ProviderRequest,
  account: AccountKey,
): Promise<string | undefined> => {
  const authorization = headers.get("authorization") ?? "";
  if (!authorization.startsWith("ACS3-HMAC-SHA256 ")) return "IncompleteSignature";
  if (fieldOf(authorization, "Credential") !== account.id) return "InvalidAccessKeyId.NotFound";
  const names = fieldOf(authorization, "SignedHeaders").split(";");
  const mustBeSigned = [...headers.keys()].filter((name) => name === "host" || name.startsWith("x-acs-"));
  if (mustBeSigned.some((name) => !names.includes(name))) return "IncompleteSignature";
  const bodyHash = hex(await webcrypto.subtle.digest("SHA-256", text.encode(body)));
  if (headers.get("x-acs-content-sha256") !== bodyHash) return "IncompleteSignature";
  let canonical = `${method}\n${path}\n${canonicalQueryOf(query)}\n`;
  for (const name of names) canonical += `${name}:${(headers.get(name) ?? "").trim()}\n`;
  canonical += `\n${names.join(";")}\n${bodyHash}`;
  const toSign = `ACS3-HMAC-SHA256\n${hex(await webcrypto.subtle.digest("SHA-256", text.encode(canonical)))}`;
  const usage = { name: "HMAC", hash: "SHA-256" };
  const key = await webcrypto.subtle.importKey("raw", text.encode(account.secret), usage, false, ["sign"]);
  const expected = hex(await webcrypto.subtle.sign("HMAC", key, text.encode(toSign)));
  return sameText(fieldOf(authorization, "Signature"), expected) ? undefined : "SignatureDoesNotMatch";
};
