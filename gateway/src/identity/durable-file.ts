import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a text file with mode 0600, durable and atomically: afterwards there is the whole old or the whole new file.
 * @throws the system's error
 */
export const writeDurably = async (path: string, text: string): Promise<void> => {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
    // An older leftover keeps its mode at open.
    await file.chmod(0o600);
    await file.writeFile(text);
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
