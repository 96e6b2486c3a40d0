import type { X509Certificate } from "node:crypto";
import { checkServerIdentity } from "node:tls";

/** Extended key usage "TLS server authentication" (RFC 5280 §4.2.1.12). */
const serverAuthentication = "1.3.6.1.5.5.7.3.1";

/** A server's certificate as the handshake brought it, and what it is held against. */
export interface CertificateClaim {
  readonly leaf: X509Certificate;
  /** The pinned authority. */
  readonly authority: X509Certificate;
  /** Name or address that was dialled. */
  readonly host: string;
  /** Latest instant known to have passed, in milliseconds since 1970. */
  readonly floorMs: number;
}

/**
 * Why a certificate is not the centre's, judged without a clock; undefined when it is. Everything TLS checks is checked
 * (issued and signed by the pinned authority itself, for this name, for servers, not expired by the latest instant known
 * to have passed) but one thing: whether it is valid *already*, which a gateway whose clock stands before that instant
 * cannot know. That the other side holds the private key was proven by the handshake.
 */
export const certificateFault = ({ leaf, authority, host, floorMs }: CertificateClaim): string | undefined => {
  if (!authority.ca) return "the pinned certificate is no authority";
  if (leaf.ca) return "the certificate is an authority's, not a server's";
  if (!leaf.checkIssued(authority) || !leaf.verify(authority.publicKey)) return "not issued by the pinned authority";
  const usage = leaf.keyUsage as readonly string[] | undefined;
  if (usage !== undefined && !usage.includes(serverAuthentication)) return "not made for a server";
  const wrongName = checkServerIdentity(host, leaf.toLegacyObject());
  if (wrongName !== undefined) return wrongName.message;
  for (const { validTo } of [leaf, authority]) {
    const endsMs = Date.parse(validTo);
    // Not a number fails too.
    if (!(endsMs >= floorMs)) return `expired (${validTo})`;
  }
  return undefined;
};
