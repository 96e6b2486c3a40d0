import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { saveSigningKey } from "../crypto/signing-key.ts";
import type { CertifiedKey } from "./certificates.ts";

/** Directory of the keys: 0700, files 0600. */
export const keysDirectory = (dataDirectory: string): string => join(dataDirectory, "keys");

/** Text of a file; undefined when there is none. @throws the system's error */
export const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
};

/** The certificate and key `<name>.pem`, `<name>-key.pem` of a directory; undefined when one of them is missing. */
export const readCertified = async (directory: string, name: string): Promise<CertifiedKey | undefined> => {
  const certPem = await readIfThere(join(directory, `${name}.pem`));
  const keyPem = await readIfThere(join(directory, `${name}-key.pem`));
  return certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
};

/** Stores a certificate and its key, durably. The certificate comes last: with it there, the key is there too. */
export const saveCertified = async (
  directory: string,
  name: string,
  { certPem, keyPem }: CertifiedKey,
): Promise<void> => {
  await saveSigningKey(join(directory, `${name}-key.pem`), keyPem);
  await saveSigningKey(join(directory, `${name}.pem`), certPem);
};
