import { mkdir } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Signer } from "@mingcheng/protocols";
import { generateSigningKey, loadSigner, saveSigningKey } from "../crypto/signing-key.ts";
import { type Authorities, loadAuthorities } from "./authorities.ts";
import { type CertifiedKey, stillServes } from "./certificates.ts";
import { keysDirectory, readCertified, readIfThere, saveCertified } from "./key-files.ts";

/** What the centre signs with, each key for one purpose. */
export interface CentreSigners {
  readonly receipt: Signer;
  readonly command: Signer;
  readonly manifest: Signer;
}

/** All keys of a centre. */
export interface CentreKeys extends CentreSigners {
  /** The active authority's certificate. */
  readonly authorityPem: string;
  readonly authorities: Authorities;
  readonly server: CertifiedKey;
}

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

/** The active authority's certificate, made at first use. */
export const loadAuthorityPem = async (dataDirectory: string, centreName: string, nowMs: number): Promise<string> => {
  const directory = keysDirectory(dataDirectory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return (await loadAuthorities(directory, centreName, nowMs)).active.certPem;
};

/**
 * The server's certificate, issued by `authority`: the one on disk while it still serves, else a new one. At a start it
 * must cover all the machine's names; while running, those it had.
 */
export const loadServerCertificate = async (
  directory: string,
  authority: CertifiedKey,
  hosts: readonly string[],
  nowMs: number,
): Promise<CertifiedKey> => {
  const known = await readCertified(directory, "server");
  if (known !== undefined && stillServes(known, authority.certPem, hosts, nowMs)) return known;
  const { createServerCertificate } = await import("./certificate-issuer.ts");
  const server = await createServerCertificate(authority, hosts, nowMs);
  await saveCertified(directory, "server", server);
  return server;
};

/**
 * All keys of a data directory, made at first use. The server's certificate is renewed when it no longer covers the
 * machine's names, ends soon, or is not the active authority's.
 * @throws {MingchengError} KEY_INVALID
 */
export const loadCentreKeys = async (
  dataDirectory: string,
  options: { readonly centreName: string; readonly publicHost: string; readonly nowMs: number },
): Promise<CentreKeys> => {
  const signers = await loadSigners(dataDirectory);
  const directory = keysDirectory(dataDirectory);
  const { centreName, publicHost, nowMs } = options;
  const authorities = await loadAuthorities(directory, centreName, nowMs);
  const server = await loadServerCertificate(directory, authorities.active, ownHosts(publicHost), nowMs);
  return { ...signers, authorityPem: authorities.active.certPem, server, authorities };
};
