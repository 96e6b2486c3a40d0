import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { MingchengError } from "@mingcheng/protocols";
import type { ByteStream } from "./byte-stream.ts";

/**
 * Opens a folder that files are dropped into. Nothing comes over it by itself: whoever reads files finds its path in
 * `folder`.
 * @throws {MingchengError} DEVICE_OPEN_FAILED (retryable): not there, no folder, or no permission
 */
export const openFolder = async (path: string): Promise<ByteStream> => {
  const name = `folder://${path}`;
  try {
    if (!(await stat(path)).isDirectory()) throw new Error("not a folder");
    await access(path, constants.R_OK | constants.X_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MingchengError("DEVICE_OPEN_FAILED", `${name}: ${reason}`, { cause });
  }
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    name,
    folder: path,
    read: async () => {
      await ended;
      return undefined;
    },
    write: async () => {
      throw new MingchengError("DEVICE_DISCONNECTED", `${name}: nothing can be said to a folder`);
    },
    close: async () => end(),
  };
};
