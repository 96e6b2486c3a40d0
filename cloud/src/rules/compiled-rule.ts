import type { Bilingual } from "../alerts/alert.ts";
import { type CelNames, type CelProgram, type CelWorld, labelText } from "./cel/cel-world.ts";
import { optionalElementFields, optionalFields } from "./cel/record-types.ts";
import { DeviceKeys, type Programs, textsOf } from "./device-keys.ts";
import { absenceGroup } from "./gathering/presence-book.ts";
import type { JudgedRecord } from "./judged-record.ts";
import type { Observation } from "./observation.ts";
import { RecordObservation, type RoleTexts } from "./record-observation.ts";
import type { AlertRule, Match, RuleKind } from "./rule.ts";

/** One part that a record can play under a rule. */
export interface CompiledRole {
  readonly owner: CompiledRule;
  readonly kinds: readonly RuleKind[];
  readonly role: Observation["role"];
  /**
   * Hands over what the record says, one observation after the other.
   * @throws Error when an expression cannot be evaluated for this record
   */
  observe(judged: JudgedRecord, take: (observation: Observation) => void): void;
}

/** A rule ready to judge. */
export interface CompiledRule {
  readonly rule: AlertRule;
  readonly roles: readonly CompiledRole[];
  /** The number under which it gathers now; 0: none. */
  epoch: number;
  /** It could not be evaluated and is out of use. */
  isBroken: boolean;
  /** What has gathered meets the rule's condition. @throws Error */
  readonly meets: CelProgram;
}

const programsOf = (world: CelWorld, texts: Readonly<Record<string, string>>): Programs =>
  Object.entries(texts).map(([name, text]) => [name, world.recordProgram(text)] as const);

const always: CelProgram = () => true;

/** Lists of lists are not walked: one name is followed after the other, what is not there is an empty list. */
const elementsAt = (names: CelNames, path: string): readonly unknown[] => {
  let value: unknown = names;
  for (const name of path.split(".")) value = (value as Record<string, unknown> | null | undefined)?.[name];
  return Array.isArray(value) ? value : [];
};

type Fields = Record<string, unknown>;

/** Fills up what a record may leave out: to an expression it is null. In place, because copies cost a record more than rules. */
const filler =
  (names: readonly string[]) =>
  (fields: Fields): Fields => {
    for (const name of names) fields[name] ??= null;
    return fields;
  };

const fillers = new Map<string, (fields: Fields) => Fields>();

/** Makes null in a record's body what it may leave out, as expressions see it. Once for a record, not once for a rule. */
export const filledBody = (kind: string, body: Fields): Fields => {
  let fill = fillers.get(kind);
  if (fill === undefined) {
    fill = filler(optionalFields(kind as RuleKind));
    if (fillers.size < 100) fillers.set(kind, fill);
  }
  return fill(body);
};

type NamesOf = (judged: JudgedRecord) => readonly CelNames[];

/** What rules are made with: they share expressions, keys, and elements of lists. */
export class RuleWorkshop {
  readonly world: CelWorld;
  readonly keys = new DeviceKeys();
  readonly #elements = new Map<string, NamesOf>();

  constructor(world: CelWorld) {
    this.world = world;
  }

  /** Names of a record, one set for each element of a list; rules that ask for the same list share them. */
  elements(kinds: Match["kinds"], each: string): NamesOf {
    const key = `${each} ${kinds.join(" ")}`;
    const known = this.#elements.get(key);
    if (known !== undefined) return known;
    const fillEach = filler(kinds.flatMap((kind) => optionalElementFields(kind, each)));
    let last: JudgedRecord | undefined;
    let elements: readonly CelNames[] = [];
    const namesOf: NamesOf = (judged) => {
      if (judged === last) return elements;
      last = judged;
      elements = elementsAt(judged.names, each).map((element) => ({
        ...judged.names,
        each: typeof element === "object" && element !== null ? fillEach(element as Fields) : element,
      }));
      return elements;
    };
    this.#elements.set(key, namesOf);
    return namesOf;
  }
}

const ofDevice = new Set(["gw", "dev"]);

type KeyOf = (judged: JudgedRecord, names: CelNames) => string;

/** Texts as one key. Of what depends on the device alone the key is made once for each. */
const keyMaker = (keys: DeviceKeys, texts: Readonly<Record<string, string>>, programs: Programs): KeyOf => {
  if (programs.length === 0) return () => "";
  const make = (names: CelNames): string => JSON.stringify(textsOf(programs, names));
  if (!Object.values(texts).every((text) => ofDevice.has(text))) return (_, names) => make(names);
  const slot = keys.slot(texts);
  return ({ deviceKeys }, names) => (deviceKeys[slot] ??= make(names));
};

/** The key of a join; empty where a part of it is: what nobody knows equals nothing. */
const joinKeyMaker = (keys: DeviceKeys, texts: Readonly<Record<string, string>>, programs: Programs): KeyOf => {
  const keyOf = keyMaker(keys, texts, programs);
  if (programs.length === 0 || Object.values(texts).every((text) => ofDevice.has(text))) return keyOf;
  return (_, names) => {
    const parts = textsOf(programs, names);
    return Object.values(parts).includes("") ? "" : JSON.stringify(parts);
  };
};

