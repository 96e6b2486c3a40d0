import { differingTexts, textsWithSigns, unsaidTexts } from "@mingcheng/ui/texts/compare-texts.ts";
import { describe, expect, it } from "vitest";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

describe("texts of the market screen", () => {
  it("say everything in both languages, with the same places to fill in", () => {
    expect(differingTexts(zh, en)).toEqual([]);
  });

  it("say nothing that the page does not say", () => {
    const sources = import.meta.glob<string>(["../**/*.{ts,vue}", "../../../../ui/src/parts/*.{vue,ts}"], {
      query: "?raw",
      import: "default",
      eager: true,
    });
    expect(unsaidTexts(zh, sources)).toEqual([]);
  });

  it("use no sign that the message format would take for its own", () => {
    expect(textsWithSigns({ zh, en })).toEqual([]);
  });
});
