import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { secretsIn } from "./scrub.ts";

/** Directories with records and what comes from them: large, and without secrets of this gateway. */
const passedOver = new Set(["outbox", "quarantine", "diagnostics"]);
const maxFileBytes = 64 * 1024;
const maxDepth = 3;
const leastLineChars = 16;

const linesOfKey = (text: string): string[] =>
  text.split("\n").filter((line) => line.length >= leastLineChars && !line.startsWith("-----"));

/** What a file holds that nobody else may see: lines of a private key, values under a secret's name. */
const secretsOf = (text: string): string[] => {
  if (text.includes("PRIVATE KEY-----")) return linesOfKey(text);
  try {
    return secretsIn(JSON.parse(text));
  } catch {
    return [];
  }
};

const secretsBelow = async (directory: string, depth: number): Promise<string[]> => {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (depth < maxDepth && !passedOver.has(entry.name)) found.push(...(await secretsBelow(path, depth + 1)));
    } else if (entry.isFile() && (await stat(path)).size <= maxFileBytes) {
      found.push(...secretsOf(await readFile(path, "utf8").catch(() => "")));
    }
  }
  return found;
};

/**
 * Every secret this gateway knows of, wherever it would be written: keys and credentials in the data directory, secrets of
 * the configuration and of the environment.
 */
export const knownSecrets = async (dataDirectory: string, configs: readonly unknown[]): Promise<string[]> => [
  ...configs.flatMap((config) => secretsIn(config)),
  ...secretsIn(process.env),
  ...(await secretsBelow(dataDirectory, 1)),
];
