import { useI18n } from "vue-i18n";
import { type Calendar, momentText, spanOf } from "../format/times.ts";

/** Times and spans in the reader's language, by the centre's calendar. */
export const useWords = () => {
  const { t } = useI18n();
  return {
    /** How long: `2 小时 10 分`. */
    span: (ms: number): string => {
      const { days, hours, minutes } = spanOf(ms);
      if (days > 0) return t("ago.days", { days, hours });
      if (hours > 0) return t("ago.hours", { hours, minutes });
      return minutes > 0 ? t("ago.minutes", { minutes }) : t("ago.none");
    },
    moment: (at: string, calendar: Calendar): string => momentText(at, calendar),
  };
};
