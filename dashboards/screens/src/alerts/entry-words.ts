import type { AlertDetail } from "@mingcheng/protocols";
import { countText } from "@mingcheng/ui/format/numbers.ts";
import { type Calendar, momentText } from "@mingcheng/ui/format/times.ts";
import { useLanguage } from "@mingcheng/ui/texts/language.ts";
import { useI18n } from "vue-i18n";
import { outcomeText } from "./outcome-text.ts";

type Entry = AlertDetail["history"][number];

/** Times in the details of entries: a text of ISO 8601, or milliseconds since 1970. */
const timeOf = (value: unknown): string | null => {
  if (typeof value === "number" && value > 1_000_000_000_000) return new Date(value).toISOString();
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}T/.test(value) ? value : null;
};

/** What people wrote, in the order in which it is shown. */
const spoken = ["result", "evidence", "comment"] as const;

/** Details that are somebody's code or user name. */
const personNames: ReadonlySet<string> = new Set(["officer", "fromOfficer", "insteadOf", "by"]);

const isUnsaid = (value: unknown): boolean => value === null || value === "" || value === false;

/** What an entry of a history says, in the reader's language. */
export const useEntryWords = (calendar: () => Calendar, people: () => Readonly<Record<string, string>>) => {
  const { t, te } = useI18n();
  const language = useLanguage();

  const valueText = (name: string, value: unknown, reason: string): string => {
    if (typeof value === "boolean") return t(value ? "timeline.yes" : "timeline.no");
    if (personNames.has(name)) return people()[String(value)] ?? String(value);
    if (name === "outcome" || name === "why") {
      // A receipt is one thing of an alert, and another of a message.
      const ofMessage = reason.startsWith("notify-") || reason === "unreachable";
      const key = [`messages.reasons.${String(value)}`, `timeline.whys.${String(value)}`]
        .slice(ofMessage ? 0 : 1)
        .find((known) => te(known));
      return key === undefined ? outcomeText(String(value), language.value) : t(key);
    }
    const at = timeOf(value);
    if (at !== null) return momentText(at, calendar());
    if (name === "tier" && te(`duty.tiers.${String(value)}`)) return t(`duty.tiers.${String(value)}`);
    if (name === "role" && te(`role.${String(value)}`)) return t(`role.${String(value)}`);
    if (name === "was")
      return te(`timeline.reasons.${String(value)}`) ? t(`timeline.reasons.${String(value)}`) : String(value);
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  };

  return {
    /** What happened; a reason that these pages do not know yet is shown as its stable word. */
    reason: ({ reason }: Entry): string =>
      te(`timeline.reasons.${reason}`) ? t(`timeline.reasons.${reason}`) : reason,
    actor: ({ actor }: Entry): string => (actor === "system" ? t("timeline.system") : (people()[actor] ?? actor)),
    /** What people said, each a paragraph. */
    said: ({ detail }: Entry): string[] =>
      spoken.flatMap((name) => {
        const value = detail[name];
        return typeof value === "string" && value !== "" ? [t(`timeline.details.${name}`, { value })] : [];
      }),
    /** Everything else in one line: figures, names, the record. */
    figures: ({ detail, lsn, reason }: Entry): string => {
      const parts = Object.entries(detail).flatMap(([name, value]) =>
        isUnsaid(value) || spoken.some((known) => known === name) || !te(`timeline.details.${name}`)
          ? []
          : [t(`timeline.details.${name}`, { value: valueText(name, value, reason) })],
      );
      return [...parts, ...(lsn === null ? [] : [t("timeline.record", { lsn: countText(lsn) })])].join(" · ");
    },
  };
};
