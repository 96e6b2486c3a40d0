import { createHash, createPrivateKey, X509Certificate as NodeCertificate, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import "reflect-metadata";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const { subtle } = webcrypto;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const yearMs = 365.25 * 24 * 3_600_000;
const authorityYears = 30;
/** Server certificates are renewed at start, when they end within two months. */
const serverYears = 5;
const renewBeforeMs = 60 * 24 * 3_600_000;

cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

/** A certificate and its private key, PEM. */
export interface CertifiedKey {
  readonly certPem: string;
  readonly keyPem: string;
}

const exportKey = async (key: webcrypto.CryptoKey): Promise<string> =>
  PemConverter.encode(await subtle.exportKey("pkcs8", key), "PRIVATE KEY");

const importKey = (pem: string): Promise<webcrypto.CryptoKey> =>
  subtle.importKey("pkcs8", PemConverter.decodeFirst(pem), algorithm, false, ["sign"]);

const serialNumber = (): string => {
  const octets = webcrypto.getRandomValues(new Uint8Array(16));
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(octets).toString("hex");
};

/** Makes the centre's own authority. Gateways trust this one alone. */
export const createAuthority = async (centreName: string, nowMs: number): Promise<CertifiedKey> => {
  const keys = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`Mingcheng authority of ${centreName}`] }],
    // A day of slack for clocks that differ.
    notBefore: new Date(nowMs - 24 * 3_600_000),
    notAfter: new Date(nowMs + authorityYears * yearMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: cert.toString("pem"), keyPem: await exportKey(keys.privateKey) };
};

/** Makes a server certificate for `hosts` (names and addresses), signed by the authority. */
export const createServerCertificate = async (
  authority: CertifiedKey,
  hosts: readonly string[],
  nowMs: number,
): Promise<CertifiedKey> => {
  const issuer = new X509Certificate(authority.certPem);
  const keys = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const names = hosts.map((host) => ({ type: isIP(host) === 0 ? ("dns" as const) : ("ip" as const), value: host }));
  const cert = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [hosts[0] ?? "localhost"] }],
    issuer: issuer.subject,
    notBefore: new Date(nowMs - 24 * 3_600_000),
    notAfter: new Date(nowMs + serverYears * yearMs),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.keyPem),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names),
    ],
  });
  return { certPem: cert.toString("pem"), keyPem: await exportKey(keys.privateKey) };
};

/** Whether a server certificate fits its key, is still the authority's, covers all `hosts` and lasts for a while. */
export const stillServes = (
  { certPem, keyPem }: CertifiedKey,
  authorityPem: string,
  hosts: readonly string[],
  nowMs: number,
): boolean => {
  try {
    const cert = new NodeCertificate(certPem);
    const covers = (host: string) => (isIP(host) === 0 ? cert.checkHost(host) : cert.checkIP(host)) !== undefined;
    const lasts = Date.parse(cert.validTo) - nowMs > renewBeforeMs;
    const paired = cert.checkPrivateKey(createPrivateKey(keyPem));
    return paired && lasts && cert.verify(new NodeCertificate(authorityPem).publicKey) && hosts.every(covers);
  } catch {
    return false;
  }
};

/** SHA-256 of the certificate's DER, hexadecimal: what an enrolment code names. */
export const certificateFingerprint = (certPem: string): string =>
  createHash("sha256").update(new NodeCertificate(certPem).raw).digest("hex");
