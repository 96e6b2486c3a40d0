import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { generateSigningKey, signerFromPem } from "../src/crypto/signing-key.ts";
import { writeDurably } from "../src/disk/durable-file.ts";
import { keyFileName, saveEnrolment } from "../src/identity/enrolment-file.ts";
import { identityDirectory } from "../src/identity/identity.ts";

/** Enrols a data directory with a centre that nobody can reach (TEST-NET and port 9). Returns the public key. */
export const enrolDirectory = async (dataDirectory: string, gw: string): Promise<Uint8Array> => {
  const directory = identityDirectory(dataDirectory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const pem = generateSigningKey();
  const { kid, publicKey } = signerFromPem(pem);
  const keyFile = keyFileName(kid);
  await writeDurably(join(directory, keyFile), pem);
  await saveEnrolment(directory, {
    v: 1,
    gw,
    credential: "c".repeat(64),
    mqtt: { host: "127.0.0.1", port: 9 },
    receiptKey: "1".repeat(64),
    commandKey: "2".repeat(64),
    manifestKey: "3".repeat(64),
    caPem: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
    centreName: "Test centre",
    site: "Songbai market",
    at: "2026-11-25T00:00:00.000Z",
    kid,
    keyFile,
  });
  return publicKey;
};
