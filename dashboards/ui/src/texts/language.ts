import { computed, type WritableComputedRef } from "vue";
import { createI18n, useI18n } from "vue-i18n";

/** Languages of the screens; Chinese first. */
export type Language = "zh" | "en";

/** What the shared parts say. A page that shows one of them has these texts in each of its languages. */
export type SharedTexts = {
  readonly product: string;
  readonly language: string;
  readonly languageHint: string;
  readonly retry: string;
  readonly problem: Readonly<
    Record<"next" | "code" | "reference" | "unreachable" | "unreachableNext" | "waitSeconds" | "waitMinutes", string>
  >;
  readonly feed: Readonly<Record<"connecting" | "open" | "broken", string>>;
};

const storageKey = "mingcheng-language";

const chosen = (): Language => {
  const asked = new URL(location.href).searchParams.get("lang") ?? localStorage.getItem(storageKey);
  return asked === "en" ? "en" : "zh";
};

const tell = (language: Language): void => {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
};

/** Texts for a whole page, in the language chosen last. */
export const createTextsOf = <Messages extends SharedTexts>(messages: Readonly<Record<Language, Messages>>) => {
  const locale = chosen();
  tell(locale);
  return createI18n({ legacy: false, locale, fallbackLocale: "zh", messages });
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
