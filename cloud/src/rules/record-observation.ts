import { createHash } from "node:crypto";
import { resultIdentityText, type TestBody } from "@mingcheng/protocols";
import type { CelNames } from "./cel/cel-world.ts";
import type { JudgedRecord } from "./compiled-rule.ts";
import type { Observation } from "./observation.ts";
import type { AlertRule } from "./rule.ts";

/** What one record says under one role of a rule. */
export interface Said {
  readonly judged: JudgedRecord;
  /** Names of the record, or of the element of it that is judged. */
  readonly names: CelNames;
  /** Which element, from 0. */
  readonly index: number;
  readonly holds: boolean;
  readonly groupKey: string;
  readonly joinKey: string;
  readonly value: Observation["value"];
}

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
  const text = resultIdentityText(record.body as TestBody);
  return createHash("sha256").update(`${record.gw}\0${record.dev}\0${text}`).digest("hex").slice(0, 32);
};

/**
 * An observation of a record. Most of it is worked out when somebody asks: most records only add to what is gathered, and
 * millions of them pass by.
 */
export class RecordObservation implements Observation {
  readonly #of: RoleTexts;
  readonly #said: Said;
  #labels: Observation["labels"] | undefined;

  constructor(of: RoleTexts, said: Said) {
    this.#of = of;
    this.#said = said;
  }

  get rule(): string {
    return this.#of.rule.id;
  }

  get role(): Observation["role"] {
    return this.#of.role;
  }

  get groupKey(): string {
    return this.#said.groupKey;
  }

  get labels(): Observation["labels"] {
    this.#labels ??= this.#of.labels(this.#said.names);
    return this.#labels;
  }

  get identity(): string {
    const { judged, groupKey, index } = this.#said;
    const { gw, ep, eid, seq } = judged.record;
    if (this.role !== "match") return `${this.role} ${gw} ${ep} ${eid} ${seq} ${index}`;
    return identityOf(this.#of.rule, groupKey, judged, index);
  }

  get holds(): boolean {
    return this.#said.holds;
  }

  get value(): Observation["value"] {
    return this.#said.value;
  }

  get joinKey(): string {
    return this.#said.joinKey;
  }

  get gw(): string {
    return this.#said.judged.record.gw;
  }

  get dev(): string {
    return this.#said.judged.record.dev;
  }

  get site(): string {
    return this.#said.judged.place.code;
  }

  get lsn(): number {
    return this.#said.judged.lsn;
  }

  get salt(): string {
    return this.#said.judged.record.salt;
  }

  get boot(): string {
    return this.#said.judged.record.t.boot;
  }

  get monoMs(): number {
    return this.#said.judged.reading.monoMs;
  }

  get rank(): Observation["rank"] {
    return this.#said.judged.reading.rank;
  }

  get wallMs(): number {
    return this.#said.judged.reading.wallMs;
  }

  get receivedMs(): number {
    return this.#said.judged.receivedMs;
  }

  get atMs(): number {
    return this.#said.judged.atMs;
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
