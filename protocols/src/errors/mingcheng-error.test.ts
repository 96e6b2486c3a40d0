import { describe, expect, it } from "vitest";
import { explain, MingchengError } from "./mingcheng-error.ts";

describe("an error as people read it", () => {
  it("is said in the asked language where its message holds both", () => {
    const both = new MingchengError("CHANNEL_INVALID", "/etc/key 无法读取 / /etc/key cannot be read", {
      field: "keyFile",
    });
    expect(explain(both, "zh")).toMatch(/（字段 keyFile）：\/etc\/key 无法读取。下一步：/u);
    expect(explain(both, "en")).toMatch(/\(field keyFile\): \/etc\/key cannot be read\. Next: /u);
  });

  it("is said as it is where it holds one, a stroke in it or not", () => {
    const one = new MingchengError("CHANNEL_INVALID", "a / b");
    expect([explain(one, "zh"), explain(one, "en")]).toEqual([
      expect.stringContaining("：a / b。"),
      expect.stringContaining(": a / b."),
    ]);
    expect(explain(new Error("boom"), "zh")).toBe("boom");
  });
});
