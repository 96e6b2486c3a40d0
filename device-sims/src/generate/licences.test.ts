import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../harness/repository.ts";
import { generated, isAllowed, lockedPackages } from "./licences.ts";

const lock = readFileSync(join(repositoryRoot, "package-lock.json"), "utf8");
const refused = (text: string): string[] =>
  lockedPackages(text).flatMap(({ name, licence }) => (isAllowed(licence) ? [] : [`${name}: ${licence}`]));

describe("the licences of what comes in", () => {
  it("are all on the list, and the page says which", () => {
    expect(refused(lock)).toEqual([]);
    for (const { path, text } of generated()) expect(readFileSync(join(repositoryRoot, path), "utf8")).toBe(text);
  });

  it("are found when they are not on the list, or not named", () => {
    const planted = {
      packages: {
        "": {},
        "node_modules/a": { version: "1.0.0", license: "GPL-3.0-only" },
        "node_modules/a/node_modules/b": { version: "1.0.0" },
        "node_modules/c": { version: "1.0.0", license: "(GPL-3.0-only OR MIT)" },
        "node_modules/d": { version: "1.0.0", license: "MIT AND GPL-2.0-only" },
      },
    };
    expect(refused(JSON.stringify(planted))).toEqual(["a: GPL-3.0-only", "b: none", "d: MIT AND GPL-2.0-only"]);
  });
});
