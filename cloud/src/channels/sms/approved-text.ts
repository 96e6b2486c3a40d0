import { type MessageTemplate, messageTemplates } from "../message.ts";

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
    faults.push(`${refused} is not accepted in a text; the provider adds the signature in 【】 itself`);
  if (/[{}]/u.test(fixed)) faults.push("{ or } belongs to no variable");
  if (/^\s*[[\]]|[[\]]\s*$/u.test(fixed)) faults.push("a text may not begin or end with [ or ]");
  return faults;
};

/**
 * Everything that is wrong with the text that a provider approved for one of our messages, in English, empty when it can
 * be used: every variable of the message is in it and no other, the provider's rules hold, and with every variable as
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
  if (unknown.length > 0) faults.push(`unknown variable ${unknown.join(", ")}; this message has ${known.join(", ")}`);
  const missing = known.filter((name) => !used.includes(name));
  if (missing.length > 0) faults.push(`variable ${missing.join(", ")} is not in the text`);
  if (fixed.trim() === "") faults.push("a text may not be made of variables alone");
  if (parts.some((part, index) => isVariable(part) && isVariable(parts[index + 1]))) {
    faults.push("two variables stand next to each other; providers want words between them");
  }
  const longest = longestChars(template, parts, rules);
  if (longest > segmentChars) {
    faults.push(`up to ${longest} characters with the signature; one message has ${segmentChars}, shorten the text`);
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
