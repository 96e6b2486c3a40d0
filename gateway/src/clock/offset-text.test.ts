import { describe, expect, it } from "vitest";
import { offsetPattern, offsetText } from "./offset-text.ts";

describe("local times at an offset", () => {
  it.each([
    ["+08:00", "2026-11-25T16:00:00.000Z", "2026-11-26T00:00:00.000+08:00"],
    ["-03:30", "2026-07-01T03:29:59.999Z", "2026-06-30T23:59:59.999-03:30"],
    ["+00:00", "1970-01-01T00:03:00.000Z", "1970-01-01T00:03:00.000+00:00"],
  ])("at %s tell %s as %s, which is the same instant", (offset, instant, text) => {
    expect(offsetText(offset)(Date.parse(instant))).toBe(text);
    expect(Date.parse(text)).toBe(Date.parse(instant));
  });

  it("know an offset from what is none", () => {
    const texts = ["+08:00", "-03:30", "+14:00", "+15:00", "8", "Asia/Shanghai", "+08:60", ""];
    expect(texts.filter((text) => offsetPattern.test(text))).toEqual(["+08:00", "-03:30", "+14:00"]);
  });
});
