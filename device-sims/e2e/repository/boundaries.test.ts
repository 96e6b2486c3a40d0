import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const packages = ["protocols", "gateway", "cloud", "device-sims", "dashboards/ui", "dashboards/screens"];

/** Imports that must never come in, each with a file that would hold it and the rule that has to refuse it. */
const forbidden: readonly [name: string, file: string, code: string, rule: string][] = [
  ["cloud → gateway by name", "cloud/src/bad.ts", 'import "@mingcheng/gateway";', "noRestrictedImports"],
  [
    "cloud → gateway by path",
    "cloud/src/ledger/bad.ts",
    'import "../../../gateway/src/app.ts";',
    "noRestrictedImports",
  ],
  ["cloud → device-sims", "cloud/src/bad.ts", 'import "@mingcheng/device-sims";', "noRestrictedImports"],
  ["gateway → cloud by name", "gateway/src/bad.ts", 'import "@mingcheng/cloud";', "noRestrictedImports"],
  [
    "gateway → cloud by path",
    "gateway/src/outbox/bad.ts",
    'import "../../../cloud/src/app.ts";',
    "noRestrictedImports",
  ],
  [
    "gateway → inside of protocols",
    "gateway/src/bad.ts",
    'import "@mingcheng/protocols/src/chain/chain.ts";',
    "noRestrictedImports",
  ],
  ["sims → gateway", "device-sims/src/bad.ts", 'import "@mingcheng/gateway";', "noRestrictedImports"],
  ["demo → cloud by path", "device-sims/demo/bad.ts", 'import "../../cloud/src/app.ts";', "noRestrictedImports"],
  ["screens → cloud", "dashboards/screens/src/bad.ts", 'import "@mingcheng/cloud";', "noRestrictedImports"],
  ["shared parts of screens → cloud", "dashboards/ui/src/bad.ts", 'import "@mingcheng/cloud";', "noRestrictedImports"],
  ["protocols → ours", "protocols/src/bad.ts", 'import "@mingcheng/gateway";', "noRestrictedImports"],
  ["protocols → Node", "protocols/src/bad.ts", 'import "node:fs";', "noNodejsModules"],
  ["protocols → clock", "protocols/src/bad.ts", "export const now = (): number => Date.now();", "noRestrictedGlobals"],
  ["protocols → timers", "protocols/src/bad.ts", "setTimeout(() => undefined, 1);", "noRestrictedGlobals"],
  ["a package nobody declared", "gateway/src/bad.ts", 'import "left-pad";', "noUndeclaredDependencies"],
];

describe("import boundaries", () => {
  let copy = "";

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "mingcheng-boundaries-"));
    for (const file of ["biome.json", ".gitignore", "package.json"]) cpSync(join(root, file), join(copy, file));
    for (const name of packages) {
      mkdirSync(join(copy, name), { recursive: true });
      cpSync(join(root, name, "package.json"), join(copy, name, "package.json"));
    }
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const lint = (file: string, code: string): { status: number | null; output: string } => {
    const path = join(copy, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${code}\n`);
    const result = spawnSync(join(root, "node_modules/.bin/biome"), ["lint", "--colors=off", file], {
      cwd: copy,
      encoding: "utf8",
    });
    rmSync(path);
    return { status: result.status, output: result.stdout + result.stderr };
  };

  it.each(forbidden)("refuses %s", (_name, file, code, rule) => {
    const { status, output } = lint(file, code);
    expect(output).toContain(rule);
    expect(status).toBe(1);
  });

  it.each([
    ["cloud/src/good.ts", 'import "@mingcheng/protocols";'],
    ["gateway/src/good.ts", 'import "node:fs";\nimport "@mingcheng/protocols";'],
    ["protocols/src/good.ts", 'import "zod";'],
  ])("lets %s import what it may", (file, code) => {
    const { status, output } = lint(file, code);
    expect(output).not.toMatch(/noRestricted|noNodejs|noUndeclared/);
    expect(status).toBe(0);
  });
});
