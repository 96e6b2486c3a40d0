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
  /** What expressions see of it, shared by all rules. */
  readonly names: CelNames;
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

const fillers = new Map<string, (fields: Fields) => Fields>();

/** A record's body as expressions see it: what it may leave out is null. Once for a record, not once for a rule. */
export const filledBody = (kind: string, body: Fields): Fields => {
  let fill = fillers.get(kind);
  if (fill === undefined) {
    fill = filler(optionalFields(kind as RuleKind));
    if (fillers.size < 100) fillers.set(kind, fill);
  }
  return fill(body);
};

/** Names of a record, one set for each element that is judged on its own. */
const namesFor = ({ kinds, each }: Match): ((judged: JudgedRecord) => readonly CelNames[]) => {
  const fillEach = filler(kinds.flatMap((kind) => (each === null ? [] : optionalElementFields(kind, each))));
  return ({ names }) =>
    each === null
      ? [names]
      : elementsAt(names, each).map((element) => ({
          ...names,
          each: typeof element === "object" && element !== null ? fillEach(element as Fields) : element,
        }));
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
  readonly identity: string;
  readonly value: Observation["value"];
  readonly joinKey: string;
  readonly labels: () => Readonly<Record<string, string>>;
}

/**
 * An observation whose labels are worked out when somebody asks: most records only add to what is gathered, and millions
 * of them pass by.
 */
class RecordObservation implements Observation {
  readonly rule: string;
  readonly role: Observation["role"];
  readonly groupKey: string;
  readonly identity: string;
  readonly holds: boolean;
  readonly value: Observation["value"];
  readonly joinKey: string;
  readonly gw: string;
  readonly dev: string;
  readonly site: string;
  readonly lsn: number;
  readonly salt: string;
  readonly boot: string;
  readonly monoMs: number;
  readonly rank: Observation["rank"];
  readonly wallMs: number;
  readonly receivedMs: number;
  readonly atMs: number;
  readonly #labelsOf: Parts["labels"];
  #labels: Observation["labels"] | undefined;

  constructor(rule: string, role: Observation["role"], judged: JudgedRecord, parts: Parts) {
    const { record, reading } = judged;
    this.rule = rule;
    this.role = role;
    this.groupKey = parts.groupKey;
    this.identity = parts.identity;
    this.holds = parts.holds;
    this.value = parts.value;
    this.joinKey = parts.joinKey;
    this.gw = record.gw;
    this.dev = record.dev;
    this.site = judged.place.code;
    this.lsn = judged.lsn;
    this.salt = record.salt;
    this.boot = record.t.boot;
    this.monoMs = reading.monoMs;
    this.rank = reading.rank;
    this.wallMs = reading.wallMs;
    this.receivedMs = judged.receivedMs;
    this.atMs = judged.atMs;
    this.#labelsOf = parts.labels;
  }

  get labels(): Observation["labels"] {
    this.#labels ??= this.#labelsOf();
    return this.#labels;
  }

  toJSON(): Observation {
    const { rule, role, groupKey, identity, holds, value, joinKey, gw, dev, site, lsn, salt, boot } = this;
    const { monoMs, rank, wallMs, receivedMs, atMs, labels } = this;
    return {
      ...{ rule, role, groupKey, labels, identity, holds, value, joinKey, gw, dev, site, lsn, salt, boot },
      ...{ monoMs, rank, wallMs, receivedMs, atMs },
    };
  }
}

const maxDevices = 100_000;
const ofDevice = new Set(["gw", "dev"]);

/** Texts as one key. Of what depends on the device alone the key is made once for each. */
const keyMaker = (texts: Readonly<Record<string, string>>, programs: Programs): ((names: CelNames) => string) => {
  if (programs.length === 0) return () => "";
  const make = (names: CelNames): string => JSON.stringify(textsOf(programs, names));
  if (!Object.values(texts).every((text) => ofDevice.has(text))) return make;
  const known = new Map<string, string>();
  return (names) => {
    const device = `${String(names["gw"])} ${String(names["dev"])}`;
    let key = known.get(device);
    if (key === undefined) {
      key = make(names);
      if (known.size >= maxDevices) known.clear();
      known.set(device, key);
    }
    return key;
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

const sidesOf = (rule: AlertRule, side: "here" | "there"): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(rule.join?.on ?? {}).map(([name, key]) => [name, key[side]]));

const ownRole = (world: CelWorld, rule: AlertRule): CompiledRole => {
  const { match, window, join, lifecycle } = rule;
  const gathers = window !== null || join !== null || rule.absence !== null;
  const where = match.where === null ? always : world.program(match.where);
  const condition = gathers || rule.condition === null ? always : world.program(rule.condition);
  const group = programsOf(world, rule.group);
  const labels = programsOf(world, rule.labels);
  const value = window?.value === undefined || window.value === null ? null : world.program(window.value);
  const here = sidesOf(rule, "here");
  const groupKeyOf = keyMaker(rule.group, group);
  const joinKeyOf = keyMaker(here, programsOf(world, here));
  const names = namesFor(match);
  const mayPass = lifecycle.type === "event" && !gathers;
  const observed = (judged: JudgedRecord, each: CelNames, index: number): Observation | undefined => {
    if (where(each) !== true) return undefined;
    const holds = condition(each) === true;
    // What does not hold says nothing under an event rule.
    if (!holds && mayPass) return undefined;
    const groupKey = groupKeyOf(each);
    return new RecordObservation(rule.id, "match", judged, {
      holds,
      groupKey,
      identity: identityOf(rule, groupKey, judged, index),
      value: value === null ? null : gatheredValue(value(each)),
      joinKey: joinKeyOf(each),
      labels: () => ({ ...textsOf(group, each), ...textsOf(labels, each) }),
    });
  };
  return {
    ...{ rule, kinds: match.kinds, role: "match" },
    observe: (judged) => names(judged).flatMap((each, index) => observed(judged, each, index) ?? []),
  };
};

const otherRole = (world: CelWorld, rule: AlertRule, role: "to" | "until", match: Match): CompiledRole => {
  const where = match.where === null ? always : world.program(match.where);
  const there = sidesOf(rule, "there");
  const joinKeyOf = keyMaker(there, programsOf(world, there));
  const keep = role === "to" ? programsOf(world, rule.join?.keep ?? {}) : [];
  const names = namesFor(match);
  return {
    ...{ rule, kinds: match.kinds, role },
    observe: (judged) => {
      const { gw, ep, eid, seq } = judged.record;
      return names(judged).flatMap((each, index) => {
        if (where(each) !== true) return [];
        const joinKey = joinKeyOf(each);
        const identity = `${role} ${gw} ${ep} ${eid} ${seq} ${index}`;
        const parts = { holds: true, groupKey: joinKey, identity, value: null, joinKey };
        return [new RecordObservation(rule.id, role, judged, { ...parts, labels: () => textsOf(keep, each) })];
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
