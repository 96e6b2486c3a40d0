import { describe, expect, it } from "vitest";
import { bytesText, countText, decimalText, kilogramsText, measuredText, percentText } from "./numbers.ts";
import { instantIn, localIn, momentText, spanOf } from "./times.ts";

const plain = (text: string | null) => text?.replaceAll("\u00a0", " ").replace("\u2212", "-");

describe("numbers", () => {
  it("keep every digit and set thousands apart", () => {
    expect(plain(decimalText("1234567.0050"))).toBe("1 234 567.0050");
    expect(plain(decimalText("-1234.5"))).toBe("-1 234.5");
    expect(plain(decimalText("0"))).toBe("0");
    expect(plain(countText(999))).toBe("999");
    expect(plain(countText(1000))).toBe("1 000");
  });

  it("turn grams into kilograms exactly, rounding only what is not shown", () => {
    expect(plain(kilogramsText("1234567", 2))).toBe("1 234.57");
    expect(plain(kilogramsText("0.4", 2))).toBe("0.00");
    expect(plain(kilogramsText("-0.4", 2))).toBe("0.00");
    expect(plain(kilogramsText("-1005", 2))).toBe("-1.01");
    expect(plain(kilogramsText("5", 2))).toBe("0.01");
    expect(plain(kilogramsText("90071992547409931234.5", 1))).toBe("90 071 992 547 409 931.2");
    expect(plain(kilogramsText("12", 3))).toBe("0.012");
    expect(plain(kilogramsText("1500", 0))).toBe("2");
  });

  it("tell sizes in the unit that suits them", () => {
    expect([0, 88_080_384, 1_073_741_824, 25_125_558_681].map((bytes) => plain(bytesText(bytes)))).toEqual([
      ...["0 MiB", "84 MiB", "1.0 GiB", "23.4 GiB"],
    ]);
  });

  it("carry their unit, unless they are none", () => {
    expect(plain(measuredText("62.5", "%"))).toBe("62.5 %");
    expect(measuredText("ERR", "%")).toBe("ERR");
    expect(measuredText("62.5", "")).toBe("62.5");
  });

  it("give a share only where there is something to share", () => {
    expect(plain(percentText(1, 42))).toBe("2.4 %");
    expect(plain(percentText(0, 5))).toBe("0.0 %");
    expect(percentText(0, 0)).toBeNull();
  });
});

describe("times", () => {
  const calendar = { timezone: "Asia/Shanghai", day: "2026-11-23" };

  it("are the centre's, short for today", () => {
    expect(momentText("2026-11-23T06:05:59.999Z", calendar)).toBe("14:05");
    expect(momentText("2026-11-22T16:00:00.000Z", calendar)).toBe("00:00");
    expect(momentText("2026-11-22T15:59:59.999Z", calendar)).toBe("11-22 23:59");
    expect(momentText("2025-12-31T00:00:00.000Z", calendar)).toBe("2025-12-31 08:00");
    expect(momentText("2026-11-23T06:05:00.000Z", { timezone: "America/New_York", day: "2026-11-23" })).toBe("01:05");
  });

  it("go into a form and come back as the same minute", () => {
    expect(localIn("2026-11-23T06:05:00.000Z", "Asia/Shanghai")).toBe("2026-11-23T14:05");
    expect(instantIn(localIn("2026-07-01T22:30:00.000Z", "Europe/Berlin"), "Europe/Berlin")).toBe(
      "2026-07-01T22:30:00.000Z",
    );
  });

  it("are understood as the centre's, whatever the reader's zone", () => {
    expect(instantIn("2026-11-23T14:05", "Asia/Shanghai")).toBe("2026-11-23T06:05:00.000Z");
    expect(instantIn("2026-03-29T12:00", "Europe/Berlin")).toBe("2026-03-29T10:00:00.000Z");
    expect(instantIn("2026-03-29T00:30", "Europe/Berlin")).toBe("2026-03-28T23:30:00.000Z");
    expect(instantIn("soon", "Asia/Shanghai")).toBeNull();
  });

  it("spans are never negative", () => {
    expect(spanOf(7_800_000)).toEqual({ days: 0, hours: 2, minutes: 10 });
    expect(spanOf(93_600_000)).toEqual({ days: 1, hours: 2, minutes: 0 });
    expect(spanOf(-5)).toEqual({ days: 0, hours: 0, minutes: 0 });
  });
});
