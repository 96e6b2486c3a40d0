import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, expect, it } from "vitest";
import { addImportCommand, addRegisterCommands } from "./register-commands.ts";

const data = mkdtempSync(join(tmpdir(), "mingcheng-register-commands-"));
const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
  process.exitCode = 0;
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

/** Runs a command in this process, as if it had been typed; what it printed, and its exit code. */
const type = async (...args: string[]): Promise<{ said: string; code: unknown }> => {
  const said: string[] = [];
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const add of [addImportCommand, addRegisterCommands]) add(program, (text) => void said.push(text));
  process.exitCode = 0;
  await program.parseAsync([...args, ...(args[1] === "kinds" ? [] : ["--data", data])], { from: "user" });
  return { said: said.join("\n"), code: process.exitCode };
};

it("imports a file with a report in the terminal's language, and exports it again", async () => {
  const file = join(data, "vendors.csv");
  const out = join(data, "out.csv");
  writeFileSync(file, "code,name,licence,from,to\nv1,陈记,,2026-01-01T08:00+08:00,\nv 2,林记,,,\n");
  process.env["LC_ALL"] = "zh_CN.UTF-8";
  const refused = await type("import", "vendors", file);
  expect(refused.code).toBe(1);
  expect(refused.said).toMatch(/^vendors 第 3 行 code: "v 2" 不符合要求[\s\S]*1 处错误，没有导入任何内容$/);
  process.env["LC_ALL"] = "C.UTF-8";
  writeFileSync(file, "code,name,licence,from,to\nv1,陈记,,2026-01-01T08:00+08:00,\nv2,林记,,,\n");
  expect((await type("import", "vendors", file, "--dry-run")).said).toMatch(
    /2 added[\s\S]*the register was not changed/,
  );
  const report = JSON.parse((await type("import", "all", data, "--json", "--note", "first")).said);
  expect(report).toMatchObject({ ok: true, change: 1, rows: 2, counts: { vendors: { added: 2 } }, findings: [] });
  expect((await type("register", "export", "vendors", "--out", out)).said).toBe(`${out}: 2 rows`);
  expect(readFileSync(out, "utf8")).toBe(readFileSync(file, "utf8"));
  await type("register", "export", "vendors", "--out", out, "--at", "2026-01-01 07:59", "--excel");
  expect(readFileSync(out, "utf8")).toBe("\uFEFFcode,name,licence,from,to\nv2,林记,,,\n");
});

it("lists the kinds, and names what it does not know", async () => {
  expect((await type("register", "kinds")).said).toMatch(/^item-codes .* site,alias,item,from,to$/m);
  await expect(type("import", "vendor", "x.csv")).rejects.toMatchObject({ code: "INPUT_INVALID", field: "kind" });
  await expect(type("import", "vendors", "x.csv")).rejects.toMatchObject({ code: "INPUT_INVALID", field: "file" });
  await expect(type("import", "all", join(data, "none"))).rejects.toMatchObject({ field: "file" });
  const wrongTime = type("register", "export", "vendors", "--out", join(data, "x"), "--at", "soon");
  await expect(wrongTime).rejects.toMatchObject({ field: "--at" });
});
