import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { keysDirectory } from "../keys/key-files.ts";

/** In the directory of the centre's keys; not part of a backup: what is restored trusts no code that was sent before. */
export const replyKeyFile = "reply-code.key";

const keyBytes = 32;

const syncDirectory = (directory: string): void => {
  const handle = openSync(directory, "r");
  fsyncSync(handle);
  closeSync(handle);
};

const make = (directory: string, path: string): Buffer => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const key = randomBytes(keyBytes);
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, "w", 0o600);
  writeSync(file, `${key.toString("hex")}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, path);
  syncDirectory(directory);
  return key;
};

/**
 * The key that reply codes are derived and checked with, made at first use (mode 0600).
 * @throws {MingchengError} KEY_INVALID when others may read it, or it is none
 */
export const replyKeyOf = (dataDirectory: string): Buffer => {
  const directory = keysDirectory(dataDirectory);
  const path = join(directory, replyKeyFile);
  if (!existsSync(path)) return make(directory, path);
  const { mode } = statSync(path);
  if ((mode & 0o077) !== 0) {
    throw new MingchengError("KEY_INVALID", `${path} is readable by others (mode ${(mode & 0o777).toString(8)})`);
  }
  const key = Buffer.from(readFileSync(path, "utf8").trim(), "hex");
  if (key.length !== keyBytes) throw new MingchengError("KEY_INVALID", `${path} is no key of ${keyBytes} bytes`);
  return key;
};
