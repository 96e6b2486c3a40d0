import { access, lstat, mkdir, open, rename } from "node:fs/promises";
import { join, parse } from "node:path";
import { lookOf } from "./folder-scan.ts";

/** Where files go whose rows are all on disk. */
const doneName = "done";

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

const maxSameName = 10_000;

const freeName = async (folder: string, name: string): Promise<string> => {
  const { name: stem, ext } = parse(name);
  for (let number = 1; number < maxSameName; number++) {
    const path = join(folder, number === 1 ? name : `${stem}-${number}${ext}`);
    if (!(await exists(path))) return path;
  }
  throw new Error(`${folder}: too many files are called ${name}`);
};

/**
 * Moves a file that was read into `done`, never over another one. False when it was written to meanwhile: then it stands
 * where it stood.
 * @throws the system's error
 */
export const moveToDone = async (folder: string, name: string, look: string): Promise<boolean> => {
  const from = join(folder, name);
  if (lookOf(await lstat(from)) !== look) return false;
  const done = join(folder, doneName);
  await mkdir(done, { recursive: true });
  const to = await freeName(done, name);
  await rename(from, to);
  if (lookOf(await lstat(to)) !== look && !(await exists(from))) {
    await rename(to, from);
    return false;
  }
  await syncFolder(done);
  await syncFolder(folder);
  return true;
};
