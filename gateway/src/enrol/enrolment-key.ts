import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Signer } from "@mingcheng/protocols";
import { z } from "zod";
import { generateSigningKey, loadSigner, signerFromPem } from "../crypto/signing-key.ts";
import { writeDurably } from "../disk/durable-file.ts";
import { keyFileName } from "../identity/enrolment-file.ts";

/** An enrolment that was begun: the key was made, the answer has not come yet. */
const pendingSchema = z.strictObject({
  v: z.literal(1),
  gw: z.string(),
  /** SHA-256 of the code, hexadecimal: the code itself is a secret. */
  codeSha256: z.string(),
  keyFile: z.string().regex(/^signing-[0-9a-f]{16}\.pem$/),
});

/** What a key is wanted for. */
export interface KeyRequest {
  readonly gw: string;
  readonly codeSha256: string;
}

const pendingPath = (directory: string): string => join(directory, "pending.json");

const readPending = async (directory: string): Promise<z.infer<typeof pendingSchema> | undefined> => {
  try {
    return pendingSchema.parse(JSON.parse(await readFile(pendingPath(directory), "utf8")));
  } catch {
    // Missing or torn: then a new key is made, which costs nothing.
    return undefined;
  }
};

/** Makes the directory of keys, closed to others. */
export const prepareDirectory = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
};

/**
 * The key for an enrolment, on disk before anything is sent: that of an earlier try with the same code, whose answer may
 * have been lost and which the centre answers only for the same key; else a new one.
 * @throws {MingchengError} KEY_INVALID
 */
export const keyForEnrolment = async (directory: string, { gw, codeSha256 }: KeyRequest): Promise<Signer> => {
  const pending = await readPending(directory);
  if (pending?.gw === gw && pending.codeSha256 === codeSha256) return loadSigner(join(directory, pending.keyFile));
  const pem = generateSigningKey();
  const signer = signerFromPem(pem);
  const keyFile = keyFileName(signer.kid);
  await writeDurably(join(directory, keyFile), pem);
  await writeDurably(pendingPath(directory), `${JSON.stringify({ v: 1, gw, codeSha256, keyFile })}\n`);
  return signer;
};

/** The answer is stored: nothing is pending any more, and a key that was replaced is removed. */
export const settleKeys = async (directory: string, replaced: string | undefined): Promise<void> => {
  await rm(pendingPath(directory), { force: true });
  if (replaced !== undefined) await rm(join(directory, replaced), { force: true });
};
