import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A row of the page: the trap, and what holds it. */
interface Trap {
  readonly trap: string;
  readonly fixtures: readonly string[];
  /** Test file and name. */
  readonly tests: readonly (readonly [string, string])[];
}

const trapIn = (row: string): Trap => {
  const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
  const [, trap = "", held = ""] = cells;
  const fixtures: string[] = [];
  const tests: [string, string][] = [];
  let file = "";
  for (const [, path = "", name = ""] of held.matchAll(/`([^`]+)`|"([^"]+)"/g)) {
    if (name !== "") tests.push([file, name]);
    else if (path.includes(".ts")) file = path;
    else fixtures.push(path);
  }
  return { trap, fixtures, tests };
};

const trapsOf = (page: string): Trap[] =>
  page
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| trap |"))
    .map(trapIn);

const hasTest = ([file, name]: readonly [string, string]): boolean =>
  existsSync(`${root}/${file}`) && readFileSync(`${root}/${file}`, "utf8").includes(`"${name}"`);

/** A fixture is a test of its family: its test reads every one, by name. */
const isRead = (fixture: string): boolean => {
  const [family = ""] = fixture.split("/");
  const test = `${root}/protocols/src/devices/${family}/${family}.test.ts`;
  return (
    existsSync(`${root}/protocols/fixtures/${fixture}/expected.json`) &&
    readFileSync(test, "utf8").includes("describeCodec(")
  );
};

/** What a row names that is not there. */
const missing = ({ trap, fixtures, tests }: Trap): string[] => [
  ...(fixtures.length + tests.length === 0 ? [`${trap}: held by nothing`] : []),
  ...fixtures.filter((fixture) => !isRead(fixture)),
  ...tests.filter((test) => !hasTest(test)).map(([file, name]) => `${file}: ${name}`),
];

describe("every trap of the page", () => {
  const traps = trapsOf(readFileSync(`${root}/docs/devices/traps.md`, "utf8"));

  it.each(traps.map((trap) => [trap.trap, trap] as const))("%s", (_name, trap) => {
    expect(missing(trap)).toEqual([]);
  });

  it("stands there once, and they are many", () => {
    expect(new Set(traps.map(({ trap }) => trap)).size).toBe(traps.length);
    expect(traps.length).toBeGreaterThan(70);
  });

  it("would be missed if what holds it were gone", () => {
    const rows = [
      "| a | fixture `lis/no-such-fixture` |",
      '| b | `gateway/test/traps.test.ts` "no test of this name" |'.replace("no test", "no  test"),
      "| c | nothing |",
    ];
    expect(rows.map((row) => missing(trapIn(row)).length)).toEqual([1, 1, 1]);
  });
});
