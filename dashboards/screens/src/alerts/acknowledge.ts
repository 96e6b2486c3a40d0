import type { AlertView } from "@mingcheng/protocols";
import { problemOf } from "@mingcheng/ui/data/json-request.ts";
import { useLanguage } from "@mingcheng/ui/texts/language.ts";
import { reactive } from "vue";
import { useI18n } from "vue-i18n";
import { api } from "../data/api-client.ts";
import { personText } from "./alert-words.ts";

/** Taking alerts over from a list: which are under way, and what became of those that somebody else has. */
export const useAcknowledge = (acted: () => void) => {
  const { t } = useI18n();
  const language = useLanguage();
  const underWay = reactive(new Set<string>());
  const notes = reactive(new Map<string, string>());

  const acknowledge = async ({ id }: AlertView): Promise<void> => {
    underWay.add(id);
    notes.delete(id);
    try {
      const { outcome, alert, first } = await api.acknowledge(id);
      const before = first ?? alert.acknowledged;
      if (outcome === "already") notes.set(id, t("alerts.already", { by: before ? personText(before) : "" }));
      acted();
    } catch (error) {
      const { details } = problemOf(error);
      const text = details === null ? t("problem.unreachable") : details[language.value];
      notes.set(id, t("alerts.failed", { text }));
    } finally {
      underWay.delete(id);
    }
  };
  return { underWay, notes, acknowledge };
};
