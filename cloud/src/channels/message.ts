import { plainWords } from "./plain-words.ts";

/** Variables of each message and how many characters each may have at most. Providers approve a template once, with these. */
export const messageTemplates = {
  /** Something fired and this person has it. `code`: the reply that takes it over. */
  alert: { variables: { level: 2, site: 10, subject: 14, time: 5, code: 4 } },
  /** Several at once. */
  group: { variables: { level: 2, site: 10, count: 5, time: 5 } },
  /** The tier below did not take it over, arrive, or handle it in time. */
  escalated: { variables: { level: 2, tier: 4, site: 10, subject: 14, code: 4 } },
  /** It is over by itself, or somebody ended it. */
  resolved: { variables: { site: 10, subject: 14, time: 5 } },
  /** Notices of a day, in the morning. */
  digest: { variables: { date: 5, count: 5, silent: 5 } },
  /** Answer to a reply: `outcome` says whether it is theirs now. */
  reply: { variables: { code: 4, outcome: 12 } },
} as const satisfies Readonly<Record<string, { readonly variables: Readonly<Record<string, number>> }>>;

/** Name of a message: what kind of thing is said. */
export type MessageTemplate = keyof typeof messageTemplates;

const sentences: { readonly [Template in MessageTemplate]: string } = {
  alert: "{level}预警：{site}{subject}，{time}。回复{code}签收",
  group: "{level}预警：{site}等{count}条，{time}起，请登录查看",
  escalated: "{level}预警升级：{tier}未按时限处置，{site}{subject}。回复{code}签收",
  resolved: "预警解除：{site}{subject}，{time}",
  digest: "{date}日报：提示{count}条，静默设备{silent}台",
  reply: "{code}：{outcome}",
};

/** A message to a person, in Chinese as the providers want it: one segment with the signature. */
export interface ShortMessage {
  readonly template: MessageTemplate;
  /** Each within its length; no links, no phone numbers, no 【】. */
  readonly variables: Readonly<Record<string, string>>;
  /** The sentence with its variables, without signature. */
  readonly text: string;
}

const brackets = /[【】[\]{}]/gu;

const fitting = (value: string, most: number): string => {
  // Before it is cut: half a link is no link to a filter any more, but one to a reader.
  const clean = plainWords(value.replace(brackets, ""));
  const characters = Array.from(clean);
  if (characters.length <= most) return clean;
  // What is cut off ends with a word, not with the sign behind it.
  return `${characters
    .slice(0, most - 1)
    .join("")
    .replace(/[\s，、：；,:;（(]+$/u, "")}…`;
};

/** A message with what it says. Values are cut to what a provider accepts; what it refuses in variables is left out. */
export const shortMessage = <Template extends MessageTemplate>(
  template: Template,
  values: Readonly<Record<keyof (typeof messageTemplates)[Template]["variables"] & string, string>>,
): ShortMessage => {
  const lengths: Readonly<Record<string, number>> = messageTemplates[template].variables;
  const variables = Object.fromEntries(
    Object.entries(values as Readonly<Record<string, string>>).map(([name, value]) => [
      name,
      fitting(value, lengths[name] ?? 1),
    ]),
  );
  const text = sentences[template].replace(/\{(\w+)\}/gu, (_, name: string) => variables[name] ?? "");
  return { template, variables, text };
};
