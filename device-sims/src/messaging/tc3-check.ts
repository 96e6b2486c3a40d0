import { timingSafeEqual, webcrypto } from "node:crypto";
import type { AccountKey, ProviderRequest } from "./provider-request.ts";

// Written from Tencent Cloud's page "Signature v3" alone, with Web Crypto, so that a mistake in the centre's signature is
// not repeated here.

const text = new TextEncoder();

const digest = async (content: string): Promise<string> =>
  Buffer.from(await webcrypto.subtle.digest("SHA-256", text.encode(content))).toString("hex");

const signed = async (key: Uint8Array, content: string): Promise<Uint8Array> => {
  const usage = { name: "HMAC", hash: "SHA-256" };
  const imported = await webcrypto.subtle.importKey("raw", key, usage, false, ["sign"]);
  return new Uint8Array(await webcrypto.subtle.sign("HMAC", imported, text.encode(content)));
};

const pattern =
  /^TC3-HMAC-SHA256 Credential=([^/,]+)\/(\d{4}-\d{2}-\d{2})\/([a-z]+)\/tc3_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

const dayOf = (seconds: number): string => {
  const date = new Date(seconds * 1_000);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
};

/** What is wrong with the signature of a request, as Tencent's gateway names it; undefined when it is right. */
export const tc3Fault = async (
  { method, path, query, headers, body }: ProviderRequest,
  account: AccountKey,
  nowMs: number,
): Promise<string | undefined> => {
  const [, id, day = "", service = "", signedHeaders = "", signature = ""] =
    pattern.exec(headers.get("authorization") ?? "") ?? [];
  if (id === undefined) return "AuthFailure.SignatureFailure";
  if (id !== account.id) return "AuthFailure.SecretIdNotFound";
  const seconds = Number(headers.get("x-tc-timestamp"));
  if (!Number.isInteger(seconds) || Math.abs(nowMs / 1_000 - seconds) > 300) return "AuthFailure.SignatureExpire";
  const names = signedHeaders.split(";");
  const complete = names.includes("content-type") && names.includes("host");
  if (!complete || service !== "sms" || day !== dayOf(seconds)) return "AuthFailure.SignatureFailure";
  const dayKey = await signed(text.encode(`TC3${account.secret}`), day);
  const serviceKey = await signed(dayKey, service);
  const signingKey = await signed(serviceKey, "tc3_request");
  const host = headers.get("host") ?? "";
  // The real service has no port. On this machine Tencent's own library signs the name without it.
  for (const said of new Set([host, host.replace(/:\d+$/, "")])) {
    let canonical = `${method}\n${path}\n${query}\n`;
    for (const name of names) {
      canonical += `${name}:${(name === "host" ? said : (headers.get(name) ?? "")).trim().toLowerCase()}\n`;
    }
    canonical += `\n${signedHeaders}\n${await digest(body)}`;
    const toSign = `TC3-HMAC-SHA256\n${seconds}\n${day}/${service}/tc3_request\n${await digest(canonical)}`;
    const expected = await signed(signingKey, toSign);
    if (timingSafeEqual(Buffer.from(signature, "hex"), expected)) return undefined;
  }
  return "AuthFailure.SignatureFailure";
};
