import { readFile } from "node:fs/promises";
import { MingchengError } from "@mingcheng/protocols";

/** Reads a file that the settings of a channel name. @throws {MingchengError} CHANNEL_INVALID naming the field */
export const readChannelFile = async (path: string, field: string): Promise<string> => {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new MingchengError("CHANNEL_INVALID", `${path} 无法读取 / ${path} cannot be read`, { field, cause });
  }
};

/**
 * Reads a key that a provider gave out: one line of printable characters, white space around it is left off. The
 * message of an error shows nothing of what is in the file.
 * @throws {MingchengError} CHANNEL_INVALID naming the field
 */
export const readProviderKey = async (path: string, field: string): Promise<string> => {
  const key = (await readChannelFile(path, field)).trim();
  if (/^[\x21-\x7e]{16,256}$/u.test(key)) return key;
  const message = `${path} 中没有密钥：应为一行，16 至 256 个字符，没有空格 / ${path} does not hold a key: one line of 16 to 256 characters without spaces is expected`;
  throw new MingchengError("CHANNEL_INVALID", message, { field });
};
