import { computed, type WritableComputedRef } from "vue";
import { createI18n, useI18n } from "vue-i18n";
import type { SetupTexts } from "../setup/texts/zh.ts";
import { en } from "./en.ts";
import { type Texts, zh } from "./zh.ts";

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

/** Texts for a whole page, in the language chosen last. */
export const createTextsOf = <Messages extends Texts | SetupTexts>(messages: Readonly<Record<Language, Messages>>) => {
  const locale = chosen();
  tell(locale);
  return createI18n({ legacy: false, locale, fallbackLocale: "zh", messages });
};

/** The texts of the centre's pages. */
export const createTexts = () => createTextsOf({ zh, en });

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
