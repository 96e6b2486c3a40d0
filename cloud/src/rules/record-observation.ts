import { createHash } from "node:crypto";
import { resultIdentityText, type TestBody } from "@mingcheng/protocols";
import type { CelNames } from "./cel/cel-world.ts";
import type { JudgedRecord } from "./judged-record.ts";
import type { Observation } from "./observation.ts";
import type { AlertRule } from "./rule.ts";

/** What observations of one role have in common. */
export interface RoleTexts {
  readonly rule: AlertRule;
  readonly role: Observation["role"];
  labels(names: CelNames): Readonly<Record<string, string>>;
}

/** What the record is the same fact as, under a rule's own lifecycle. */
const identityOf = (rule: AlertRule, groupKey: string, { record, day }: JudgedRecord, index: number): string => {
  const { lifecycle } = rule;
  if (lifecycle.type === "state") return groupKey;
  if (lifecycle.identity === "day") return `${day} ${groupKey}`;
  if (lifecycle.identity === "record") {
    const place = `${record.gw} ${record.ep} ${record.eid} ${record.seq}`;
    return index === 0 ? place : `${place} ${index}`;
  }
  // To expressions a channel that is left out is null; to the result it is not there.
  const { channel, ...body } = record.body as TestBody;
  const text = resultIdentityText(channel ? { ...body, channel } : body);
  return createHash("sha256").update(`${record.gw}\0${record.dev}\0${text}`).digest("hex").slice(0, 32);
};

/**
 * An observation of a record. Most of it is worked out when somebody asks: most records only add to what is gathered, and
 * millions of them pass by.
 */
export class RecordObservation implements Observation {
  readonly #of: RoleTexts;
  readonly #judged: JudgedRecord;
  readonly #names: CelNames;
  readonly #index: number;
  readonly holds: boolean;
  readonly groupKey: string;
  readonly joinKey: string;
  readonly value: Observation["value"];
  #labels: Observation["labels"] | undefined;

  /** `names`: of the record, or of the element of it that is judged, which is the one with the number `index` from 0. */
  constructor(
    of: RoleTexts,
    judged: JudgedRecord,
    names: CelNames,
    index: number,
    holds: boolean,
    groupKey: string,
    joinKey: string,
    value: Observation["value"],
  ) {
    this.#of = of;
    this.#judged = judged;
    this.#names = names;
    this.#index = index;
    this.holds = holds;
    this.groupKey = groupKey;
    this.joinKey = joinKey;
    this.value = value;
  }

  get rule(): string {
    return this.#of.rule.id;
  }

  get role(): Observation["role"] {
    return this.#of.role;
  }

  get labels(): Observation["labels"] {
    this.#labels ??= this.#of.labels(this.#names);
    return this.#labels;
  }

  get identity(): string {
    const { gw, ep, eid, seq } = this.#judged.record;
    if (this.role !== "match") return `${this.role} ${gw} ${ep} ${eid} ${seq} ${this.#index}`;
    return identityOf(this.#of.rule, this.groupKey, this.#judged, this.#index);
  }

  get gw(): string {
    return this.#judged.record.gw;
  }

  get dev(): string {
    return this.#judged.record.dev;
  }

  get site(): string {
    return this.#judged.place.code;
  }

  get lsn(): number {
    return this.#judged.lsn;
  }

  get salt(): string {
    return this.#judged.record.salt;
  }

  get boot(): string {
    return this.#judged.record.t.boot;
  }

  get monoMs(): number {
    return this.#judged.reading.monoMs;
  }

  get rank(): Observation["rank"] {
    return this.#judged.reading.rank;
  }

  get wallMs(): number {
    return this.#judged.reading.wallMs;
  }

  get receivedMs(): number {
    return this.#judged.receivedMs;
  }

  get atMs(): number {
    return this.#judged.atMs;
  }

  toJSON(): Observation {
    const { rule, role, groupKey, labels, identity, holds, value, joinKey, gw, dev, site, lsn, salt, boot } = this;
    const { monoMs, rank, wallMs, receivedMs, atMs } = this;
    return {
      ...{ rule, role, groupKey, labels, identity, holds, value, joinKey, gw, dev, site, lsn, salt, boot },
      ...{ monoMs, rank, wallMs, receivedMs, atMs },
    };
  }
}
