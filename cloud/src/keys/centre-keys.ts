import { mkdir, readFile } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Signer } from "@mingcheng/protocols";
import { generateSigningKey, loadSigner, saveSigningKey } from "../crypto/signing-key.ts";
import { type CertifiedKey, stillServes } from "./certificates.ts";

/** What the centre signs with, each key for one purpose. */
export interface CentreSigners {
  readonly receipt: Signer;
  readonly command: Signer;
  readonly manifest: Signer;
}

/** All keys of a centre. */
export interface CentreKeys extends CentreSigners {
  readonly authorityPem: string;
  readonly server: CertifiedKey;
}

/** Directory of the keys: 0700, files 0600. */
export const keysDirectory = (dataDirectory: string): string => join(dataDirectory, "keys");

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
};

/** The PEM in a file of the keys directory, made and stored first when it is not there. */
const keep = async (directory: string, name: string, make: () => string | Promise<string>): Promise<string> => {
  const path = join(directory, name);
  const known = await readIfThere(path);
  if (known !== undefined) return known;
  const made = await make();
  await saveSigningKey(path, made);
  return made;
};

const signerNames = { receipt: "receipt-key.pem", command: "command-key.pem", manifest: "manifest-key.pem" } as const;

/** Signing keys of a data directory, made at first use. @throws {MingchengError} KEY_INVALID */
export const loadSigners = async (dataDirectory: string): Promise<CentreSigners> => {
  const directory = keysDirectory(dataDirectory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const load = async (name: keyof typeof signerNames): Promise<Signer> => {
    await keep(directory, signerNames[name], generateSigningKey);
    return loadSigner(join(directory, signerNames[name]));
  };
  return { receipt: await load("receipt"), command: await load("command"), manifest: await load("manifest") };
};

/** Names and addresses under which this machine can be reached, the public one first. */
export const ownHosts = (publicHost: string): string[] => {
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter(({ address }) => !address.startsWith("fe80:")).map(({ address }) => address),
  );
  return [...new Set([publicHost, "localhost", "127.0.0.1", "::1", hostname(), ...addresses])];
};

/** Making certificates takes a library that nothing else needs: it is loaded when one is made. */
const loadIssuer = () => import("./certificate-issuer.ts");

const loadAuthority = async (directory: string, centreName: string, nowMs: number): Promise<CertifiedKey> => {
  const certPath = join(directory, "ca.pem");
  const keyPath = join(directory, "ca-key.pem");
  const [certPem, keyPem] = [await readIfThere(certPath), await readIfThere(keyPath)];
  if (certPem !== undefined && keyPem !== undefined) return { certPem, keyPem };
  const made = await (await loadIssuer()).createAuthority(centreName, nowMs);
  // The certificate last: with it there, the key is there too.
  await saveSigningKey(keyPath, made.keyPem);
  await saveSigningKey(certPath, made.certPem);
  return made;
};

/** The authority's certificate, made at first use. */
export const loadAuthorityPem = async (dataDirectory: string, centreName: string, nowMs: number): Promise<string> => {
  const directory = keysDirectory(dataDirectory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return (await loadAuthority(directory, centreName, nowMs)).certPem;
};

/**
 * All keys of a data directory, made at first use. The server's certificate is renewed when it no longer covers the
 * machine's names, or ends soon.
 * @throws {MingchengError} KEY_INVALID
 */
export const loadCentreKeys = async (
  dataDirectory: string,
  options: { readonly centreName: string; readonly publicHost: string; readonly nowMs: number },
): Promise<CentreKeys> => {
  const signers = await loadSigners(dataDirectory);
  const directory = keysDirectory(dataDirectory);
  const authority = await loadAuthority(directory, options.centreName, options.nowMs);
  const hosts = ownHosts(options.publicHost);
  const [certPath, keyPath] = [join(directory, "server.pem"), join(directory, "server-key.pem")];
  const [certPem, keyPem] = [await readIfThere(certPath), await readIfThere(keyPath)];
  const known = certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
  if (known !== undefined && stillServes(known, authority.certPem, hosts, options.nowMs)) {
    return { ...signers, authorityPem: authority.certPem, server: known };
  }
  const server = await (await loadIssuer()).createServerCertificate(authority, hosts, options.nowMs);
  await saveSigningKey(keyPath, server.keyPem);
  await saveSigningKey(certPath, server.certPem);
  return { ...signers, authorityPem: authority.certPem, server };
};
