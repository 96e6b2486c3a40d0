import { describe, expect, it } from "vitest";
import { parseDemoOptions } from "./options.ts";

describe("the demo's command line", () => {
  it("speaks Chinese unless asked otherwise", () => {
    expect(parseDemoOptions([], {}).language).toBe("zh");
    expect(parseDemoOptions([], { LANG: "C.UTF-8" }).language).toBe("zh");
    expect(parseDemoOptions([], { LANG: "en_GB.UTF-8" }).language).toBe("en");
    expect(parseDemoOptions([], { LANG: "en" }).language).toBe("en");
    expect(parseDemoOptions(["--lang", "en"], { LANG: "zh_CN.UTF-8" }).language).toBe("en");
    expect(parseDemoOptions(["--lang", "zh"], { LANG: "en_GB.UTF-8" }).language).toBe("zh");
  });

  it("takes --json as a check", () => {
    expect(parseDemoOptions(["--json"], {})).toMatchObject({ check: true, json: true, fresh: false });
    expect(parseDemoOptions(["--check", "--fresh"], {})).toMatchObject({ check: true, json: false, fresh: true });
  });

  it("refuses what it does not know", () => {
    expect(() => parseDemoOptions(["--chek"], {})).toThrow(/--chek/);
  });
});
