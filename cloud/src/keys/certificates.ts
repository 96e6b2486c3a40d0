import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** Server certificates are renewed when they end within two months. */
const renewBeforeMs = 60 * 24 * 3_600_000;

/** A certificate and its private key, PEM. */
export interface CertifiedKey {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Whether a server certificate fits its key, is still the authority's, covers all `hosts` and lasts for a while. */
export const stillServes = (
  { certPem, keyPem }: CertifiedKey,
  authorityPem: string,
  hosts: readonly string[],
  nowMs: number,
): boolean => {
  try {
    const cert = new X509Certificate(certPem);
    const covers = (host: string) => (isIP(host) === 0 ? cert.checkHost(host) : cert.checkIP(host)) !== undefined;
    const lasts = Date.parse(cert.validTo) - nowMs > renewBeforeMs;
    const paired = cert.checkPrivateKey(createPrivateKey(keyPem));
    return paired && lasts && cert.verify(new X509Certificate(authorityPem).publicKey) && hosts.every(covers);
  } catch {
    return false;
  }
};

/** When a certificate ends, milliseconds since 1970. */
export const endsMs = (certPem: string): number => Date.parse(new X509Certificate(certPem).validTo);

/** SHA-256 of the certificate's DER, hexadecimal: what an enrolment code names. */
export const certificateFingerprint = (certPem: string): string =>
  createHash("sha256").update(new X509Certificate(certPem).raw).digest("hex");
