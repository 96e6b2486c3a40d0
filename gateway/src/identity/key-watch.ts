import { stat } from "node:fs/promises";
import { join } from "node:path";
import { loadSigner } from "../crypto/signing-key.ts";
import { keyFileName } from "./enrolment-file.ts";
import { keyLogPath, readKeyLogFile } from "./key-log-file.ts";
import type { KeyRing } from "./key-ring.ts";

/** What {@link watchKeys} needs. */
export interface KeyWatchOptions {
  /** Directory of keys and enrolment. */
  readonly directory: string;
  readonly keys: KeyRing;
  readonly clock: { after(delayMs: number, task: () => void): () => void };
  readonly log: { info(detail: object, message: string): void; error(detail: object, message: string): void };
}

/** How often the key log is looked at: one `stat`. */
const everyMs = 2_000;

const versionOf = async (path: string): Promise<string> => {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return "none";
  }
};

/**
 * Lets the running gateway take over a key that `rotate-key` made: whoever may write into the directory of keys may
 * rotate, nobody else, and no door has to be opened for it. What cannot be read is said once, and the present key goes on.
 * Returns how to end that.
 */
export const watchKeys = ({ directory, keys, clock, log }: KeyWatchOptions): (() => void) => {
  const path = keyLogPath(directory);
  let seen = "";
  let isEnded = false;
  let cancel: () => void = () => undefined;
  const look = async (): Promise<void> => {
    const version = await versionOf(path);
    if (version === seen) return;
    seen = version;
    const found = await readKeyLogFile(directory);
    const successor = found.successorOf(keys.kid);
    if (successor === keys.kid) return;
    const signer = await loadSigner(join(directory, keyFileName(successor)));
    if (isEnded) return;
    const from = keys.kid;
    keys.adopt(signer, found.octets);
    log.info({ from, to: signer.kid }, "identity: another key seals from now on");
  };
  const plan = (): void => {
    cancel = clock.after(everyMs, () => {
      look()
        .catch((error: unknown) => log.error({ error: String(error) }, "identity: the new key cannot be used"))
        .finally(() => {
          if (!isEnded) plan();
        });
    });
  };
  plan();
  return () => {
    isEnded = true;
    cancel();
  };
};
