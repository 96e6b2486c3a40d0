import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { writeDurably } from "../disk/durable-file.ts";
import { makeSelfSigned, type SelfSigned } from "./self-signed.ts";
import { makeWebDirectory, webDirectory } from "./setup-code.ts";

const yearMs = 365.25 * 24 * 3_600_000;
const years = 10;
/** A clock that runs ahead must not make a certificate that is not valid yet. */
const slackMs = 24 * 3_600_000;

/** A certificate as it is shown beside the set-up code: `AB:CD:…`, SHA-256 of the whole. */
export const fingerprintOf = (certPem: string): string => new X509Certificate(certPem).fingerprint256;

/** None where the service is not allowed to ask (AF_NETLINK): the certificate names the box alone then. */
const addressesOfBox = (): readonly string[] => {
  try {
    return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  } catch {
    return [];
  }
};

/** Addresses and names of this box. */
const hostsOfBox = (): readonly string[] => {
  const addresses = addressesOfBox();
  return [...new Set([hostname().toLowerCase(), "localhost", ...addresses])].filter((host) => !host.includes("%"));
};

const isUsable = ({ certPem, keyPem }: SelfSigned, nowMs: number): boolean => {
  const certificate = new X509Certificate(certPem);
  return certificate.checkPrivateKey(createPrivateKey(keyPem)) && Date.parse(certificate.validTo) > nowMs + slackMs;
};

/** The certificate that is there, if it can be used. */
export const readCertificate = async (dataDirectory: string, nowMs: number): Promise<SelfSigned | undefined> => {
  const directory = webDirectory(dataDirectory);
  try {
    const [certPem, keyPem] = await Promise.all(
      ["certificate.pem", "key.pem"].map((name) => readFile(join(directory, name), "utf8")),
    );
    const found = { certPem: certPem ?? "", keyPem: keyPem ?? "" };
    return isUsable(found, nowMs) ? found : undefined;
  } catch {
    return undefined;
  }
};

/**
 * The certificate of the local web, made at the first start: nobody but this box knows its key, so that its fingerprint is
 * what an installer compares. @throws the system's error
 */
export const certificateOf = async (
  dataDirectory: string,
  names: readonly string[],
  nowMs: number,
): Promise<SelfSigned> => {
  const found = await readCertificate(dataDirectory, nowMs);
  if (found !== undefined) return found;
  const made = makeSelfSigned({
    commonName: `Mingcheng gateway ${hostname()}`.slice(0, 64),
    hosts: [...new Set([...hostsOfBox(), ...names])],
    notBeforeMs: nowMs - slackMs,
    notAfterMs: nowMs + years * yearMs,
  });
  const directory = await makeWebDirectory(dataDirectory);
  await writeDurably(join(directory, "key.pem"), made.keyPem);
  await writeDurably(join(directory, "certificate.pem"), made.certPem);
  return made;
};
