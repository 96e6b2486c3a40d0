import { existsSync } from "node:fs";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import { loadCloudConfig } from "../../config/cloud-config.ts";
import { openLedgerReader } from "../../ledger/sqlite-ledger-reader.ts";
import { minuteStartMs, zoneClock } from "../../register/model/validity.ts";
import { loadRules } from "../../rules/load-rules.ts";
import type { Places } from "../../rules/places/places.ts";
import { noPlaces, RegisterPlaces } from "../../rules/places/register-places.ts";
import type { AlertRule } from "../../rules/rule.ts";
import { type BacktestResult, backtest } from "../../rules/trial/backtest.ts";
import type { TrialEvent } from "../../rules/trial/trial-run.ts";
import { openForReading, type SqliteDatabase } from "../../store/database.ts";
import { ledgerPath } from "../../store/store-paths.ts";
import { inLanguage } from "../language.ts";
import { progressLine } from "../progress-line.ts";
import { chosenRules, inColumns } from "./rules-of.ts";
import type { BacktestCommandOptions } from "./rules-options.ts";

const minuteMs = 60_000;

const instant = z.iso.datetime({ offset: true });

const timeOf = (text: string, timezone: string, field: string): number => {
  const minute = zoneClock(timezone).parse(text);
  if (minute !== undefined) return minuteStartMs(minute);
  // The register knows minutes; here seconds count.
  if (instant.safeParse(text).success) return Date.parse(text);
  throw new MingchengError(
    "INPUT_INVALID",
    inLanguage(`${text}：日期，如 2026-11-01，或 ISO 8601`, `${text}: a day like 2026-11-01, or ISO 8601`),
    { field },
  );
};

/** How often something, the most frequent first. */
const counted = (names: readonly string[]): readonly { readonly name: string; readonly count: number }[] => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
};

/** The officer on duty when it fired; the owner where the register names none. */
const officerOf = (rule: AlertRule, { site, atMs }: TrialEvent, places: Places): string => {
  const owner = rule.owner ?? "role:centre";
  if (rule.tier === null || site === "") return owner;
  return places.onDuty(site, rule.tier, Math.floor(atMs / minuteMs)) ?? owner;
};

const summaryOf = (rules: readonly AlertRule[], result: BacktestResult, places: Places) =>
  rules.map((rule) => {
    const fired = result.fired.filter((event) => event.rule === rule.id);
    return {
      ...{ rule: rule.id, mode: rule.mode, severity: rule.severity, fired: fired.length },
      judged: !rule.match.kinds.includes("gateway-state"),
      joined: result.joined.get(rule.id) ?? 0,
      late: fired.filter(({ late }) => late).length,
      ended: fired.filter(({ alert }) => result.resolved.has(alert)).length,
      sites: counted(fired.map(({ site, gw }) => (site === "" ? gw : places.siteName(site)))),
      officers: counted(fired.map((event) => officerOf(rule, event, places))),
    };
  });

type Summary = ReturnType<typeof summaryOf>[number];

const mostText = (list: Summary["sites"]): string =>
  list
    .slice(0, 3)
    .map(({ name, count }) => `${name} ${count}`)
    .join(", ") + (list.length > 3 ? ", …" : "");

const rowOf = ({ rule, mode, judged, fired, joined, late, ended, sites, officers }: Summary): string[] => [
  mode === "live" ? rule : `${rule} (${mode})`,
  judged ? String(fired) : "–",
  judged ? String(joined) : "–",
  judged ? String(late) : "–",
  judged ? String(ended) : "–",
  mostText(sites),
  mostText(officers),
];

const tell = (summaries: readonly Summary[], result: BacktestResult, say: (text: string) => void): void => {
  const head = inLanguage(
    "规则|触发|并入|补报|自行解除|场所|责任人",
    "rule|fired|joined|late|ended by itself|sites|officers",
  );
  for (const line of inColumns([head.split("|"), ...summaries.map(rowOf)])) say(line);
  for (const { rule, reason } of result.broken)
    say(inLanguage(`规则出错 ${rule}：${reason}`, `broken ${rule}: ${reason}`));
  if (summaries.some(({ judged }) => !judged)) {
    say(
      inLanguage(
        "–：网关状态不在账本中，无法回测",
        "–: states of gateways are not in the ledger and cannot be judged again",
      ),
    );
  }
};

const openRegister = (data: string): SqliteDatabase | undefined => {
  const path = join(data, "register.db");
  return existsSync(path) ? openForReading(path) : undefined;
};

/**
 * Judges a part of a centre's ledger by rules and says what would have fired. Changes nothing; the centre may be running.
 * @throws {MingchengError} INPUT_INVALID, RULE_INVALID, CONFIG_INVALID
 */
export const backtestRules = async (options: BacktestCommandOptions, say: (text: string) => void): Promise<void> => {
  const config = await loadCloudConfig(options.config);
  const { timezone } = config;
  const fromMs = timeOf(options.from, timezone, "--from");
  const saidToMs = timeOf(options.to, timezone, "--to");
  if (saidToMs <= fromMs)
    throw new MingchengError("INPUT_INVALID", inLanguage("--to 须晚于 --from", "--to is not after --from"), {
      field: "--to",
    });
  const nowMs = Date.now();
  if (fromMs >= nowMs)
    throw new MingchengError("INPUT_INVALID", inLanguage("--from 尚未到", "--from lies ahead"), { field: "--from" });
  // What is still to come is no silence of devices.
  const toMs = Math.min(saidToMs, nowMs);
  const path = ledgerPath(options.data);
  if (!existsSync(path))
    throw new MingchengError("INPUT_INVALID", inLanguage(`${path}：没有账本`, `${path}: there is no ledger`), {
      field: "--data",
    });
  const rules = chosenRules(await loadRules(options.rules ?? config.rules), options.rule);
  const ledger = openLedgerReader(path, { asTexts: true });
  const register = openRegister(options.data);
  const places = register === undefined ? noPlaces(timezone) : new RegisterPlaces(register, timezone);
  const began = performance.now();
  const progress = progressLine();
  const onProgress = (records: number, of: number): void => {
    const share = of === 0 ? 100 : Math.floor((100 * records) / of);
    const count = records.toLocaleString("en");
    progress.show(inLanguage(`已回测 ${count} 条记录，${share}%`, `${count} records judged, ${share} %`));
  };
  const result = backtest({ ledger, rules, places, fromMs, toMs, onProgress });
  progress.end();
  const summaries = summaryOf(rules, result, places);
  const seconds = (performance.now() - began) / 1000;
  if (options.json === true) {
    const { records, fired, broken } = result;
    const { from, to } = options;
    const until = new Date(toMs).toISOString();
    say(JSON.stringify({ from, to, until, records, seconds, rules: summaries, broken, alerts: fired }));
  } else {
    tell(summaries, result, say);
    if (toMs < saidToMs) say(inLanguage("--to 尚未到：只回测到现在", "--to lies ahead: judged until now"));
    const figures = [result.records.toLocaleString("en"), seconds.toFixed(1)] as const;
    say(inLanguage(`${figures[0]} 条记录，${figures[1]} 秒`, `${figures[0]} records in ${figures[1]} s`));
  }
  register?.close();
  ledger.close();
};
