import type { NotificationBody } from "../notification.ts";
import { withoutLinks } from "../plain-words.ts";

/** How a message is made up. */
export interface WecomStyle {
  readonly format: "markdown" | "text";
  /** Address of the centre's pages; null: no link. */
  readonly linkBase: string | null;
  /** User ids of the group's members who are mentioned when something fires. */
  readonly mention: readonly string[];
}

/** Words for severities. */
export const levels = { notice: "提示", attention: "关注", alarm: "紧急" } as const;
/** WeCom's three colours. */
export const colours = { notice: "comment", attention: "warning", alarm: "warning" } as const;
/** With title, four lines and a link that stays under the 2048 bytes of a text, which is the narrower format. */
const mostValueChars = 90;

/**
 * Text from rules, registers and devices as plain characters: nothing in it makes a heading, a link or a mention.
 * Markdown's own marks are shown in their full-width forms.
 */
export const plain = (text: string): string => {
  const marks: Readonly<Record<string, string>> = {
    "<": "＜",
    ">": "＞",
    "[": "［",
    "]": "］",
    "*": "＊",
    "`": "＇",
    "#": "＃",
    "@": "＠",
  };
  // Clients make links of addresses, in whatever format.
  const clean = withoutLinks(text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")).replace(
    /[<>[\]*`#@]/gu,
    (mark) => marks[mark] ?? "",
  );
  const characters = Array.from(clean);
  return characters.length <= mostValueChars ? clean : `${characters.slice(0, mostValueChars - 1).join("")}…`;
};

/** Month, day and minute, as the group reads the time. */
export const beijing = (iso: string): string =>
  new Date(Date.parse(iso) + 8 * 3_600_000).toISOString().slice(5, 16).replace("T", " ");

const roles: Readonly<Record<string, string>> = {
  ...{ operator: "市场经办", inspector: "监管人员", centre: "值班中心", administrator: "管理员", auditor: "审计" },
};

/** `role:inspector` and `user:wang.li` as people say it. */
const ownerOf = (owner: string): string => {
  const [kind, name = ""] = owner.split(/:(.*)/su);
  return kind === "role" ? (roles[name] ?? name) : name === "" ? owner : name;
};

const linesOf = ({ status, at, alert }: NotificationBody, siteName: string): readonly (readonly [string, string])[] => {
  const site = siteName === "" ? (alert.labels["site"] ?? alert.gw) : siteName;
  return [
    ["地点", alert.dev === "" ? site : `${site} ${alert.dev}`],
    ["时间", `${beijing(at)}${alert.late ? "（补报）" : ""}`],
    ...(status === "firing"
      ? ([
          ["处置", alert.next.zh],
          ["责任", ownerOf(alert.owner)],
        ] as const)
      : []),
  ];
};

/** What a message is made up of. `title` and `level` are plain already. */
export interface WecomParts {
  readonly level: string;
  readonly title: string;
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** Behind the address of the centre's pages. */
  readonly path: string;
  readonly colour: string;
  readonly isFiring: boolean;
}

/** Puts the parts of a message together in the group's style. */
export const framed = ({ format, linkBase, mention }: WecomStyle, parts: WecomParts): unknown => {
  const { level, title, lines: said, path, colour, isFiring } = parts;
  const link = linkBase === null ? undefined : `${linkBase.replace(/\/$/u, "")}${path}`;
  const mentioned = isFiring ? mention : [];
  if (format === "text") {
    const lines = [`${level}：${title}`, ...said.map(([name, value]) => `${name}：${plain(value)}`)];
    if (link !== undefined) lines.push(link);
    return {
      msgtype: "text",
      text: { content: lines.join("\n"), ...(mentioned.length === 0 ? {} : { mentioned_list: mentioned }) },
    };
  }
  const lines = [
    `<font color="${colour}">**${level}**</font> ${title}`,
    ...said.map(([name, value]) => `> ${name}：${plain(value)}`),
  ];
  if (link !== undefined) lines.push(`[查看并处置](${link})`);
  if (mentioned.length > 0) lines.push(mentioned.map((user) => `<@${user}>`).join(" "));
  return { msgtype: "markdown", markdown: { content: lines.join("\n") } };
};

/** The body of a group robot's message; `site`: name of the site, where the register says one: developer.work.weixin.qq.com/document/path/91770 */
export const wecomMessage = (body: NotificationBody, style: WecomStyle, site = ""): unknown => {
  const { status, alert } = body;
  const level = status === "firing" ? `${levels[alert.severity]}预警` : "预警解除";
  return framed(style, {
    ...{ level, title: plain(alert.title.zh), lines: linesOf(body, site), path: `/a/${encodeURIComponent(alert.id)}` },
    ...{ colour: status === "firing" ? colours[alert.severity] : "info", isFiring: status === "firing" },
  });
};
