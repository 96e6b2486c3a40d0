import type { LedgerRecord } from "../ledger/ledger-reader.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { CelWorld } from "./cel/cel-world.ts";
import { type CompiledRole, type CompiledRule, compileRule, RuleWorkshop } from "./compiled-rule.ts";
import type { DeviceKeys } from "./device-keys.ts";
import type { GatewayStates } from "./gateway-state.ts";
import type { Places } from "./places/places.ts";
import { RecordSurroundings } from "./record-surroundings.ts";
import type { AlertRule } from "./rule.ts";

/** What the rules work with. */
export interface RulesFollowerOptions {
  readonly database: SqliteDatabase;
  readonly rules: readonly AlertRule[];
  /** What the register says; left out: nothing. */
  readonly places?: Places;
  /** How gateways stand; left out: nobody knows. */
  readonly gateways?: GatewayStates;
  /** Rules that are new have been watching since then; left out: since now. */
  readonly sinceMs?: number;
  /** Centre's clock, milliseconds since 1970. */
  nowMs(): number;
  /** The rules are only tried out: nothing has to outlive the process. `tells`: whether it matters who would be told what. */
  readonly trial?: { readonly tells: boolean };
  /** The ledger's largest number. */
  ledgerHead(): number;
  /** A record by its number, for joins that have patience; left out: their pairs are found in the order of arrival only. */
  recordAt?(lsn: number): LedgerRecord | undefined;
}

/** Rules ready to judge, with what they share. */
export interface RuleSet {
  readonly byId: ReadonlyMap<string, CompiledRule>;
  readonly rolesByKind: ReadonlyMap<string, readonly CompiledRole[]>;
  readonly world: CelWorld;
  readonly surroundings: RecordSurroundings;
  readonly deviceKeys: DeviceKeys;
}

/** Compiles rules. @throws {MingchengError} RULE_INVALID */
export const ruleSet = (rules: readonly AlertRule[], places: Places): RuleSet => {
  const surroundings = new RecordSurroundings(places);
  const world = new CelWorld(surroundings);
  const shop = new RuleWorkshop(world);
  const compiled = rules.map((rule) => compileRule(shop, rule));
  const rolesByKind = new Map<string, CompiledRole[]>();
  for (const role of compiled.flatMap((one) => one.roles)) {
    for (const kind of role.kinds) rolesByKind.set(kind, [...(rolesByKind.get(kind) ?? []), role]);
  }
  return {
    ...{ world, surroundings, deviceKeys: shop.keys },
    byId: new Map(compiled.map((one) => [one.rule.id, one])),
    rolesByKind,
  };
};
