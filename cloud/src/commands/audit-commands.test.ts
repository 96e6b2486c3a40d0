import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openRegister } from "../register/register-database.ts";
import { addAuditCommands } from "./audit-commands.ts";
import { addGatewayCommands } from "./gateway-commands.ts";
import { addImportCommand, addRegisterCommands } from "./register-commands.ts";
import { addUserCommands } from "./user-commands.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-audit-commands-"));
const data = join(scratch, "data");
const language = process.env["LANG"];
beforeAll(() => {
  process.env["LANG"] = "en_GB.UTF-8";
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  if (language === undefined) delete process.env["LANG"];
  else process.env["LANG"] = language;
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs a command in this process, as if it had been typed; returns what it printed. */
const type = async (...args: string[]): Promise<string> => {
  const said: string[] = [];
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  const say = (text: string) => void said.push(text);
  const groups = [addAuditCommands, addUserCommands, addGatewayCommands, addImportCommand, addRegisterCommands];
  for (const add of groups) add(program, say);
  await program.parseAsync([...args, "--data", data], { from: "user" });
  return said.join("\n");
};

describe("the audit log at the command line", () => {
  it("has what was done there, verifies against a head noted before, and finds what was changed", async () => {
    await expect(type("audit", "verify")).rejects.toMatchObject({ code: "INPUT_INVALID", field: "--data" });
    mkdirSync(data);
    expect(await type("register", "sample")).toContain("imported as change 1");
    expect(await type("user", "add", "wang.li", "--role", "inspector", "--area", "songbai-st")).toContain(
      "wang.li sees: --area songbai-st",
    );
    await type("user", "scope", "wang.li", "--area", "hubei", "--site", "songbai");
    await type("gateway", "add", "market-songbai");
    await type("gateway", "disable", "market-songbai");
    const verified = await type("audit", "verify");
    expect(verified).toMatch(/^good: 6 entries/);
    const head = /: (6:[0-9a-f]{64})$/.exec(verified)?.[1] ?? "";
    const listed = (await type("audit", "list", "--json")).split("\n").map((line) => JSON.parse(line));
    expect(listed.map(({ entry }: { entry: { action: string } }) => entry.action)).toEqual([
      ...["audit.begun", "register.changed", "user.added", "user.scope", "gateway.added", "gateway.disabled"],
    ]);
    expect(await type("audit", "list", "--action", "user.scope")).toMatch(
      /@terminal {2}a user's areas and sites were changed \[user\.scope\] {2}user:wang\.li .*"areasBefore":"songbai-st"/,
    );
    const out = join(scratch, "audit.jsonl");
    expect(await type("audit", "export", "--out", out)).toBe(`${out}: 9 entries`);
    expect(readFileSync(out, "utf8").trimEnd().split("\n")).toHaveLength(9);
    await expect(type("audit", "export", "--out", out)).rejects.toThrow("EEXIST");
    expect(await type("audit", "verify", "--head", head)).toMatch(/^good: 10/);
    await expect(type("audit", "verify", "--head", "6")).rejects.toMatchObject({ field: "--head" });
    expect(process.exitCode).toBe(0);
    const database = openRegister(data);
    database.exec("DROP TRIGGER audit_entry_stays; DELETE FROM audit_entry WHERE n = 4");
    database.close();
    expect(await type("audit", "verify")).toBe("not good: entry 4: this entry is missing");
    expect(process.exitCode).toBe(1);
    expect(JSON.parse(await type("audit", "verify", "--json"))).toMatchObject({ ok: false, fault: { n: 4 } });
  });
});
