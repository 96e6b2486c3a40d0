import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { aliyunCodes } from "./aliyun-sms/aliyun-codes.ts";
import { channelSettings } from "./index.ts";
import { messageTemplates } from "./message.ts";
import { messageNames } from "./sms/approved-templates.ts";
import { longestChars, partsOf, textFaults } from "./sms/approved-text.ts";
import { tencentCodes } from "./tencent-sms/tencent-codes.ts";
import { wecomCodes } from "./wecom/wecom-codes.ts";

const page = readFileSync(new URL("../../../docs/channels.md", import.meta.url), "utf8");
const cellsOf = (row: string): string[] => row.split("|").map((cell) => cell.trim());
const rowOf = (name: string): string[] =>
  cellsOf(page.split("\n").find((line) => line.startsWith(`| \`${name}\` | `)) ?? "");

const shown = [...page.matchAll(/^```yaml\n(.*?)^```$/gmsu)].flatMap(
  ([, text]) => (parse(text ?? "") as { readonly channels: readonly { readonly type: string }[] }).channels,
);
const texts = (type: string) =>
  (shown.find((one) => one.type === type) as unknown as { templates: Record<string, { text: string }> }).templates;

describe("the page on channels", () => {
  it("shows settings that are good", () => {
    expect(shown.map(({ type }) => type)).toEqual(["aliyun-sms", "tencent-sms", "wecom"]);
    for (const settings of shown) expect(channelSettings.safeParse(settings).error).toBeUndefined();
  });

  it.each(messageNames)(
    "has the text of %s the same in its table and its examples, fit for the longest signature",
    (name) => {
      const [, , , aliyun = "", tencent = "", longest] = rowOf(name);
      expect(aliyun).toBe(`\`${texts("aliyun-sms")[name]?.text}\``);
      expect(tencent).toBe(`\`${texts("tencent-sms")[name]?.text}\``);
      const parts = partsOf(aliyun.slice(1, -1), /\$\{(\w+)\}/gu, (variable) => variable);
      const rules = { signature: "十二个字的签名十二个字的", variableChars: 35 };
      expect(textFaults(name, parts, rules)).toEqual([]);
      expect(longestChars(name, parts, rules) - 14).toBe(Number(longest));
    },
  );

  it("says how long each variable may be", () => {
    for (const { variables } of Object.values(messageTemplates)) {
      for (const [name, chars] of Object.entries(variables)) {
        const row = page.split("\n").find((line) => new RegExp(`^\\| [^|]*\`${name}\`[^|]*\\| \\d`, "u").test(line));
        expect([name, cellsOf(row ?? "")[2]]).toEqual([name, String(chars)]);
      }
    }
  });

  it("explains every code, with what to do next", () => {
    const codes = [aliyunCodes, tencentCodes, wecomCodes].flatMap((list) => Object.entries(list));
    for (const [code, { kind, zh, en }] of codes) {
      if (kind === "accepted") continue;
      const [, , means, centre = "", next = ""] = rowOf(code);
      expect(means).toBe(`${zh} / ${en}`);
      expect([code, centre !== "", next !== ""]).toEqual([code, true, true]);
    }
  });
});
