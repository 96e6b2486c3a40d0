/** The languages every dashboard exists in; the first is the one that is shown by default. */
export const languages = ["zh", "en"] as const;

export type Language = (typeof languages)[number];

/** Something people read, in every language. */
export type Text = Readonly<Record<Language, string>>;

/** Both wordings of one text. */
export const text = (zh: string, en: string): Text => ({ zh, en });

/** Picks the wording of a language. */
export type Say = (text: Text) => string;

/** The {@link Say} of a language. */
export const saying =
  (language: Language): Say =>
  (words) =>
    words[language];

/** A variable as Grafana fills it in, in braces, e.g. for an address. */
export const grafanaVariable = (name: string): string => `$\{${name}}`;
