import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../harness/repository.ts";

/** Licences under which packages may come in: permissive ones, and MPL-2.0 for files that are not changed. */
export const allowedLicences: ReadonlySet<string> = new Set([
  ...["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0", "ISC", "MIT"],
  ...["MIT-0", "MPL-2.0", "Python-2.0", "Unlicense", "Zlib"],
]);

/** A package as the lock file names it. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Needed for development only. */
  readonly dev: boolean;
}

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

/** Every package of a lock file that is not ours, by name and version. */
export const lockedPackages = (lock: string): LockedPackage[] => {
  const { packages } = JSON.parse(lock) as { packages: Record<string, LockEntry> };
  const found = new Map<string, LockedPackage>();
  for (const [path, { version = "", license = "none", dev = false, link = false }] of Object.entries(packages)) {
    const at = path.lastIndexOf("node_modules/");
    if (at < 0 || link) continue;
    const name = path.slice(at + "node_modules/".length);
    const key = `${name}@${version}`;
    found.set(key, { name, version, licence: license, dev: dev && (found.get(key)?.dev ?? true) });
  }
  return [...found.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, each]) => each);
};

/** An expression is allowed when one of its alternatives is, with all of its parts. */
export const isAllowed = (licence: string): boolean =>
  licence
    .replace(/[()]/g, "")
    .split(" OR ")
    .some((alternative) => alternative.split(" AND ").every((part) => allowedLicences.has(part.trim())));

const text = (packages: readonly LockedPackage[]): string => {
  const counts = new Map<string, number>();
  for (const { licence } of packages) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const sums = [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, n]) => `| ${name} | ${n} |`);
  const rows = packages.map(
    ({ name, version, licence, dev }) => `| ${name} | ${version} | ${licence} | ${dev ? "development" : ""} |`,
  );
  return `# Licences

Written by \`npm run gen\` from \`package-lock.json\`. A test refuses a licence that is not on the list in
[\`device-sims/src/generate/licences.ts\`](../device-sims/src/generate/licences.ts).

| licence | packages |
|---|---|
${sums.join("\n")}

| package | version | licence | |
|---|---|---|---|
${rows.join("\n")}
`;
};

/** The page of licences. */
export const generated = (): { path: string; text: string }[] => [
  {
    path: "docs/licences.md",
    text: text(lockedPackages(readFileSync(join(repositoryRoot, "package-lock.json"), "utf8"))),
  },
];
