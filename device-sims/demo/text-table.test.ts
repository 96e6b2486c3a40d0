import { describe, expect, it } from "vitest";
import { displayWidth, textTable } from "./text-table.ts";

describe("tables for the terminal", () => {
  it("counts Chinese characters as two columns", () => {
    expect(displayWidth("秤A12")).toBe(5);
    expect(displayWidth("（中）")).toBe(6);
  });

  it("aligns mixed text and right-aligned figures", () => {
    expect(
      textTable(
        [
          ["设备", "已说"],
          ["秤A12", "7"],
          ["tester", "12"],
        ],
        new Set([1]),
      ),
    ).toEqual(["设备    已说", "──────  ────", "秤A12      7", "tester    12"]);
  });

  it("has nothing to say about nothing", () => {
    expect(textTable([])).toEqual([]);
  });
});
