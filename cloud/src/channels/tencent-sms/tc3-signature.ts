import { createHash, createHmac } from "node:crypto";

/** A key of a Tencent Cloud account or sub-user. */
export interface SecretKey {
  readonly id: string;
  readonly secret: string;
}

/** A request that is signed. */
export interface Tc3Request {
  /** `sms`: the first label of the host. */
  readonly service: string;
  readonly host: string;
  readonly contentType: string;
  readonly body: string;
  /** Seconds since 1970, as in the header `x-tc-timestamp`. */
  readonly timestamp: number;
}

const sha256Hex = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text, "utf8").digest();

/**
 * Value of the header `Authorization` after Tencent Cloud's API signature version 3 (TC3-HMAC-SHA256) for a POST to `/`
 * without a query: "Signature v3", tencentcloud.com/document/api/382/40514. Signed are content type, host and body; the
 * action stands outside of it, as in Tencent's own libraries.
 */
export const tc3Authorization = (
  { service, host, contentType, body, timestamp }: Tc3Request,
  key: SecretKey,
): string => {
  const day = new Date(timestamp * 1_000).toISOString().slice(0, 10);
  const scope = `${day}/${service}/tc3_request`;
  const names = "content-type;host";
  const lines = `content-type:${contentType}\nhost:${host}\n`;
  const canonical = ["POST", "/", "", lines, names, sha256Hex(body)].join("\n");
  const signingKey = hmac(hmac(hmac(`TC3${key.secret}`, day), service), "tc3_request");
  const toSign = ["TC3-HMAC-SHA256", timestamp, scope, sha256Hex(canonical)].join("\n");
  const signature = hmac(signingKey, toSign).toString("hex");
  return `TC3-HMAC-SHA256 Credential=${key.id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
};
