import { Command } from "commander";
import { expect, it } from "vitest";
import { addCommands } from "./add-commands.ts";

const namesFor = async (asked: string | undefined): Promise<string[]> => {
  const program = new Command();
  await addCommands(program, () => undefined, asked);
  return program.commands.map((command) => command.name());
};

it("loads the command that was asked for and nothing else, each under its own name", async () => {
  const all = await namesFor(undefined);
  expect(new Set(all).size).toBe(all.length);
  expect(all).toContain("verify");
  for (const name of all) expect(await namesFor(name)).toEqual([name]);
  // Help and typing mistakes show all there are.
  expect(await namesFor("help")).toEqual(all);
  expect(await namesFor("vrify")).toEqual(all);
});
