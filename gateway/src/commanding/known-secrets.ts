import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { identityDirectory } from "../identity/identity.ts";
import { secretsIn } from "./scrub.ts";

const leastLineChars = 16;

/** What a file of the identity directory holds that nobody else may see: lines of a key, secrets of the enrolment. */
const secretsOf = (name: string, text: string): string[] => {
  if (!name.endsWith(".json"))
    return text.split("\n").filter((line) => line.length >= leastLineChars && !line.startsWith("-----"));
  try {
    return secretsIn(JSON.parse(text));
  } catch {
    return [text];
  }
};

/** Key files: certificates are public and stay. */
const isPrivate = (name: string): boolean => name.endsWith(".json") || /key/.test(name);

/**
 * Every secret this gateway knows of, wherever it would be written: its keys and credential, secrets of the configuration
 * and of the environment.
 */
export const knownSecrets = async (dataDirectory: string, configs: readonly unknown[]): Promise<string[]> => {
  const directory = identityDirectory(dataDirectory);
  const found = [...configs.flatMap((config) => secretsIn(config)), ...secretsIn(process.env)];
  for (const name of (await readdir(directory)).filter(isPrivate)) {
    found.push(...secretsOf(name, await readFile(join(directory, name), "utf8").catch(() => "")));
  }
  return found;
};
