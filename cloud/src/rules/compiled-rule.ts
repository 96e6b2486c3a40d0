import { createHash } from "node:crypto";
import { type MingchengRecord, resultIdentityText, type TestBody } from "@mingcheng/protocols";
import type { Bilingual } from "../alerts/alert.ts";
import type { ClockReading } from "../effective-time/clock-book.ts";
import { type CelNames, type CelProgram, type CelWorld, labelText } from "./cel/cel-world.ts";
import { optionalElementFields, optionalFields } from "./cel/record-types.ts";
import type { Observation } from "./observation.ts";
import type { Place } from "./places/places.ts";
import type { AlertRule, Match, RuleKind } from "./rule.ts";

/** A record as rules see it. */
export interface JudgedRecord {
  readonly record: Pick<MingchengRecord, "gw" | "dev" | "ep" | "eid" | "seq" | "kind" | "salt" | "body"> & {
    readonly t: Pick<MingchengRecord["t"], "boot">;
  };
  readonly lsn: number;
  readonly receivedMs: number;
  readonly reading: ClockReading;
  readonly atMs: number;
  readonly place: Place;
  /** Local day of its effective time. */
  readonly day: string;
  /** How a gateway stands, where that is what is judged. */
  readonly gateway?: unknown;
}

/** One part that a record can play under a rule. */
export interface CompiledRole {
  readonly rule: AlertRule;
  readonly kinds: readonly RuleKind[];
  readonly role: Observation["role"];
  /** @throws Error when an expression cannot be evaluated for this record */
  observe(judged: JudgedRecord): readonly Observation[];
}

/** A rule ready to judge. */
export interface CompiledRule {
  readonly rule: AlertRule;
  readonly roles: readonly CompiledRole[];
  /** What has gathered meets the rule's condition. @throws Error */
  readonly meets: CelProgram;
}

type Programs = readonly (readonly [name: string, program: CelProgram])[];

const programsOf = (world: CelWorld, texts: Readonly<Record<string, string>>): Programs =>
  Object.entries(texts).map(([name, text]) => [name, world.program(text)] as const);

const textsOf = (programs: Programs, names: CelNames): Record<string, string> => {
  const texts: Record<string, string> = {};
  for (const [name, program] of programs) texts[name] = labelText(program(names));
  return texts;
};

const always: CelProgram = () => true;

/** Lists of lists are not walked: one name is followed after the other, what is not there is an empty list. */
const elementsAt = (names: CelNames, path: string): readonly unknown[] => {
  let value: unknown = names;
  for (const name of path.split(".")) value = (value as Record<string, unknown> | null | undefined)?.[name];
  return Array.isArray(value) ? value : [];
};

type Fields = Readonly<Record<string, unknown>>;

/** Fills up what a record may leave out: to an expression it is null. */
const filler = (names: readonly string[]): ((fields: Fields) => Fields) => {
  if (names.length === 0) return (fields) => fields;
  const missing = Object.fromEntries(names.map((name) => [name, null]));
  return (fields) => ({ ...missing, ...fields });
};

/** Names of a record, one set for each element that is judged on its own. */
const namesFor = ({ kinds, each }: Match): ((judged: JudgedRecord) => readonly CelNames[]) => {
  const fillers = new Map(kinds.map((kind) => [kind as string, filler(optionalFields(kind))]));
  const fillEach = filler(kinds.flatMap((kind) => (each === null ? [] : optionalElementFields(kind, each))));
  return ({ record, place, gateway }) => {
    const { gw, dev, kind } = record;
    const body = fillers.get(kind)?.(record.body) ?? record.body;
    const names = { gw, dev, kind, body, site: place, gateway };
    if (each === null) return [names];
    return elementsAt(names, each).map((element) => ({
      ...names,
      each: typeof element === "object" && element !== null ? fillEach(element as Fields) : element,
    }));
  };
};

const identityOf = (rule: AlertRule, groupKey: string, { record, day }: JudgedRecord, index: number): string => {
  const { lifecycle } = rule;
  if (lifecycle.type === "state") return groupKey;
  if (lifecycle.identity === "day") return `${day} ${groupKey}`;
  if (lifecycle.identity === "record") {
    const place = `${record.gw} ${record.ep} ${record.eid} ${record.seq}`;
    return index === 0 ? place : `${place} ${index}`;
  }
  const text = resultIdentityText(record.body as TestBody);
  return createHash("sha256").update(`${record.gw}\0${record.dev}\0${text}`).digest("hex").slice(0, 32);
};

