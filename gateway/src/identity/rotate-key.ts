import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { encodeRotation, isCode, MingchengError, type Signer } from "@mingcheng/protocols";
import { wallText } from "../clock/wall-text.ts";
import { generateSigningKey, loadSigner, signerFromPem } from "../crypto/signing-key.ts";
import { writeDurably } from "../disk/durable-file.ts";
import { lockDirectory } from "../outbox/directory-lock.ts";
import { keyFileName, readEnrolment } from "./enrolment-file.ts";
import { identityDirectory } from "./identity.ts";
import { appendRotation, readKeyLogFile } from "./key-log-file.ts";

/** What a rotation changed. */
export interface RotatedKey {
  readonly gw: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Keys that a rotation leaves on disk: the one that takes over and the one before, should a worn card forget the newest
 * statement. Older private keys are removed; what they sealed verifies by their public halves.
 */
const removeOlder = async (directory: string, kept: readonly Signer[]): Promise<void> => {
  const names = new Set(kept.map(({ kid }) => keyFileName(kid)));
  for (const name of await readdir(directory)) {
    if (/^signing-[0-9a-f]{16}\.pem$/.test(name) && !names.has(name)) await rm(join(directory, name), { force: true });
  }
};

/** One rotation at a time, from whatever process. @throws {MingchengError} IDENTITY_BUSY */
const alone = async <Result>(directory: string, task: () => Promise<Result>): Promise<Result> => {
  const unlock = await lockDirectory(directory).catch((cause: unknown) => {
    if (!isCode(cause, "OUTBOX_LOCKED")) throw cause;
    throw new MingchengError("IDENTITY_BUSY", directory, { cause });
  });
  try {
    return await task();
  } finally {
    await unlock();
  }
};

/**
 * Makes a new sealing key and has the present one vouch for it. The key is on disk before the statement is; with the
 * statement in the key log, in one step, the new key is the one that seals. A running gateway notices that by itself.
 * @throws {MingchengError} NOT_ENROLLED, IDENTITY_DAMAGED, IDENTITY_BUSY, KEY_INVALID
 */
export const rotateKey = async (dataDirectory: string, nowMs: number): Promise<RotatedKey> => {
  const directory = identityDirectory(dataDirectory);
  const enrolment = await readEnrolment(directory);
  if (enrolment === undefined) throw new MingchengError("NOT_ENROLLED", `no enrolment in ${directory}`);
  return alone(directory, async () => {
    const log = await readKeyLogFile(directory);
    const { gw } = enrolment;
    const from = await loadSigner(join(directory, keyFileName(log.successorOf(enrolment.kid))));
    const pem = generateSigningKey();
    const to = signerFromPem(pem);
    await writeDurably(join(directory, keyFileName(to.kid)), pem);
    await appendRotation(directory, log, encodeRotation(gw, from, to, wallText(nowMs)));
    await removeOlder(directory, [from, to]);
    return { gw, from: from.kid, to: to.kid };
  });
};
