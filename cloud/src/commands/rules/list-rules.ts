import { existsSync } from "node:fs";
import { MingchengError } from "@mingcheng/protocols";
import { alertsPath } from "../../alerts/alerts-database.ts";
import { loadRules } from "../../rules/load-rules.ts";
import type { AlertRule } from "../../rules/rule.ts";
import { openForReading } from "../../store/database.ts";
import { inLanguage } from "../language.ts";
import { inColumns, rulePath } from "./rules-of.ts";
import type { RulesOptions } from "./rules-options.ts";

/** How a rule stands at a centre. */
interface Standing {
  /** Why it could not be evaluated; null while it works. */
  readonly broken: string | null;
  readonly open: number;
  /** Alerts that fired in the last 30 days; of a rule in dry run: that would have. */
  readonly fired: number;
}

const windowMs = 30 * 86_400_000;

const standings = (data: string): ReadonlyMap<string, Standing> => {
  const path = alertsPath(data);
  if (!existsSync(path)) {
    const reason = inLanguage(`${path}：没有中心的数据`, `${path}: there is no centre's data`);
    throw new MingchengError("INPUT_INVALID", reason, { field: "--data" });
  }
  const database = openForReading(path);
  const rows = database
    .prepare(
      `SELECT s.rule, s.broken,
         (SELECT count(*) FROM alert a WHERE a.rule = s.rule AND a.ended_ms IS NULL AND a.fired_ms IS NOT NULL) AS open,
         (SELECT count(*) FROM alert a WHERE a.rule = s.rule AND a.fired_ms >= ?) AS fired
       FROM rule_state s`,
    )
    .all(Date.now() - windowMs) as (Standing & { readonly rule: string })[];
  database.close();
  return new Map(rows.map(({ rule, broken, open, fired }) => [rule, { broken, open, fired }]));
};

const rowOf = ({ id, mode, severity, tier, owner }: AlertRule, standing: Standing | undefined): string[] => [
  id,
  mode,
  severity,
  tier ?? "",
  owner ?? "role:centre",
  standing === undefined ? "" : String(standing.open),
  standing === undefined ? "" : String(standing.fired),
  standing?.broken ?? "",
];

/** Lists rules, and how they stand at a centre. @throws {MingchengError} RULE_INVALID, INPUT_INVALID */
export const listRules = async (
  options: RulesOptions & { readonly data?: string; readonly json?: boolean },
  say: (text: string) => void,
): Promise<void> => {
  const rules = await loadRules(await rulePath(options));
  const known = options.data === undefined ? new Map<string, Standing>() : standings(options.data);
  if (options.json === true) {
    say(JSON.stringify(rules.map((rule) => ({ ...rule, standing: known.get(rule.id) ?? null }))));
    return;
  }
  const head = inLanguage(
    "规则 模式 级别 层级 责任人 未结 30天 错误",
    "rule mode severity tier owner open 30-days broken",
  );
  for (const line of inColumns([head.split(" "), ...rules.map((rule) => rowOf(rule, known.get(rule.id)))])) say(line);
};
