import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { concat, keyIdOf, MingchengError, readRotations } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { writeDurably } from "../disk/durable-file.ts";

/** The gateway's key log: every rotation statement it ever made, as it is sent to the centre. Never freed. */
export interface KeyLog {
  /** The statements, oldest first, exactly as sent; empty before the first rotation. */
  readonly octets: Uint8Array;
  /** The key that a key rotated to in the end; itself when nothing follows it. */
  successorOf(kid: string): string;
}

/** Where the key log is, beside the enrolment. */
export const keyLogPath = (directory: string): string => join(directory, "key-log");

const keyLogOf = (octets: Uint8Array): KeyLog => {
  const next = new Map(
    readRotations(octets).map(({ old, publicKey }) => [old, keyIdOf(nodeCrypto.sha256, publicKey)] as const),
  );
  return {
    octets,
    successorOf: (kid) => {
      let last = kid;
      for (let at = next.get(kid); at !== undefined && at !== kid; at = next.get(at)) last = at;
      return last;
    },
  };
};

/** Reads the key log; an empty one when there is none. @throws {MingchengError} IDENTITY_DAMAGED */
export const readKeyLogFile = async (directory: string): Promise<KeyLog> => {
  const path = keyLogPath(directory);
  try {
    return keyLogOf(new Uint8Array(await readFile(path)));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return keyLogOf(new Uint8Array());
    throw new MingchengError("IDENTITY_DAMAGED", `${path} cannot be read: ${String(error)}`, { cause: error });
  }
};

/** Adds a statement, durable and atomically. The key it names must be on disk already. */
export const appendRotation = async (directory: string, log: KeyLog, statement: Uint8Array): Promise<void> => {
  await writeDurably(keyLogPath(directory), concat(log.octets, statement));
};
