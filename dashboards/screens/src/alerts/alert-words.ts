import type { AlertView } from "@mingcheng/protocols";
import { useI18n } from "vue-i18n";

/** Who has to answer, as a plain text: the officer on duty, else `role:<role>` or `user:<name>`. */
export const ownerKeyOf = ({ duty, owner }: AlertView): string => duty?.officers[0]?.name ?? owner;

/** Who did something: by name where the register knows one, else as this person signs in. */
export const personText = ({ by, name }: { readonly by: string; readonly name?: string | undefined }): string =>
  name ?? by;

/** Owners and states in the reader's language. */
export const useAlertWords = () => {
  const { t } = useI18n();
  const ownerText = (key: string): string => {
    const [kind, name = ""] = key.split(/:(.*)/s);
    if (kind === "role") return t(`role.${name}`);
    return kind === "user" ? name : key;
  };
  return {
    ownerText,
    owner: (alert: AlertView): string => ownerText(ownerKeyOf(alert)),
    state: ({ state, dryRun }: Pick<AlertView, "state" | "dryRun">): string =>
      t(dryRun === true ? "alertsPage.states.dry-run" : `alerts.states.${state}`),
  };
};
