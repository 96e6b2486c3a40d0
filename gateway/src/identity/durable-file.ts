import { open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file with mode 0600, durable and atomically: afterwards there is the whole old or the whole new file. Written by
 * root it belongs to the owner of the directory, as whom the gateway runs.
 * @throws the system's error
 */
export const writeDurably = async (path: string, content: string | Uint8Array): Promise<void> => {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
    // An older leftover keeps its mode at open.
    await file.chmod(0o600);
    if (process.getuid?.() === 0) {
      const { uid, gid } = await stat(dirname(path));
      await file.chown(uid, gid);
    }
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};