const gatheredValue = (value: unknown): Observation["value"] =>
  typeof value === "number"
    ? value
    : typeof value === "bigint" || typeof value === "boolean"
      ? Number(value)
      : value === null
        ? null
        : labelText(value);

const sidesOf = (rule: AlertRule, side: "here" | "there"): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(rule.join?.on ?? {}).map(([name, key]) => [name, key[side]]));

/** What every element of a record says, one after the other. */
const observing = (
  shop: RuleWorkshop,
  match: Match,
  observed: (judged: JudgedRecord, names: CelNames, index: number) => Observation | undefined,
): CompiledRole["observe"] => {
  if (match.each === null) {
    return (judged, take) => {
      const observation = observed(judged, judged.names, 0);
      if (observation !== undefined) take(observation);
    };
  }
  const elements = shop.elements(match.kinds, match.each);
  return (judged, take) => {
    for (const [index, names] of elements(judged).entries()) {
      const observation = observed(judged, names, index);
      if (observation !== undefined) take(observation);
    }
  };
};

type UnownedRole = Omit<CompiledRole, "owner">;

const ownRole = (shop: RuleWorkshop, rule: AlertRule): UnownedRole => {
  const { world, keys } = shop;
  const { match, window, join, absence, lifecycle } = rule;
  const gathers = window !== null || join !== null || absence !== null;
  const where = match.where === null ? always : world.recordProgram(match.where);
  const condition = gathers || rule.condition === null ? always : world.recordProgram(rule.condition);
  const groupTexts = absence === null ? rule.group : absenceGroup(absence.each);
  const group = programsOf(world, groupTexts);
  const labels = programsOf(world, rule.labels);
  const value = window?.value === undefined || window.value === null ? null : world.recordProgram(window.value);
  const here = sidesOf(rule, "here");
  const groupKeyOf = keyMaker(keys, groupTexts, group);
  const joinKeyOf = joinKeyMaker(keys, here, programsOf(world, here));
  const mayPass = lifecycle.type === "event" && !gathers;
  const texts: RoleTexts = {
    ...{ rule, role: "match" },
    labels: (names) => (absence === null ? { ...textsOf(group, names), ...textsOf(labels, names) } : {}),
  };
  return {
    ...{ kinds: match.kinds, role: "match" },
    observe: observing(shop, match, (judged, names, index) => {
      if (where(names) !== true) return undefined;
      const holds = condition(names) === true;
      // What does not hold says nothing under an event rule.
      if (!holds && mayPass) return undefined;
      const groupKey = groupKeyOf(judged, names);
      const joinKey = join === null ? "" : joinKeyOf(judged, names);
      const gathered = value === null ? null : gatheredValue(value(names));
      return new RecordObservation(texts, judged, names, index, holds, groupKey, joinKey, gathered);
    }),
  };
};

const otherRole = (shop: RuleWorkshop, rule: AlertRule, role: "to" | "until", match: Match): UnownedRole => {
  const { world, keys } = shop;
  const where = match.where === null ? always : world.recordProgram(match.where);
  const there = sidesOf(rule, "there");
  const joinKeyOf = joinKeyMaker(keys, there, programsOf(world, there));
  const keep = role === "to" ? programsOf(world, rule.join?.keep ?? {}) : [];
  const texts: RoleTexts = { rule, role, labels: (names) => textsOf(keep, names) };
  return {
    ...{ kinds: match.kinds, role },
    observe: observing(shop, match, (judged, names, index) => {
      if (where(names) !== true) return undefined;
      const joinKey = joinKeyOf(judged, names);
      return new RecordObservation(texts, judged, names, index, true, joinKey, joinKey, null);
    }),
  };
};

/** Prepares a rule. The rule file was checked: every expression can be parsed. */
export const compileRule = (shop: RuleWorkshop, rule: AlertRule): CompiledRule => {
  const { join, window, condition } = rule;
  const roles = [ownRole(shop, rule)];
  if (join !== null) roles.push(otherRole(shop, rule, "to", join.to));
  if (join !== null && join.until !== null) roles.push(otherRole(shop, rule, "until", join.until));
  const gathers = window !== null || join !== null;
  const meets = gathers && condition !== null ? shop.world.program(condition) : always;
  const owned: CompiledRole[] = [];
  const compiled: CompiledRule = { rule, roles: owned, meets, epoch: 0, isBroken: false };
  for (const role of roles) owned.push({ ...role, owner: compiled });
  return compiled;
};

/** A sentence of a rule with the labels' values in it; a value that is missing is a dash. */
export const fillIn = (sentence: Bilingual, labels: Readonly<Record<string, string>>): Bilingual => {
  const fill = (text: string): string =>
    text.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => labels[name]?.trim() || "—");
  return { zh: fill(sentence.zh), en: fill(sentence.en) };
};
