import { describe, expect, it } from "vitest";
import type { NotificationBody } from "../notification.ts";
import { SendWindow } from "./send-window.ts";
import { wecomGroupMessage } from "./wecom-group-message.ts";
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
    expect(content).not.toMatch(/<@|\]\(|\n#|`|\u202E|https?:/u);
    expect(content.split("\n")).toHaveLength(5);
  });

  // developer.work.weixin.qq.com/document/path/91770: 4096 bytes of markdown, 2048 of text.
  it.each([
    ["markdown", 4_096],
    ["text", 2_048],
  ] as const)("is never too long for %s", (format, mostBytes) => {
    const name = "𠮷".repeat(5_000);
    const long = body({ title: { zh: name, en: "" }, next: { zh: name, en: "" }, owner: `user:${name}`, dev: name });
    const linkBase = `https://${"x".repeat(230)}.example.org`;
    const mention = Array.from({ length: 20 }, () => "y".repeat(64));
    for (const message of [
      wecomMessage(long, { format, linkBase, mention }, name),
      wecomGroupMessage(
        Array.from({ length: 9 }, (_, index) => ({ body: long, site: `${index}${name}` })),
        { format, linkBase, mention },
      ),
    ]) {
      expect(Buffer.byteLength(contentOf(message))).toBeLessThanOrEqual(mostBytes);
    }
  });
});

describe("one message about many", () => {
  const many = [
    ...Array.from({ length: 12 }, () => ({ body: body(), site: "松柏农贸市场" })),
    { body: body({ severity: "alarm", title: { zh: "阳性后仍在销售", en: "" } }), site: "宁宝农贸市场" },
    { body: { ...body({}, "resolved"), at: "2026-11-23T06:04:00.000Z" }, site: "" },
  ];

  it("leads with the most urgent one and says how many of what there are, where, and since when", () => {
    expect(contentOf(wecomGroupMessage(many, style)).split("\n")).toEqual([
      '<font color="warning">**紧急预警**</font> 阳性后仍在销售 等14条',
      "> 条数：紧急1条、关注12条、解除1条",
      "> 地点：松柏农贸市场12条、宁宝农贸市场1条、松柏市场1条",
      "> 时间：11-23 14:04 起",
      "[查看并处置](https://centre.example.org:8443/alerts)",
      "<@li.na>",
    ]);
  });

  it("stays short and plain, wherever they are and whatever devices and people wrote", () => {
    const hostile = Array.from({ length: 2_000 }, (_, index) => ({
      body: body({ title: { zh: "<@all>".repeat(100), en: "" } }),
      site: `场所${index} [x](https://evil.example) ${"长".repeat(200)}`,
    }));
    const content = contentOf(wecomGroupMessage(hostile, { ...style, linkBase: null, mention: [] }));
    expect(Buffer.byteLength(content)).toBeLessThan(4_096);
    expect(content).not.toMatch(/<@|\]\(/u);
    expect(content).toContain("等2000处");
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
