import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../../src/harness/repository.ts";

const programs = ["gateway", "cloud"] as const;

/** Files and folders of the repository that a program looks for beside its own modules while it runs. */
const lookedFor = (program: string): string[] => {
  const sources = readdirSync(join(repositoryRoot, program, "src"), { recursive: true, encoding: "utf8" });
  const running = sources.filter((path) => path.endsWith(".ts") && !/(?:\.test|generate)\.ts$/.test(path));
  return running.flatMap((path) => {
    const text = readFileSync(join(repositoryRoot, program, "src", path), "utf8");
    // In the build a module lies where its source does, below dist.
    const module = pathToFileURL(join(repositoryRoot, program, "dist", path));
    return [...text.matchAll(/new URL\(\s*["`]([^"`$]*)/g)]
      .filter(([, target = ""]) => target.startsWith("."))
      .map(([, target = ""]) => relative(repositoryRoot, fileURLToPath(new URL(target, module))));
  });
};

const packs = readFileSync(join(repositoryRoot, ".ci/pack.mjs"), "utf8");

/** Those of the paths that are not packed, by a text of the packing program. */
const unpacked = (paths: readonly string[], text: string): string[] => {
  const packed = [...text.matchAll(/"((?:gateway|cloud|dashboards|protocols)\/[\w./-]+|docs)"/g)].map(
    ([, path = ""]) => path,
  );
  const isPacked = (path: string) =>
    packed.some((one) => path === one || path.startsWith(`${one}/`) || one.startsWith(`${path}/`));
  return [...new Set(paths)].filter((path) => !isPacked(path));
};

const lacking = (program: string, text: string): string[] =>
  unpacked(lookedFor(program), text).filter((path) => path !== `${program}/package.json`);

/** What units and pages say lies where a program was put. */
const placed = (): string[] => {
  const pages = ["docs", "gateway/systemd", "cloud/systemd"].flatMap((folder) =>
    readdirSync(join(repositoryRoot, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => readFileSync(join(repositoryRoot, folder, name), "utf8")),
  );
  return pages.flatMap((text) => [...text.matchAll(/\/opt\/mingcheng\/([\w./-]*\w)/g)].map(([, path = ""]) => path));
};

describe("what is packed to run", () => {
  it.each(programs)("has every file that %s looks for", (program) => {
    expect(lookedFor(program).length).toBeGreaterThan(2);
    expect(lacking(program, packs)).toEqual([]);
  });

  it("is where units and pages say that it is", () => {
    expect(placed()).toContain("cloud/health-rules/centre.rules.yaml");
    expect(placed().filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
    expect(unpacked(placed(), packs)).toEqual([]);
    expect(unpacked(placed(), packs.replace('"docs"', '"dogs"'))).toContain("docs/install-centre.md");
  });

  it("would lack what is left out", () => {
    expect(lacking("cloud", packs.replace('"cloud/routing"', '"cloud/rooting"'))).toContain(
      "cloud/routing/putian.yaml",
    );
    expect(lacking("cloud", packs.replace('"dashboards/screens/dist"', '"dashboards/ui/dist"'))).toEqual([
      "dashboards/screens/dist",
    ]);
  });
});