interface Parts {
  readonly holds: boolean;
  readonly groupKey: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly identity: string;
  readonly value: Observation["value"];
  readonly joinKey: string;
}

const observationOf = (rule: AlertRule, role: Observation["role"], judged: JudgedRecord, parts: Parts): Observation => {
  const { record, lsn, receivedMs, reading, atMs, place } = judged;
  const { gw, dev, salt, t } = record;
  return {
    ...{ rule: rule.id, role, ...parts },
    ...{ gw, dev, site: place.code, lsn, salt, boot: t.boot, ...reading, receivedMs, atMs },
  };
};

const gatheredValue = (value: unknown): Observation["value"] =>
  typeof value === "number"
    ? value
    : typeof value === "bigint"
      ? Number(value)
      : value === null
        ? null
        : labelText(value);

const ownRole = (world: CelWorld, rule: AlertRule): CompiledRole => {
  const { match, window, join, lifecycle } = rule;
  const gathers = window !== null || join !== null || rule.absence !== null;
  const where = match.where === null ? always : world.program(match.where);
  const condition = gathers || rule.condition === null ? always : world.program(rule.condition);
  const group = programsOf(world, rule.group);
  const labels = programsOf(world, rule.labels);
  const value = window?.value === undefined || window.value === null ? null : world.program(window.value);
  const here = Object.entries(join?.on ?? {}).map(([name, key]) => [name, world.program(key.here)] as const);
  const names = namesFor(match);
  const mayPass = lifecycle.type === "event" && !gathers;
  return {
    ...{ rule, kinds: match.kinds, role: "match" },
    observe: (judged) => {
      const observations: Observation[] = [];
      for (const [index, each] of names(judged).entries()) {
        if (where(each) !== true) continue;
        const holds = condition(each) === true;
        // What does not hold says nothing under an event rule: labels need not be worked out.
        if (!holds && mayPass) continue;
        const groupLabels = textsOf(group, each);
        const groupKey = JSON.stringify(groupLabels);
        observations.push(
          observationOf(rule, "match", judged, {
            ...{ holds, groupKey, identity: identityOf(rule, groupKey, judged, index) },
            labels: { ...groupLabels, ...textsOf(labels, each) },
            value: value === null ? null : gatheredValue(value(each)),
            joinKey: here.length === 0 ? "" : JSON.stringify(textsOf(here, each)),
          }),
        );
      }
      return observations;
    },
  };
};

const otherRole = (world: CelWorld, rule: AlertRule, role: "to" | "until", match: Match): CompiledRole => {
  const where = match.where === null ? always : world.program(match.where);
  const there = Object.entries(rule.join?.on ?? {}).map(([name, key]) => [name, world.program(key.there)] as const);
  const keep = role === "to" ? programsOf(world, rule.join?.keep ?? {}) : [];
  const names = namesFor(match);
  return {
    ...{ rule, kinds: match.kinds, role },
    observe: (judged) => {
      const { gw, ep, eid, seq } = judged.record;
      return names(judged)
        .map((each, index) => ({ each, index }))
        .filter(({ each }) => where(each) === true)
        .map(({ each, index }) => {
          const joinKey = JSON.stringify(textsOf(there, each));
          const identity = `${role} ${gw} ${ep} ${eid} ${seq} ${index}`;
          const labels = textsOf(keep, each);
          return observationOf(rule, role, judged, {
            ...{ holds: true, groupKey: joinKey, identity, value: null, joinKey, labels },
          });
        });
    },
  };
};

/** Prepares a rule. The rule file was checked: every expression can be parsed. */
export const compileRule = (world: CelWorld, rule: AlertRule): CompiledRule => {
  const { join } = rule;
  const roles = [ownRole(world, rule)];
  if (join !== null) roles.push(otherRole(world, rule, "to", join.to));
  if (join !== null && join.until !== null) roles.push(otherRole(world, rule, "until", join.until));
  const gathers = rule.window !== null || join !== null;
  return { rule, roles, meets: gathers && rule.condition !== null ? world.program(rule.condition) : always };
};

/** A sentence of a rule with the labels' values in it; a value that is missing is a dash. */
export const fillIn = (sentence: Bilingual, labels: Readonly<Record<string, string>>): Bilingual => {
  const fill = (text: string): string =>
    text.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => labels[name]?.trim() || "—");
  return { zh: fill(sentence.zh), en: fill(sentence.en) };
};
