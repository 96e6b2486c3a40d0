import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, expect, it } from "vitest";
import { addCommands } from "./add-commands.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-data-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const type = async (...args: string[]): Promise<unknown> => {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  await addCommands(program, () => undefined, args[0]);
  return program.parseAsync(args, { from: "user" });
};

it("is named when it was mistyped, and not made, by whatever works on what is there", async () => {
  const data = join(scratch, "typing-mistake");
  const lines = [
    "export --gateway market-a --out x.mcx",
    "gateway list",
    "gateway replace market-a",
    "gateway revoke market-a --kid 0123456789abcdef",
    "gateway command market-a diagnostics",
    "keys",
    "keys next-authority",
    "user list",
    "user reset admin",
    "audit verify",
    "retention holds",
    "person export o-1",
    "register export all --out x",
    "backup --out x",
    "rebuild",
  ];
  for (const line of lines) {
    await expect(type(...line.split(" "), "--data", data), line).rejects.toMatchObject({
      code: "INPUT_INVALID",
      field: "--data",
    });
    expect(existsSync(data), line).toBe(false);
  }
  // What may come before the first start makes it.
  await type("gateway", "add", "market-a", "--data", data);
  await type("gateway", "list", "--data", data);
});

it("is made by no verification, and what cannot be read is no verdict", async () => {
  const data = join(scratch, "nobody's");
  const file = join(scratch, "evidence.mcx");
  writeFileSync(file, "");
  const verify = (...args: string[]) => type("verify", ...args, "--data", data);
  await expect(verify(file)).rejects.toMatchObject({ code: "INPUT_INVALID", field: "--keys" });
  await expect(verify(scratch, "--keys", file)).rejects.toMatchObject({ code: "INPUT_INVALID", field: "file" });
  await expect(verify(join(scratch, "none"))).rejects.toMatchObject({ code: "INPUT_INVALID", field: "file" });
  expect(existsSync(data)).toBe(false);
});
