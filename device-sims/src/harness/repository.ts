import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const findRoot = (): string => {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, "package-lock.json"))) {
    const parent = dirname(dir);
    if (parent === dir) throw new Error("not inside the repository");
    dir = parent;
  }
  return dir;
};

/** The repository's folder, from source and from the build alike. */
export const repositoryRoot = findRoot();

/** A built module of the repository, e.g. `gateway/dist/main.js`. @throws {Error} when it was not built */
export const builtModule = (path: string): string => {
  const full = join(repositoryRoot, path);
  if (!existsSync(full)) throw new Error(`${path} is not built. Run: npm run build`);
  return full;
};
