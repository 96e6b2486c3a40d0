import { computed, type WritableComputedRef } from "vue";
import { createI18n, useI18n } from "vue-i18n";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

/** Languages of the screens; Chinese first. */
export type Language = "zh" | "en";

const storageKey = "mingcheng-language";

const chosen = (): Language => {
  const asked = new URL(location.href).searchParams.get("lang") ?? localStorage.getItem(storageKey);
  return asked === "en" ? "en" : "zh";
};

const tell = (language: Language): void => {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
};

/** The texts for the whole page, in the language chosen last. */
export const createTexts = () => {
  const locale = chosen();
  tell(locale);
  return createI18n({ legacy: false, locale, fallbackLocale: "zh", messages: { zh, en } });
};

/** The language as something to read and to choose; a choice is kept on this machine. */
export const useLanguage = (): WritableComputedRef<Language> => {
  const { locale } = useI18n();
  return computed({
    get: () => (locale.value === "en" ? "en" : "zh"),
    set: (language) => {
      locale.value = language;
      localStorage.setItem(storageKey, language);
      tell(language);
    },
  });
};
