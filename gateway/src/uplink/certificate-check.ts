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

/** Why a certificate does not count. */
export interface CertificateFault {
  /** It is the centre's, but its time is over. */
  readonly expired: boolean;
  readonly reason: string;
}

/** Why a certificate is not the centre's, its times apart. */
const strangeness = ({ leaf, authority, host }: Omit<CertificateClaim, "floorMs">): string | undefined => {
  if (!authority.ca) return "the pinned certificate is no authority";
  if (leaf.ca) return "the certificate is an authority's, not a server's";
  if (!leaf.checkIssued(authority) || !leaf.verify(authority.publicKey)) return "not issued by the pinned authority";
  const usage = leaf.keyUsage as readonly string[] | undefined;
  if (usage !== undefined && !usage.includes(serverAuthentication)) return "not made for a server";
  const wrongName = checkServerIdentity(host, leaf.toLegacyObject());
  return wrongName?.message;
};

/**
 * Why a certificate is not the centre's, judged without a clock; undefined when it is. Everything TLS checks is checked
 * (issued and signed by the pinned authority itself, for this name, for servers, not expired by the latest instant known
 * to have passed) but one thing: whether it is valid *already*, which a gateway whose clock stands before that instant
 * cannot know. That the other side holds the private key was proven by the handshake.
 */
export const certificateFault = ({
  leaf,
  authority,
  host,
  floorMs,
}: CertificateClaim): CertificateFault | undefined => {
  const reason = strangeness({ leaf, authority, host });
  if (reason !== undefined) return { expired: false, reason };
  for (const { validTo } of [leaf, authority]) {
    const endsMs = Date.parse(validTo);
    // Not a number fails too.
    if (!(endsMs >= floorMs)) return { expired: true, reason: `expired (${validTo})` };
  }
  return undefined;
};

/** The same against several authorities, one of which must do; else what keeps the one that issued it, if any did. */
export const certificateFaultOf = (claims: readonly CertificateClaim[]): CertificateFault | undefined => {
  const faults = claims.map(certificateFault);
  if (faults.includes(undefined)) return undefined;
  return faults.find((fault) => fault?.expired === true) ?? faults[0] ?? { expired: false, reason: "no authority" };
};
