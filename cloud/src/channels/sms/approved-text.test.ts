import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MessageTemplate, messageTemplates, shortMessage } from "../message.ts";
import { longestChars, partsOf, segmentChars, sentChars, type TextPart, textFaults } from "./approved-text.ts";
import { variableValue } from "./variable-value.ts";

const rules = { signature: "明秤监管", variableChars: 35 };
const parts = (text: string): readonly TextPart[] => partsOf(text, /<(\w+)>/gu, (name) => name);
const alert = "<level>预警：<site>发生<subject>，<time>。回复<code>签收";
const faults = (text: string, own = rules) => textFaults("alert", parts(text), own);

describe("an approved text", () => {
  it("is taken when every variable is in it and it fits one segment", () => {
    expect(faults(alert)).toEqual([]);
    expect(longestChars("alert", parts(alert), rules)).toBe(6 + 2 + 3 + 10 + 2 + 14 + 1 + 5 + 3 + 4 + 2);
  });

  it.each([
    ["a variable that the message has not", alert.replace("<time>", "<tine>"), /unknown variable tine/],
    ["a variable that is left out", alert.replace("<time>", "今天"), /variable time is not in the text/],
    ["brackets of the signature", `【明秤监管】${alert}`, /【 is not accepted/],
    ["a character that arrives broken", `★${alert}`, /★ is not accepted/],
    ["variables next to each other", alert.replace("发生", ""), /next to each other/],
    ["a placeholder that is none", alert.replace("<code>", "{code}"), /belongs to no variable/],
    ["nothing but variables", "<level><site><subject><time><code>", /variables alone/],
    ["brackets at the end", `${alert}]`, /may not begin or end/],
    ["71 characters", `${alert}${"字".repeat(segmentChars - 51)}`, /up to 71 characters/],
  ])("is refused for %s", (_, text, expected) => {
    expect(faults(text).join("\n")).toMatch(expected);
  });

  it("may be exactly one segment, counted with the signature and at the longest values", () => {
    expect(faults(`${alert}${"字".repeat(segmentChars - 52)}`)).toEqual([]);
    const longer = { ...rules, signature: "明秤监管一" };
    expect(faults(`${alert}${"字".repeat(segmentChars - 52)}`, longer).join()).toMatch(/up to 71/);
  });

  it("stays one segment whatever devices, registers and people wrote", () => {
    const names = Object.keys(messageTemplates) as MessageTemplate[];
    const hostile = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.constantFrom(
        "𠮷".repeat(20),
        "https://a.cn/x",
        "13900001234",
        "【官方】",
        "www.a.com",
        "",
        " ",
        "a\u0000\u202Eb",
        "3.21kg",
      ),
    );
    const values = fc.record({
      level: hostile,
      tier: hostile,
      site: hostile,
      subject: hostile,
      time: hostile,
      code: hostile,
      count: hostile,
      date: hostile,
      silent: hostile,
      outcome: hostile,
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        values,
        fc.integer({ min: 4, max: 35 }),
        (template, said, variableChars) => {
          const message = shortMessage(template, said as never);
          let chars = 0;
          for (const name of Object.keys(messageTemplates[template].variables)) {
            const value = message.variables[name] ?? "";
            const most = sentChars(template, name, variableChars);
            const sent = variableValue(value, most);
            expect(sent.length).toBeGreaterThan(0);
            expect(sent.length).toBeLessThanOrEqual(most);
            expect(sent).not.toMatch(/[【】[\]{}<>]|https?:|www\.|\d{7,}|\p{C}/u);
            expect(Buffer.from(sent, "utf8").toString("utf8")).toBe(sent);
            chars += most;
          }
          const fixed = Object.keys(messageTemplates[template].variables).map((name) => ({ variable: name }));
          expect(chars + 6).toBe(longestChars(template, fixed, { signature: "明秤监管", variableChars }));
        },
      ),
    );
  });

  it("keeps figures and names, and cuts what is too long with a sign that it was cut", () => {
    expect(variableValue("3.21kg 韭菜", 14)).toBe("3.21kg 韭菜");
    expect(variableValue("快检阳性韭菜毒死蜱", 6)).toBe("快检阳性韭…");
    expect(variableValue("𠮷𠮷𠮷𠮷", 6)).toBe("𠮷𠮷…");
    expect(variableValue("详见 shop.example.com/a?b", 14)).toBe("详见");
    expect(variableValue("", 4)).toBe("无");
  });
});
