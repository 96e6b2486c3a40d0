import { createHash, createHmac } from "node:crypto";

/** A key of an Aliyun account or RAM user. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

/** A request that is signed. */
export interface Acs3Request {
  readonly method: "POST";
  readonly path: string;
  /** Sorted and encoded, as it stands in the URL. */
  readonly query: string;
  /** Names in small letters. `host`, `content-type` and everything `x-acs-` is signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hexadecimal; the header `x-acs-content-sha256` says the same. */
  readonly bodyHash: string;
}

/** SHA-256 in hexadecimal. */
export const sha256Hex = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** Percent-encoding of RFC 3986: everything but letters, digits and `-_.~`. */
export const percentEncoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/gu, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** Parameters as a query: encoded and sorted by name, as the signature wants them. */
export const canonicalQuery = (parameters: Readonly<Record<string, string>>): string =>
  Object.keys(parameters)
    .sort()
    .map((name) => `${percentEncoded(name)}=${percentEncoded(parameters[name] ?? "")}`)
    .join("&");

/**
 * Value of the header `Authorization` after Aliyun's signature version 3 (ACS3-HMAC-SHA256): "Request syntax and signature
 * method V3", alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature.
 */
export const acs3Authorization = ({ method, path, query, headers, bodyHash }: Acs3Request, key: AccessKey): string => {
  const signed = Object.keys(headers)
    .filter((name) => name === "host" || name === "content-type" || name.startsWith("x-acs-"))
    .sort();
  const lines = signed.map((name) => `${name}:${(headers[name] ?? "").trim()}\n`).join("");
  const names = signed.join(";");
  const canonical = [method, path, query, lines, names, bodyHash].join("\n");
  const signature = createHmac("sha256", key.secret)
    .update(`ACS3-HMAC-SHA256\n${sha256Hex(canonical)}`)
    .digest("hex");
  return `ACS3-HMAC-SHA256 Credential=${key.id},SignedHeaders=${names},Signature=${signature}`;
};
