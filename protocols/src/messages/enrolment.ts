import { z } from "zod";
import { concat, fromBase64, fromUtf8, lengthPrefixed, toBase64, toHex, utf8 } from "../bytes/bytes.ts";
import { gatewayIdPattern } from "../chain/line.ts";
import type { CryptoPort, Sha256, Signer } from "../crypto/crypto-port.ts";
import { MingchengError } from "../errors/mingcheng-error.ts";

const gatewayId = z.string().regex(gatewayIdPattern);
const publicKey = z.string().regex(/^[0-9a-f]{64}$/);
const secret = z.string().regex(/^[0-9a-f]{64}$/);
const port = z.int().min(1).max(65_535);
/** A host name or address as it stands in a URL (IPv6 without brackets). */
const host = z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/);

/** Where a gateway enrols, on the centre's HTTPS listener. */
export const enrolmentPath = "/api/v1/enrol";
/** Where the centre hands out the certificate of its authority (PEM), to be compared with the code's fingerprint. */
export const authorityPath = "/ca.pem";

/** What an enrolment code says. It is valid once, for 24 hours. */
export const enrolmentCodeSchema = z.strictObject({
  v: z.literal(1),
  /** The centre's HTTPS listener. */
  host,
  port,
  /** SHA-256 of the DER of the centre's authority certificate, hexadecimal. */
  caSha256: z.string().regex(/^[0-9a-f]{64}$/),
  gw: gatewayId,
  /** 32 random octets, hexadecimal. */
  secret,
});

export type EnrolmentCode = z.infer<typeof enrolmentCodeSchema>;

/** Body of the request. The gateway makes its key itself; only the public half travels. */
export const enrolmentRequestSchema = z.strictObject({
  v: z.literal(1),
  gw: gatewayId,
  secret,
  /** Raw 32-octet Ed25519 public key that will seal the records, hexadecimal. */
  publicKey,
  /** Base64 of the signature over {@link enrolmentOctets}: the sender holds the private key. */
  proof: z.base64().max(128),
});

export type EnrolmentRequest = z.infer<typeof enrolmentRequestSchema>;

/** Answer with status 200. */
export const enrolmentResponseSchema = z.object({
  v: z.literal(1),
  gw: gatewayId,
  /** MQTT password: 32 random octets, hexadecimal. The user name is the gateway id. */
  credential: secret,
  mqtt: z.object({ host, port }),
  /** Raw Ed25519 public keys of the centre, hexadecimal: to be pinned. */
  receiptKey: publicKey,
  commandKey: publicKey,
  manifestKey: publicKey,
  /** Certificate of the centre's authority: the only one the gateway trusts from now on. */
  caPem: z.string().max(16_384),
  centreName: z.string().max(128),
  site: z.string().max(256),
  /** Present when this box takes the place of another: its first line says so. */
  replaces: z.literal(true).optional(),
  /** The centre's time, ISO 8601 UTC. */
  at: z.string().max(64),
});

export type EnrolmentResponse = z.infer<typeof enrolmentResponseSchema>;

/**
 * Answer with any other status. `code` is one of the error catalogue, `message` tells a person what to do, `detail` is what was
 * wrong alone.
 */
export const enrolmentErrorSchema = z.object({
  error: z.object({
    ...{ code: z.string().max(64), message: z.string().max(1024), retryable: z.boolean() },
    detail: z.string().max(1024).optional(),
  }),
});

export type EnrolmentError = z.infer<typeof enrolmentErrorSchema>;

/** The octets an enrolment's proof signs: "mc-enrol-v1" 0x00 ‖ u16+gw ‖ u16+secret (text in UTF-8). */
export const enrolmentOctets = (gw: string, codeSecret: string): Uint8Array =>
  concat(utf8("mc-enrol-v1\0"), lengthPrefixed(utf8(gw)), lengthPrefixed(utf8(codeSecret)));

/** The request that enrols `signer`'s key with a code. */
export const enrolmentRequest = (code: EnrolmentCode, signer: Signer): EnrolmentRequest => ({
  v: 1,
  gw: code.gw,
  secret: code.secret,
  publicKey: toHex(signer.publicKey),
  proof: toBase64(signer.sign(enrolmentOctets(code.gw, code.secret))),
});

/** True when the request was made by the holder of the private key to `key` (the request's public key, raw). */
export const enrolmentProofVerifies = (crypto: CryptoPort, key: Uint8Array, request: EnrolmentRequest): boolean => {
  const proof = fromBase64(request.proof);
  return proof?.length === 64 && crypto.verify(key, enrolmentOctets(request.gw, request.secret), proof);
};

const prefix = "mc1";
const checkDigits = 8;

const checkOf = (sha256: Sha256, body: string): string => toHex(sha256(utf8(body))).slice(0, checkDigits);

/**
 * Writes a code as one word to copy and paste: `mc1.<base64url of the JSON>.<check>`. The check is the first 8 hexadecimal
 * digits of SHA-256 of the part between the dots, so that a cut or mistyped code is told from a refused one.
 */
export const formatEnrolmentCode = (sha256: Sha256, code: EnrolmentCode): string => {
  const { v, host: name, port: number, caSha256, gw, secret: word } = code;
  const json = JSON.stringify({ v, host: name, port: number, caSha256, gw, secret: word });
  const body = toBase64(utf8(json)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${prefix}.${body}.${checkOf(sha256, body)}`;
};

const invalid = (message: string): MingchengError =>
  new MingchengError("ENROL_CODE_INVALID", message, { field: "code" });

/**
 * Reads a code; white space anywhere in it (a line break from a mail) is ignored.
 * @throws {MingchengError} ENROL_CODE_INVALID saying what is wrong with it
 */
export const parseEnrolmentCode = (sha256: Sha256, text: string): EnrolmentCode => {
  const [head, body, check, ...rest] = text.replace(/\s+/g, "").split(".");
  if (head !== prefix || body === undefined || check === undefined || rest.length > 0) {
    throw invalid(`not of the form ${prefix}.….…`);
  }
  if (checkOf(sha256, body) !== check) throw invalid("the code is incomplete or mistyped");
  const standard = body.replaceAll("-", "+").replaceAll("_", "/");
  const octets = fromBase64(standard + "=".repeat((4 - (standard.length % 4)) % 4));
  let value: unknown;
  try {
    value = JSON.parse((octets && fromUtf8(octets)) ?? "");
  } catch {
    throw invalid("the code cannot be read");
  }
  const parsed = enrolmentCodeSchema.safeParse(value);
  if (!parsed.success) throw invalid(`${parsed.error.issues[0]?.path.join(".") ?? "code"}: not as expected`);
  return parsed.data;
};
