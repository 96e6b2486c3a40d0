import { type MessageTemplate, messageTemplates } from "../message.ts";
import { withoutLinks } from "../plain-words.ts";

/** A piece of an approved text: fixed characters, or a variable by our name for it. */
export type TextPart = { readonly fixed: string } | { readonly variable: string };

/** What differs from account to account. */
export interface ProviderRules {
  /** The approved signature, without 【】; the provider puts it in front. */
  readonly signature: string;
  /** Characters that one variable may have at most. */
  readonly variableChars: number;
}

/** Characters of one short message in UCS-2, signature included: what is longer is sent and billed as several. */
export const segmentChars = 70;

/**
 * Characters that Aliyun and Tencent refuse in approved texts and in variables: 【】 belong to the signature, the others
 * arrive broken. help.aliyun.com/document_detail/463270.htm, cloud.tencent.com/document/product/382/39023
 */
export const refusedCharacters = /[【】『』「」〖〗¥★☆※→←↑↓①-⑳●•■◆☞✓✔²³^_&|<>\\`~$#*]/u;

const lengthsOf = (template: MessageTemplate): Readonly<Record<string, number>> => messageTemplates[template].variables;

/** How many characters of a variable are sent at most: ours, or the provider's limit when that is smaller. */
export const sentChars = (template: MessageTemplate, variable: string, variableChars: number): number =>
  Math.min(lengthsOf(template)[variable] ?? 0, variableChars);

/** Characters of a message with its signature when every variable is as long as it can be. */
export const longestChars = (
  template: MessageTemplate,
  parts: readonly TextPart[],
  { signature, variableChars }: ProviderRules,
): number => {
  const ofPart = (part: TextPart): number =>
    "fixed" in part ? part.fixed.length : sentChars(template, part.variable, variableChars);
  return signature.length + 2 + parts.reduce((sum, part) => sum + ofPart(part), 0);
};

const isVariable = (part: TextPart | undefined): boolean => part !== undefined && "variable" in part;

const fixedFaults = (fixed: string): string[] => {
  const faults: string[] = [];
  const refused = refusedCharacters.exec(fixed)?.[0];
  if (refused !== undefined)
    faults.push(
      `正文不能有 ${refused}；【】中的签名由服务商添加 / ${refused} is not accepted in a text; the provider adds the signature in 【】 itself`,
    );
  if (/[{}]/u.test(fixed)) faults.push("{ 或 } 不属于任何变量 / { or } belongs to no variable");
  if (/^\s*[[\]]|[[\]]\s*$/u.test(fixed)) {
    faults.push("正文首尾不能是 [ 或 ] / a text may not begin or end with [ or ]");
  }
  if (withoutLinks(fixed) !== fixed.trim()) faults.push("正文不能有网址 / a text may not have a link");
  return faults;
};

/**
 * Everything that is wrong with the text that a provider approved for one of our messages, as `中文 / English`, empty when
 * it can be used: every variable of the message is in it and no other, the provider's rules hold, and with every variable as
 * long as it can be it is one segment with its signature.
 */
export const textFaults = (
  template: MessageTemplate,
  parts: readonly TextPart[],
  rules: ProviderRules,
): readonly string[] => {
  const known = Object.keys(lengthsOf(template));
  const used = parts.flatMap((part) => ("variable" in part ? [part.variable] : []));
  const fixed = parts.map((part) => ("fixed" in part ? part.fixed : "")).join("");
  const faults = fixedFaults(fixed);
  const unknown = used.filter((name) => !known.includes(name));
  const list = known.join(", ");
  if (unknown.length > 0) {
    const names = unknown.join(", ");
    faults.push(`没有变量 ${names}；这条消息的变量是 ${list} / unknown variable ${names}; this message has ${list}`);
  }
  const missing = known.filter((name) => !used.includes(name));
  if (missing.length > 0) {
    const names = missing.join(", ");
    faults.push(`正文缺少变量 ${names} / variable ${names} is not in the text`);
  }
  if (fixed.trim() === "") faults.push("正文不能全是变量 / a text may not be made of variables alone");
  if (parts.some((part, index) => isVariable(part) && isVariable(parts[index + 1]))) {
    faults.push(
      "两个变量相邻，中间须有文字 / two variables stand next to each other; providers want words between them",
    );
  }
  const longest = longestChars(template, parts, rules);
  if (longest > segmentChars) {
    faults.push(
      `含签名最长 ${longest} 字，单条短信上限 ${segmentChars} 字，请缩短正文 / up to ${longest} characters with the signature; one message has ${segmentChars}, shorten the text`,
    );
  }
  return faults;
};

/** Cuts a text at its placeholders. `name` says what a placeholder stands for; undefined leaves it as fixed text. */
export const partsOf = (
  text: string,
  placeholder: RegExp,
  name: (placeholder: string) => string | undefined,
): readonly TextPart[] => {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(placeholder)) {
    const variable = name(match[1] ?? "");
    if (variable === undefined) continue;
    if (match.index > from) parts.push({ fixed: text.slice(from, match.index) });
    parts.push({ variable });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ fixed: text.slice(from) });
  return parts;
};
