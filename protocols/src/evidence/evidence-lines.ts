import { concat, toHex, utf8 } from "../bytes/bytes.ts";
import type { Seal } from "../chain/seal.ts";
import type { Sha256, Signer } from "../crypto/crypto-port.ts";
import { encodeSigned, signedTags } from "../messages/signed.ts";
import type { EvidenceManifest } from "./manifest.ts";

const lineFeed = Uint8Array.of(0x0a);

/**
 * The lines of an evidence file, each with its line feed. A file is: the signed manifest (two lines), then per span one
 * `P` line, its records (`R`) and digests (`D`) in order of sequence, and each seal (`S`) right behind the record it covers.
 */
export const evidenceLines = {
  manifest: (manifest: EvidenceManifest, signer: Signer): Uint8Array =>
    concat(encodeSigned(signedTags.manifest, manifest.gw, manifest, signer), lineFeed),
  /** A span begins; `index` counts from 0 in the order of the manifest. */
  span: (index: number): Uint8Array => utf8(`P ${index}\n`),
  record: (bytes: Uint8Array): Uint8Array => concat(utf8("R "), bytes, lineFeed),
  withheld: (digest: Uint8Array): Uint8Array => utf8(`D ${toHex(digest)}\n`),
  seal: (seq: number, { wall, kid, sig }: Seal): Uint8Array => utf8(`S ${JSON.stringify({ seq, wall, kid, sig })}\n`),
} as const;

/** `s(0)` of {@link sealsLink}. */
export const sealsStart: Uint8Array = new Uint8Array(32);

/** `s(k)` = SHA-256(s(k-1) ‖ the span's k-th `S` line without its line feed). The manifest names the last of a span. */
export const sealsLink = (sha256: Sha256, previous: Uint8Array, line: Uint8Array): Uint8Array => sha256(previous, line);
