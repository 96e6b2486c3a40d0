/** The language that the terminal asks for; English unless it asks for Chinese. */
export const terminalLanguage = (): "zh" | "en" => {
  const { env } = process;
  const asked = env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  return /^zh/i.test(asked) ? "zh" : "en";
};

/** One of two texts, in the terminal's language. */
export const inLanguage = (zh: string, en: string): string => (terminalLanguage() === "zh" ? zh : en);
