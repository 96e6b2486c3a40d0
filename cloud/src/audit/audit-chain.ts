import { chainLink, recordDigest, utf8 } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";

const startTag = utf8("mc-audit-v1\0");

/** `h(0)` of every audit log: SHA-256("mc-audit-v1" 0x00). */
export const auditStart: Uint8Array = nodeCrypto.sha256(startTag);

/** SHA-256 of an entry's bytes. */
export const auditDigest = (bytes: Uint8Array): Uint8Array => recordDigest(nodeCrypto.sha256, bytes);

/** `h(n)`, as of records: SHA-256(0x01 ‖ h(n-1) ‖ digest). */
export const auditLink = (previous: Uint8Array, digest: Uint8Array): Uint8Array =>
  chainLink(nodeCrypto.sha256, previous, digest);

/** What is signed of an entry: "mc-audit-v1" 0x00 ‖ h(n). */
export const auditSigned = (h: Uint8Array): Uint8Array => Buffer.concat([startTag, h]);
