import type { Language } from "@mingcheng/ui/texts/language.ts";

const written = /^(.*?)：(.*?\p{Script=Han}.*?) \/ (.*?)(, answer lost)?$/u;
const lost = { zh: "，应答丢失", en: ", answer lost" } as const;

/** What a provider answered, in the reader's language: channels write `CODE：中文 / English`. Anything else stays as it is. */
export const outcomeText = (outcome: string, language: Language): string => {
  const [, code, zh, en, isLost] = written.exec(outcome) ?? [];
  if (code === undefined) return outcome;
  const text = language === "zh" ? `${code}：${zh}` : `${code}: ${en}`;
  return isLost === undefined ? text : `${text}${lost[language]}`;
};
