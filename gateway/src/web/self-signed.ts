import { generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";

/** A certificate with its key, PEM. */
export interface SelfSigned {
  readonly certPem: string;
  readonly keyPem: string;
}

// DER as X.690 has it: a tag, the length, the content.
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const octets = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 | octets.length, ...octets]), content]);
};

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (...octets: readonly number[]): Buffer => der(0x06, Buffer.from(octets));
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value, "utf8"));

const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const commonName = oid(0x55, 0x04, 0x03);
const basicConstraints = oid(0x55, 0x1d, 0x13);
const keyUsage = oid(0x55, 0x1d, 0x0f);
const extendedKeyUsage = oid(0x55, 0x1d, 0x25);
const subjectAltName = oid(0x55, 0x1d, 0x11);
const serverAuth = oid(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01);
const critical = der(0x01, Buffer.from([0xff]));

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
const time = (ms: number): Buffer => {
  const digits = `${new Date(ms).toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`;
  return new Date(ms).getUTCFullYear() < 2050 ? text(0x17, digits.slice(2)) : text(0x18, digits);
};

/** `fe80::1` as sixteen octets. */
const octetsOfIpv6 = (address: string): number[] => {
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::", 2);
  const groups = (part: string | undefined): number[] =>
    part === undefined || part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [left, right] = [groups(head), groups(tail)];
  const all = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
  return all.flatMap((group) => [group >> 8, group & 0xff]);
};

const alternative = (host: string): Buffer => {
  if (isIPv4(host)) return der(0x87, Buffer.from(host.split(".").map(Number)));
  // An address with an embedded IPv4 part is not one that an interface tells.
  if (isIPv6(host) && !host.includes(".")) return der(0x87, Buffer.from(octetsOfIpv6(host)));
  return text(0x82, host);
};

const extension = (id: Buffer, value: Buffer, isCritical = false): Buffer =>
  sequence(id, ...(isCritical ? [critical] : []), der(0x04, value));

/** How a certificate is made. */
export interface CertificateRequest {
  readonly commonName: string;
  /** Names and addresses by which it is reached. */
  readonly hosts: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A P-256 key and a certificate (X.509 v3, RFC 5280) that it signed itself, for a TLS server. */
export const makeSelfSigned = (request: CertificateRequest): SelfSigned => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serial = randomBytes(16);
  // Positive, and without leading zeros.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const name = sequence(der(0x31, sequence(commonName, text(0x0c, request.commonName))));
  const extensions = [
    extension(basicConstraints, sequence(), true),
    extension(keyUsage, der(0x03, Buffer.from([7, 0x80])), true),
    extension(extendedKeyUsage, sequence(serverAuth)),
    extension(subjectAltName, sequence(...request.hosts.map(alternative))),
  ];
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ecdsaWithSha256,
    name,
    sequence(time(request.notBeforeMs), time(request.notAfterMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", signed, privateKey));
  const certificate = new X509Certificate(sequence(signed, ecdsaWithSha256, signature));
  return {
    certPem: certificate.toString(),
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
};
