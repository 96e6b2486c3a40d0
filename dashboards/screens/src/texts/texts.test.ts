import { differingTexts, textsWithSigns, unsaidTexts } from "@mingcheng/ui/texts/compare-texts.ts";
import { describe, expect, it } from "vitest";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

describe("texts", () => {
  it("say everything in both languages, with the same places to fill in", () => {
    expect(differingTexts(zh, en)).toEqual([]);
  });

  it("say nothing that no page says", () => {
    const sources = import.meta.glob<string>(["../**/*.{ts,vue}", "../../../ui/src/**/*.{ts,vue}", "!../setup/**"], {
      query: "?raw",
      import: "default",
      eager: true,
    });
    expect(unsaidTexts(zh, sources)).toEqual([]);
  });

  it("never accuse: a positive rapid test waits for confirmation", () => {
    const all = JSON.stringify([zh, en]);
    expect(all).not.toMatch(/不合格|违法|有毒|unsafe|failed the test|illegal/i);
    for (const verdict of [zh.tests.verdicts.positive, zh.tests.verdicts.suspect]) expect(verdict).toContain("待复检");
  });

  it("use no sign that the message format would take for its own", () => {
    expect(textsWithSigns({ zh, en })).toEqual([]);
  });
});
