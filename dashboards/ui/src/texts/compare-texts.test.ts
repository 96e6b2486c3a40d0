import { expect, it } from "vitest";
import { differingTexts, textsWithSigns, unsaidTexts } from "./compare-texts.ts";

it("finds what a language lacks and a place to fill in that differs", () => {
  const zh = { door: { title: "登录", wait: "{n} 秒" }, end: "结束" };
  expect(differingTexts(zh, { door: { title: "Sign in", wait: "in {n} s" }, end: "Leave" })).toEqual([]);
  expect(differingTexts(zh, { door: { title: "Sign in", wait: "in {s} s" } })).toEqual(["door.wait", "end"]);
  expect(differingTexts({ door: { title: "登录" } }, zh)).toEqual(["door.wait", "end"]);
});

it("finds what no source says, written out or put together", () => {
  const texts = { end: "结束", role: { centre: "中心" }, old: { name: "旧" } };
  const sources = { "a.vue": "t('end')", "b.ts": `t(\`role.\${name}\`)` };
  expect(unsaidTexts(texts, sources)).toEqual(["old.name"]);
});

it("finds signs of the message format", () => {
  expect(textsWithSigns({ mail: "a@b", plain: "a", either: { or: "a | b" } })).toEqual(["mail", "either.or"]);
});
