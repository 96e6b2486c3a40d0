import { createHash, X509Certificate } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { loadSigner } from "../crypto/signing-key.ts";
import { authoritiesFileName } from "../keys/authorities.ts";
import type { CentreFingerprints } from "./backup-manifest.ts";

const sha256 = (octets: Uint8Array): string => createHash("sha256").update(octets).digest("hex");

/**
 * Fingerprints of the keys in a directory. Nothing is made when one is missing.
 * @throws {MingchengError} KEY_INVALID naming what is missing or no key
 */
export const fingerprintsOf = async (keys: string): Promise<CentreFingerprints> => {
  const ofKey = async (name: string) => sha256((await loadSigner(join(keys, `${name}-key.pem`))).publicKey);
  const [receipt, command, manifest] = [await ofKey("receipt"), await ofKey("command"), await ofKey("manifest")];
  const authorityPath = join(keys, "ca.pem");
  try {
    const authority = new X509Certificate(await readFile(authorityPath));
    return { receipt, command, manifest, authority: sha256(authority.raw) };
  } catch (cause) {
    throw new MingchengError("KEY_INVALID", `${authorityPath} cannot be read`, { cause });
  }
};

/** Names of the key files in a directory of keys; leftovers of interrupted writes are not among them. */
export const keyFiles = async (keys: string): Promise<string[]> =>
  (await readdir(keys)).filter((name) => name.endsWith(".pem") || name === authoritiesFileName).sort();
