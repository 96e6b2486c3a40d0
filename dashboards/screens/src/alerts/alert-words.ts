import type { AlertView } from "@mingcheng/protocols";
import { useI18n } from "vue-i18n";

/** Owners in the reader's language. */
export const useAlertWords = () => {
  const { t } = useI18n();
  return {
    /** `role:<role>` or `user:<name>` as a name; a plain name is one. */
    owner: (owner: string): string => {
      const [kind, name = ""] = owner.split(/:(.*)/s);
      if (kind === "role") return t(`role.${name}`);
      return kind === "user" || kind === "officer" ? name : owner;
    },
    state: ({ state }: Pick<AlertView, "state">): string => t(`alerts.states.${state}`),
  };
};
