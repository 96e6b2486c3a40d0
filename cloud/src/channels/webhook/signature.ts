import { createHmac } from "node:crypto";

/** The parts that are signed. */
export interface Signed {
  /** Stable over all attempts. */
  readonly id: string;
  /** Seconds since 1970, of this attempt. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * Key bytes from the text of a secret file: base64 behind `whsec_`, else the text itself in UTF-8, without the white
 * space around it.
 */
export const secretKey = (text: string): Buffer => {
  const trimmed = text.trim();
  return trimmed.startsWith("whsec_") ? Buffer.from(trimmed.slice(6), "base64") : Buffer.from(trimmed, "utf8");
};

/**
 * Value of the header `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, as the Standard
 * Webhooks convention has it, so that receivers can use existing libraries.
 */
export const webhookSignature = (key: Buffer, { id, timestamp, body }: Signed): string =>
  `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
