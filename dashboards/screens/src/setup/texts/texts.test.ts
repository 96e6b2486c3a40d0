import { describe, expect, it } from "vitest";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

const flat = (texts: object, prefix = ""): [string, string][] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === "string"
      ? [[`${prefix}${key}`, value] as [string, string]]
      : flat(value as object, `${prefix}${key}.`),
  );

const slots = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort();

describe("texts of the set-up page", () => {
  it("say everything in both languages, with the same places to fill in", () => {
    const [chinese, english] = [new Map(flat(zh)), new Map(flat(en))];
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
    for (const [key, text] of chinese) expect(slots(english.get(key) ?? ""), key).toEqual(slots(text));
  });

  it("say nothing that the page does not say", () => {
    const sources = import.meta.glob(["../**/*.{ts,vue}", "../../parts/*.vue"], {
      query: "?raw",
      import: "default",
      eager: true,
    });
    const code = Object.values(sources).join("");
    // A key is written out, or its last part is put together: t(`uplink.${state}`).
    const isUsed = (key: string) =>
      code.includes(`"${key}"`) || code.includes(`'${key}'`) || code.includes(`\`${key.replace(/[^.]+$/, "")}\${`);
    expect(flat(zh).flatMap(([key]) => (isUsed(key) ? [] : [key]))).toEqual([]);
  });

  it("use no sign that the message format would take for its own", () => {
    for (const [key, text] of [...flat(zh), ...flat(en)]) expect(text, key).not.toMatch(/[@|]/);
  });
});
