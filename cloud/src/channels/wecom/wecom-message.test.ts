import { describe, expect, it } from "vitest";
import type { NotificationBody } from "../notification.ts";
import { SendWindow } from "./send-window.ts";
import { wecomMessage } from "./wecom-message.ts";

const body = (
  over: Partial<NotificationBody["alert"]> = {},
  status: NotificationBody["status"] = "firing",
): NotificationBody => ({
  ...{ v: 1, id: "n-1", status, reason: "condition-met", at: "2026-11-23T06:05:00.120Z" },
  alert: {
    ...{
      id: "3c9f",
      rule: "test-positive",
      severity: "attention",
      state: "firing",
      gw: "market-songbai",
      dev: "tester-1",
    },
    ...{ title: { zh: "快检阳性：韭菜", en: "Positive: leek" }, next: { zh: "封存并复检", en: "Seal and test again" } },
    ...{ labels: { site: "松柏市场" }, lsn: 7, owner: "role:inspector", runbook: "test-positive", late: false },
    ...{ startedAt: "", firedAt: null, endedAt: null },
    ...over,
  },
});
const style = { format: "markdown", linkBase: "https://centre.example.org:8443", mention: ["li.na"] } as const;

const contentOf = (message: unknown): string => {
  const { markdown, text } = message as { markdown?: { content: string }; text?: { content: string } };
  return markdown?.content ?? text?.content ?? "";
};

describe("a message to a group", () => {
  it("says what, where, when, what to do and whose it is, with a link and a mention", () => {
    expect(contentOf(wecomMessage(body(), style, "松柏农贸市场"))).toBe(
      [
        '<font color="warning">**关注预警**</font> 快检阳性：韭菜',
        "> 地点：松柏农贸市场 tester-1",
        "> 时间：11-23 14:05",
        "> 处置：封存并复检",
        "> 责任：监管人员",
        "[查看并处置](https://centre.example.org:8443/a/3c9f)",
        "<@li.na>",
      ].join("\n"),
    );
  });

  it("mentions nobody when it is over", () => {
    const content = contentOf(wecomMessage(body({}, "resolved"), style));
    expect(content).toContain("预警解除");
    expect(content).not.toContain("<@");
  });

  it("is plain text on demand, with the mention beside it", () => {
    const message = wecomMessage(body(), { ...style, format: "text", linkBase: null });
    expect(message).toMatchObject({ msgtype: "text", text: { mentioned_list: ["li.na"] } });
    expect(contentOf(message).split("\n")[0]).toBe("关注预警：快检阳性：韭菜");
    expect(contentOf(message)).not.toContain("http");
  });

  it("shows what devices and people wrote as characters: no mention, no link, no heading, no second line", () => {
    const hostile = "<@all> [奖](https://evil.example) **x**\n# 标题 `y` \u202E";
    const content = contentOf(
      wecomMessage(body({ title: { zh: hostile, en: "" }, labels: { site: hostile } }), {
        ...style,
        mention: [],
        linkBase: null,
      }),
    );
    expect(content).not.toMatch(/<@|\]\(|\n#|`|\u202E/u);
    expect(content.split("\n")).toHaveLength(5);
    const long = wecomMessage(body({ title: { zh: "长".repeat(5_000), en: "" }, owner: "者".repeat(5_000) }), style);
    expect(Buffer.byteLength(contentOf(long))).toBeLessThan(4_096);
  });
});

describe("the window of a robot", () => {
  it("lets 20 through in any minute and says how long to wait", () => {
    const window = new SendWindow(20, 60_000);
    for (let index = 0; index < 20; index++) expect(window.take(index * 100)).toBe(0);
    expect(window.take(30_000)).toBe(30_000);
    expect(window.take(59_999)).toBe(1);
    expect(window.take(60_000)).toBe(0);
    expect(window.take(60_000)).toBe(100);
  });

  it("is empty after the clock was set back", () => {
    const window = new SendWindow(1, 60_000);
    expect(window.take(1_000_000)).toBe(0);
    expect(window.take(500_000)).toBe(0);
  });
});
