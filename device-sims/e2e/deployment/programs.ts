import { spawnSync } from "node:child_process";
import { builtModule } from "../../src/harness/repository.ts";

const modules: Readonly<Record<string, string>> = {
  "mingcheng-cloud": "cloud/dist/main.js",
  "mingcheng-gateway": "gateway/dist/main.js",
  "mingcheng-sims": "device-sims/dist/src/main.js",
};

const helps = new Map<string, string>();

/** What `<program> <words> --help` prints; undefined when there is no such program or command. */
const helpOf = (program: string, words: readonly string[]): string | undefined => {
  const module = Object.hasOwn(modules, program) ? modules[program] : undefined;
  if (module === undefined) return undefined;
  const key = [program, ...words].join(" ");
  const known = helps.get(key);
  if (known !== undefined) return known === "" ? undefined : known;
  const args = [builtModule(module), ...words, "--help"];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    env: { ...process.env, LANG: "en_GB.UTF-8", COLUMNS: "200" },
  });
  const usage = new RegExp(`^Usage: ${key}( |$)`, "m").test(stdout) ? stdout : "";
  helps.set(key, status === 0 ? usage : "");
  return status === 0 && usage !== "" ? usage : undefined;
};

/** Subcommands that a help lists. */
const subcommandsIn = (help: string): string[] =>
  [...(help.split(/^Commands:$/m)[1] ?? "").matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = ""]) => name);

const optionsIn = (help: string): string[] =>
  [...help.matchAll(/(?:^| |,)(--[a-z][\w-]*)/g)].map(([, name = ""]) => name);

/** What of a command line our programs do not know: program, command or options. Empty: all of it is known. */
export const unknownInCommand = ([program = "", ...words]: readonly string[]): string[] => {
  let help = helpOf(program, []);
  if (help === undefined) return [`no program ${program}`];
  const path: string[] = [];
  for (const word of words) {
    const subcommands = subcommandsIn(help);
    if (subcommands.length === 0) break;
    if (word.startsWith("-")) break;
    path.push(word);
    help = subcommands.includes(word) ? helpOf(program, path) : undefined;
    if (help === undefined) return [`no command ${program} ${path.join(" ")}`];
  }
  const known = new Set(optionsIn(help));
  return words
    .filter((word) => word.startsWith("--") && !known.has(word.split("=")[0] ?? ""))
    .map((option) => `${[program, ...path].join(" ")} has no option ${option}`);
};

/** Command lines of our programs in a shell script or a page, continued lines joined. */
export const commandsIn = (text: string): string[][] =>
  [...text.replaceAll("\\\n", " ").matchAll(/(?:^|[\s(`/])(mingcheng-(?:cloud|gateway|sims)(?: [^\n`|;&#)]*)?)/gm)].map(
    ([, line = ""]) => line.trim().split(/\s+/),
  );
