import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** A file of the page. */
export interface PageFile {
  readonly path: string;
  readonly type: string;
  /** True for names with a hash of the content: they never change. */
  readonly hashed: boolean;
  /** Text that is left out when it is served. */
  readonly without?: string;
}

/** Where the build of this repository puts the page, as seen from this file (source or build). */
export const pageDirectory = fileURLToPath(new URL("../../dist/setup-page/", import.meta.url));

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const filesBelow = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(directory, entry.name)) : [join(directory, entry.name)],
  );

/**
 * The page's files by the path they are asked for: what is there at the start, and nothing else of the disk. They hold no
 * data. `first`: the one that is the address itself. Empty when the page was not built.
 */
export const pageFiles = (directory: string, first = "setup.html"): ReadonlyMap<string, PageFile> => {
  const files = new Map<string, PageFile>();
  if (!existsSync(join(directory, first))) return files;
  for (const path of filesBelow(directory)) {
    const type = types[extname(path)];
    const name = `/${relative(directory, path).replaceAll("\\", "/")}`;
    if (type !== undefined) files.set(name, { path, type, hashed: name.startsWith("/assets/") });
  }
  const page = files.get(`/${first}`);
  if (page !== undefined) files.set("/", page);
  return files;
};

/** Its bytes. Small files, asked for rarely: read when asked for, so that they cost no memory. */
export const bytesOfFile = ({ path, without }: PageFile): Buffer =>
  without === undefined ? readFileSync(path) : Buffer.from(readFileSync(path, "utf8").replace(without, ""));
