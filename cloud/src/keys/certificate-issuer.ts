import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
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
import type { CertifiedKey } from "./certificates.ts";

const { subtle } = webcrypto;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const yearMs = 365.25 * 24 * 3_600_000;
const authorityYears = 30;
/** Apple refuses server certificates of private authorities that last longer than 825 days. */
const serverDays = 800;

cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

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
    // Two authorities of one centre have two names, so that a certificate says whose it is.
    name: [{ CN: [`Mingcheng authority of ${centreName} (${new Date(nowMs).toISOString().slice(0, 10)})`] }],
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
    // What outlives its authority is of no use.
    notAfter: new Date(Math.min(nowMs + serverDays * 24 * 3_600_000, issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.keyPem),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certPem: cert.toString("pem"), keyPem: await exportKey(keys.privateKey) };
};
