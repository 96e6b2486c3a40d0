import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const tracked = spawnSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" })
  .stdout.split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const markdown = tracked.filter((path) => path.endsWith(".md"));

/** Link targets of a Markdown text that point into the repository. */
const localLinks = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => !/^[a-z]+:/.test(target));

const brokenLinks = (path: string, text: string): string[] =>
  localLinks(text).filter((target) => !existsSync(join(root, dirname(path), decodeURI(target))));

/** The shape of a page: its headings' levels, its code blocks' commands, its tables' row counts. */
const shape = (text: string): unknown => ({
  headings: text.match(/^#+ /gm),
  links: localLinks(text).filter((link) => !/^README/.test(link)),
  commands: [...text.matchAll(/^(?:npm|npx) [^#\n]*/gm)].map(([line]) => line.replace(/<[^>]*>/g, "<>").trim()),
  rows: text.match(/^\|/gm)?.length,
});

describe("documents", () => {
  it("links only to what exists", () => {
    expect(markdown.flatMap((path) => brokenLinks(path, read(path)).map((target) => `${path} → ${target}`))).toEqual(
      [],
    );
  });

  it("would notice a broken link", () => {
    expect(brokenLinks("README.md", "[x](docs/no-such-page.md) [y](README.md) [z](https://example.org/)")).toEqual([
      "docs/no-such-page.md",
    ]);
  });

  it("keeps the English and the Chinese README in step", () => {
    expect(shape(read("README.zh-CN.md"))).toEqual(shape(read("README.md")));
  });

  it("has every generated file as its generator writes it", () => {
    const result = spawnSync(process.execPath, [".ci/generate.mjs", "--check"], { cwd: root, encoding: "utf8" });
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
  });

  it("names no path of anybody's machine", () => {
    const texts = tracked.filter(
      (path) => /\.(ts|md|json|ya?ml|sh|mjs|vue)$|^\.ci\/run$/.test(path) && path !== "package-lock.json",
    );
    // Assembled, so that this file does not find itself.
    const own = new RegExp(["/wo", "rk/(main|shared)|\\.\\./sha", "red/"].join(""));
    expect(texts.filter((path) => own.test(read(path)))).toEqual([]);
  });
});
