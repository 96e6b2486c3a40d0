import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { judgeAssay } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { assaysOption } from "./assay-config.ts";
import { assayLibrary } from "./assay-library.ts";

const rulesOf = (...entries: readonly Readonly<Record<string, unknown>>[]) => assaysOption().parse(entries);
const faultOf = (entry: Readonly<Record<string, unknown>>): string | undefined =>
  assaysOption().safeParse([entry]).error?.issues[0]?.path.join(".");
const judged = (value: string, entry: Readonly<Record<string, unknown>>, unit = "%") =>
  judgeAssay({ value, unit, flags: "", status: "" }, rulesOf(entry)[0]);

describe("assay definitions", () => {
  it("are one file each, named after their id, with source", () => {
    const require = createRequire(import.meta.url);
    const folder = dirname(require.resolve("@mingcheng/protocols/assays/gbt-5009-199-2003.yaml"));
    expect([...assayLibrary().keys()].map((id) => `${id}.yaml`).sort()).toEqual(readdirSync(folder).sort());
    const page = readFileSync(new URL("../../../docs/devices/README.md", import.meta.url), "utf8");
    for (const [id, { source }] of assayLibrary()) {
      expect(source.length).toBeGreaterThan(40);
      expect(page).toContain(`| \`${id}\` |`);
    }
  });

  it("judge 50 % and more as positive by GB/T 5009.199-2003, and ask for two repeats", () => {
    const entry = { code: "inhibition", use: "gbt-5009-199-2003" };
    expect(["49.99", "50", "50.00", "50.01"].map((value) => judged(value, entry).verdict)).toEqual([
      ...["negative", "positive", "positive", "positive"],
    ]);
    expect([judged("50", entry).retests, judged("49.99", entry).retests]).toEqual([2, 0]);
  });

  it("look again from where the site says: 40 % in practice, nowhere in the standard", () => {
    const entry = { code: "inhibition", use: "gbt-5009-199-2003", suspectFrom: "40" };
    const verdicts = ["39.99", "40", "49.99", "50"].map((value) => judged(value, entry).verdict);
    expect(verdicts).toEqual(["negative", "suspect", "suspect", "positive"]);
  });

  it("judge 70 % and more as positive by NY/T 448-2001", () => {
    const entry = { code: "NY/T 448", use: "nyt-448-2001" };
    expect(["69.9", "70.0"].map((value) => judged(value, entry).verdict)).toEqual(["negative", "positive"]);
  });

  it.each(["", "NA", "NaN", "INVALID"])("never pass %j", (value) => {
    for (const use of assayLibrary().keys()) {
      expect(["none", "invalid"]).toContain(judged(value, { code: "x", use }).verdict);
    }
  });

  it("never pass what has no unit or another one", () => {
    const entry = { code: "inhibition", use: "gbt-5009-199-2003" };
    expect([judged("1", entry, "").verdict, judged("1", entry, "mg/kg").verdict]).toEqual(["none", "none"]);
  });
});

describe("an assay in a configuration", () => {
  it("overrides what it says itself", () => {
    const [rule] = rulesOf({ code: "a", use: "nyt-448-2001", name: "快检", positiveFrom: "60", retests: 1 });
    expect(rule).toMatchObject({ code: "a", name: "快检", positiveFrom: "60", retests: 1, method: "NY/T 448-2001" });
  });

  it("stands alone without a definition", () => {
    const [rule] = rulesOf({ code: "a", method: "m", direction: "below-is-positive", positiveFrom: "1" });
    expect(rule).toEqual({ code: "a", method: "m", direction: "below-is-positive", positiveFrom: "1" });
  });

  it.each([
    ["0.use", { code: "a", use: "no-such" }],
    ["0.method", { code: "a" }],
    ["0.direction", { code: "a", method: "m" }],
    ["0.positiveFrom", { code: "a", method: "m", direction: "above-is-positive" }],
    ["0.positiveFrom", { code: "a", use: "gbt-5009-199-2003", positiveFrom: "fifty" }],
    ["0", { code: "a", use: "gbt-5009-199-2003", unknown: 1 }],
  ])("is refused at %s", (path, entry) => {
    expect(faultOf(entry)).toBe(path);
  });
});
