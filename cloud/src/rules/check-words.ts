import { userRoles } from "@mingcheng/protocols";
import { refusedCharacters } from "../channels/sms/approved-text.ts";
import { deviceClasses } from "../register/model/device-kinds.ts";
import { siteTypes } from "../register/model/place-kinds.ts";
import { brokenRule } from "./broken-rule.ts";
import type { AlertRule } from "./rule.ts";
import type { Complain } from "./yaml-place.ts";

const placeholders = (text: string): string[] => [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? "");

/** Links, telephone numbers, and what frames a signature. */
const unsendable = /https?:\S*|www\.\S*|\d{7,}|0\d{2,3}-\d{7,8}|[[\]【】]/u;

/** The Chinese title is said by text message: what is left out or refused there may not be in it. */
const unsendableIn = ({ title }: AlertRule, language: "zh" | "en"): string | undefined => {
  const refused = language === "zh" ? refusedCharacters.exec(title.zh) : null;
  return (unsendable.exec(title[language]) ?? refused)?.[0];
};

const checkText = (text: string, known: ReadonlySet<string>): string | undefined => {
  const unknown = placeholders(text).find((name) => !known.has(name));
  if (unknown !== undefined) return `{${unknown}} is not a label of this rule`;
  return /[{}]/.test(text.replace(/\{[^{}]*\}/g, "")) ? "{ or } belongs to no label" : undefined;
};

/** Finds what is wrong with what a rule says to people; `labels`: those that its alerts have. */
export const checkTexts = (rule: AlertRule, labels: readonly string[], complain: Complain): void => {
  const known = new Set(labels);
  for (const part of ["title", "next"] as const) {
    for (const language of ["zh", "en"] as const) {
      const fault = checkText(rule[part][language], known);
      if (fault !== undefined) complain([part, language], fault);
    }
  }
  for (const language of ["zh", "en"] as const) {
    const refused = unsendableIn(rule, language);
    if (refused !== undefined) complain(["title", language], `${refused} cannot be sent by text message`);
  }
};

/** Finds names that stand for nothing: of roles, of sorts of sites and devices. */
export const checkNames = ({ id, owner, absence }: AlertRule, complain: Complain): void => {
  if (id === brokenRule) complain(["id"], `${id} is used by the centre itself`);
  const role = owner?.startsWith("role:") ? owner.slice("role:".length) : undefined;
  if (role !== undefined && !(userRoles as readonly string[]).includes(role))
    complain(["owner"], `there is no role ${role}: ${userRoles.join(", ")}`);
  if (absence === null) return;
  const known: readonly string[] = absence.each === "site" ? siteTypes : deviceClasses;
  const at = absence.types.findIndex((type) => !known.includes(type));
  if (at < 0) return;
  const what = absence.each === "site" ? "site" : "class";
  complain(["absence", "types", at], `there is no such ${what}: ${known.join(", ")}`);
};
