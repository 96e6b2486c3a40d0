import { spawnSync } from "node:child_process";
import { builtModule } from "../../src/harness/repository.ts";

const modules: Readonly<Record<string, string>> = {
  "mingcheng-cloud": "cloud/dist/main.js",
  "mingcheng-gateway": "gateway/dist/main.js",
  "mingcheng-sims": "device-sims/dist/src/main.js",
  "mingcheng-grafana": "dashboards/grafana/dist/main.js",
};

const helps = new Map<string, string>();

/** What `<program> <words> --help` prints: the help of the last of these words that is a command. */
const helpOf = (program: string, module: string, words: readonly string[]): string => {
  const key = [program, ...words].join(" ");
  const known = helps.get(key);
  if (known !== undefined) return known;
  const { stdout } = spawnSync(process.execPath, [builtModule(module), ...words, "--help"], {
    encoding: "utf8",
    env: { ...process.env, LANG: "en_GB.UTF-8", COLUMNS: "200" },
  });
  helps.set(key, stdout);
  return stdout;
};

/** Words of a help's first line that name the command: `Usage: mingcheng-cloud gateway [options] …`. */
const commandOf = (help: string): string => /^Usage: ([\w-]+(?: [\w-]+)*)/m.exec(help)?.[1] ?? "";

const optionsIn = (help: string): string[] =>
  [...help.matchAll(/(?:^| |,)(--[a-z][\w-]*)/g)].map(([, name = ""]) => name);

/** What of a command line our programs do not know: program, command or options. Empty: all of it is known. */
export const unknownInCommand = ([program = "", ...words]: readonly string[]): string[] => {
  const module = Object.hasOwn(modules, program) ? modules[program] : undefined;
  if (module === undefined) return [`no program ${program}`];
  const end = words.findIndex((word) => !/^[a-z][\w-]*$/.test(word));
  const leading = end === -1 ? words : words.slice(0, end);
  const help = helpOf(program, module, leading);
  const command = commandOf(help);
  const next = leading[command.split(" ").length - 1];
  // Whoever has commands of its own takes no other words.
  if (/^Commands:$/m.test(help) && next !== undefined) return [`no command ${command} ${next}`];
  const known = new Set(optionsIn(help));
  return words
    .filter((word) => word.startsWith("--") && !known.has(word.split("=")[0] ?? ""))
    .map((option) => `${command} has no option ${option}`);
};

/** Command lines of our programs in a shell script or a page, continued lines joined. */
export const commandsIn = (text: string): string[][] =>
  [
    ...text
      .replaceAll("\\\n", " ")
      .replaceAll(/sudo -u \S+ /g, "")
      .matchAll(/(?:^|[\s(`])(mingcheng-(?:cloud|gateway|sims)(?: [^\n`|;&#)]*)?)/gm),
  ].map(([, line = ""]) => line.trim().split(/\s+/));
