import { describe, expect, it } from "vitest";
import { shortMessage } from "./message.ts";
import { plainWords, withoutLinks } from "./plain-words.ts";

describe("what others wrote, in a message", () => {
  it.each([
    ["松柏 138-0013-8000", "松柏"],
    ["松柏138 0013 8000店", "松柏店"],
    ["+86 138.0013.8000", ""],
    ["松柏１３８００１３８０００", "松柏"],
    ["松柏(0592)234-5678", "松柏"],
    ["松柏0592-2345678", "松柏"],
    ["松柏400-820-8820", "松柏"],
    ["卡号62220212345", "卡号"],
  ])("has no telephone number: %s", (written, shown) => {
    expect(plainWords(written)).toBe(shown);
    expect(withoutLinks(written)).not.toBe("");
  });

  it.each([
    ["松柏 t.cn/a1b2 详见", "松柏  详见"],
    ["http：//evil.cn/x 松柏", "松柏"],
    ["ftp://x.cn/1", ""],
    ["ｗｗｗ．evil．cn", ""],
    ["给 li@qq.com 写信", "给  写信"],
    ["http://１０.0.0.1:8080/x", ""],
    ["见10.0.0.1/x", "见"],
    ["松柏\u202Emoc.live", "松柏"],
  ])("has no link: %s", (written, shown) => {
    expect(plainWords(written)).toBe(shown);
    expect(withoutLinks(written)).toBe(shown);
  });

  it.each([
    "2026-11-26 14:05复检",
    "3.5kg韭菜",
    "A.1区",
    "No.12档",
    "1.2.3-a",
    "松柏.市场",
    "0.625 公斤",
    "12345.67元",
  ])("keeps dates, weights and names: %s", (written) => {
    expect(plainWords(written)).toBe(written);
  });

  it("is cleaned before it is cut: no half of a link or a number is left, on any channel", () => {
    const { text } = shortMessage("alert", {
      ...{ level: "关注", site: "松柏 t.cn/a1b2c3", subject: "速回 138-0013-8000 退订", time: "14:05", code: "7431" },
    });
    expect(text).toBe("关注预警：松柏速回  退订，14:05。回复7431签收");
  });
});
