import { createHash } from "node:crypto";
import { type MingchengRecord, resultIdentityText, type TestBody } from "@mingcheng/protocols";
import type { Bilingual } from "../alerts/alert.ts";
import { fieldReader } from "./record-field.ts";
import type { AlertRule } from "./rule.ts";

/** What a rule makes of one record. */
export interface Judged {
  readonly holds: boolean;
  readonly groupKey: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly identity: string;
}

/** A rule ready to judge records of its kind. */
export interface CompiledRule {
  readonly rule: AlertRule;
  judge(record: MingchengRecord): Judged;
}

const textOf = (value: unknown): string => {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
};

const identityOf = (rule: AlertRule, groupKey: string, record: MingchengRecord): string => {
  const { lifecycle } = rule;
  if (lifecycle.type === "state") return groupKey;
  if (lifecycle.identity === "record") return `${record.gw} ${record.ep} ${record.eid} ${record.seq}`;
  const text = resultIdentityText(record.body as TestBody);
  return createHash("sha256").update(`${record.gw}\0${record.dev}\0${text}`).digest("hex").slice(0, 32);
};

/** Prepares a rule. The rule file was checked: every field exists. */
export const compileRule = (rule: AlertRule): CompiledRule => {
  const tests = rule.condition.map((test) => ({ read: fieldReader(test.field), in: new Set<unknown>(test.in) }));
  const readers = (fields: AlertRule["group"]) =>
    Object.entries(fields).map(([name, field]) => ({ name, read: fieldReader(field) }));
  const group = readers(rule.group);
  const others = readers(rule.labels);
  return {
    rule,
    judge: (record) => {
      const groupLabels = Object.fromEntries(group.map(({ name, read }) => [name, textOf(read(record))]));
      const groupKey = JSON.stringify(groupLabels);
      return {
        holds: tests.every((test) => test.in.has(test.read(record))),
        groupKey,
        labels: { ...groupLabels, ...Object.fromEntries(others.map(({ name, read }) => [name, textOf(read(record))])) },
        identity: identityOf(rule, groupKey, record),
      };
    },
  };
};

/** A sentence of a rule with the labels' values in it; a value that is missing is a dash. */
export const fillIn = (sentence: Bilingual, labels: Readonly<Record<string, string>>): Bilingual => {
  const fill = (text: string): string =>
    text.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => labels[name]?.trim() || "—");
  return { zh: fill(sentence.zh), en: fill(sentence.en) };
};
