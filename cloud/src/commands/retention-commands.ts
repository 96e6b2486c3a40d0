import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { isCode, MingchengError } from "@mingcheng/protocols";
import type { Command } from "commander";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { loadCloudConfig } from "../config/cloud-config.ts";
import { ledgerMigrations } from "../ledger/ledger-schema.ts";
import { dataClasses } from "../retention/data-classes.ts";
import { HoldBook, type LegalHold } from "../retention/hold-book.ts";
import { endOfTimeMs, HoldDesk, type HoldOrder } from "../retention/hold-desk.ts";
import { RecordEraser } from "../retention/record-eraser.ts";
import { openRetention, runOver } from "../retention/retention-desk.ts";
import { answerOf, requestRun } from "../retention/retention-schedule.ts";
import { type ClassReport, planRetention } from "../retention/run-retention.ts";
import { lockDataDirectory } from "../store/data-directory.ts";
import { openForWriting } from "../store/database.ts";
import { ledgerPath } from "../store/store-paths.ts";
import { type DataOptions, withPresentData } from "./data-options.ts";
import { inLanguage, terminalLanguage } from "./language.ts";

type Say = (text: string) => void;

interface ReportOptions extends DataOptions {
  readonly json?: boolean;
}

const periodText = (days: number | null): string =>
  days === null ? inLanguage("永久", "for good") : inLanguage(`${days} 天`, `${days} days`);

const sayReports = (reports: readonly ClassReport[], { json }: ReportOptions, say: Say, did: boolean): void => {
  if (json === true) {
    say(JSON.stringify(reports, null, 2));
    return;
  }
  for (const { name, days, olderThan, count, held } of reports) {
    const title = dataClasses.find((one) => one.name === name)?.title[terminalLanguage()] ?? name;
    const counted = did
      ? inLanguage(`已抹去 ${count}`, `erased ${count}`)
      : inLanguage(`到期 ${count}`, `due ${count}`);
    const kept = held === 0 ? "" : inLanguage(`，法律保全 ${held}`, `, held ${held}`);
    const before =
      olderThan === null ? "" : inLanguage(`，早于 ${olderThan.slice(0, 10)}`, `, before ${olderThan.slice(0, 10)}`);
    say(`${name.padEnd(11)} ${title}: ${periodText(days)}${before}: ${counted}${kept}`);
  }
};

const needLedger = (data: string): void => {
  if (existsSync(ledgerPath(data))) return;
  throw new MingchengError("INPUT_INVALID", `${data}: no centre has run here`, { field: "--data" });
};

const plan = async (options: ReportOptions, say: Say): Promise<void> => {
  needLedger(options.data);
  const { retention } = await loadCloudConfig(options.config);
  const stores = openRetention(options.data, retention, () => Date.now());
  try {
    sayReports(planRetention(stores), options, say, false);
  } finally {
    stores.close();
  }
};

/** While no centre runs on the directory, which its lock says. */
const runHere = async (options: DataOptions): Promise<ClassReport[]> => {
  const { retention } = await loadCloudConfig(options.config);
  // Brings the layout forward, as a start of the centre would.
  const ledger = openForWriting({ path: ledgerPath(options.data), migrations: ledgerMigrations });
  try {
    const stores = openRetention(options.data, retention, () => Date.now());
    try {
      const eraser = new RecordEraser(ledger, new HoldBook(stores.register));
      const by = terminalActor();
      return await runOver(options.data, stores, { by, erase: async (order) => eraser.erase(order) });
    } finally {
      stores.close();
    }
  } finally {
    ledger.close();
  }
};

const answerEveryMs = 200;

/** The centre runs: its own thread does it, this waits for what it says. */
const askCentre = (options: DataOptions): Promise<ClassReport[]> =>
  withAudit(options.data, async (_audit, register) => {
    const id = requestRun(register, terminalActor(), Date.now());
    for (;;) {
      const answer = answerOf(register, id);
      if (Array.isArray(answer)) return answer as ClassReport[];
      if (answer !== undefined) {
        throw new MingchengError("LEDGER_UNAVAILABLE", String((answer as { error?: unknown }).error));
      }
      await delay(answerEveryMs);
    }
  });

const run = async (options: ReportOptions, say: Say): Promise<void> => {
  needLedger(options.data);
  let lock: Awaited<ReturnType<typeof lockDataDirectory>> | undefined;
  try {
    lock = await lockDataDirectory(options.data);
  } catch (error) {
    if (!isCode(error, "DATA_DIRECTORY_LOCKED")) throw error;
  }
  try {
    sayReports(await (lock === undefined ? askCentre(options) : runHere(options)), options, say, true);
  } finally {
    lock?.release();
  }
};

interface HoldOptions extends DataOptions {
  readonly gateway?: string;
  readonly device?: string;
  readonly from?: string;
  readonly to?: string;
  readonly reason: string;
}

const instant = (text: string | undefined, otherwise: number, field: string): number => {
  if (text === undefined) return otherwise;
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new MingchengError("INPUT_INVALID", `${text}: no time (2026-11-25T08:00+08:00)`, { field });
  return ms;
};

const orderOf = ({ reason }: HoldOptions): HoldOrder => ({
  ...{ who: { actor: terminalActor() }, reason, nowMs: Date.now() },
});

const hold = (options: HoldOptions, say: Say): Promise<void> =>
  withAudit(options.data, (audit, register) => {
    const scope = {
      gw: options.gateway ?? null,
      dev: options.device ?? null,
      fromMs: instant(options.from, 0, "--from"),
      toMs: instant(options.to, endOfTimeMs, "--to"),
    };
    const id = new HoldDesk(register, audit).place(scope, orderOf(options));
    say(inLanguage(`法律保全 ${id} 已生效。`, `Hold ${id} is in force.`));
  });

const release = (text: string, options: HoldOptions, say: Say): Promise<void> =>
  withAudit(options.data, (audit, register) => {
    const id = Number(text);
    new HoldDesk(register, audit).release(id, orderOf(options));
    say(
      inLanguage(
        `法律保全 ${id} 已解除，下次执行时到期数据将被抹去。`,
        `Hold ${id} is released; what is due goes at the next run.`,
      ),
    );
  });

const dateOf = (ms: number, otherwise: number): string =>
  ms === otherwise ? "…" : new Date(ms).toISOString().replace(/:00\.000Z$/, "Z");

const holdLine = ({ id, gw, dev, fromMs, toMs, reason, by, releasedMs, releasedBy }: LegalHold): string => {
  const what = `${gw ?? "*"}/${dev ?? "*"} ${dateOf(fromMs, 0)} – ${dateOf(toMs, endOfTimeMs)}`;
  const state =
    releasedMs === null
      ? inLanguage("生效中", "in force")
      : inLanguage(
          `${new Date(releasedMs).toISOString()} 由 ${releasedBy ?? ""} 解除`,
          `released ${new Date(releasedMs).toISOString()} by ${releasedBy ?? ""}`,
        );
  return `${id}  ${what}  ${reason} (${by})  ${state}`;
};

const holds = (options: ReportOptions, say: Say): Promise<void> =>
  withAudit(options.data, (_audit, register) => {
    const all = new HoldBook(register).all();
    if (options.json === true) say(JSON.stringify(all, null, 2));
    else if (all.length === 0) say(inLanguage("没有法律保全。", "There are no holds."));
    else for (const one of all) say(holdLine(one));
  });

/** `retention`: what is kept for how long, what is due, and what must not be erased. */
export const addRetentionCommands = (program: Command, say: Say): void => {
  const retention = program
    .command("retention")
    .description("数据保存期限与抹去 / periods of keeping data, and erasing");
  withPresentData(retention.command("plan"))
    .description("列出各类数据的期限和到期数量，不改动任何内容 / periods and what is due, change nothing")
    .option("--json", "JSON")
    .action((options: ReportOptions) => plan(options, say));
  withPresentData(retention.command("run"))
    .description("立即抹去到期数据（每天也会自动执行） / erase now what is due (happens daily by itself)")
    .option("--json", "JSON")
    .action((options: ReportOptions) => run(options, say));
  withPresentData(retention.command("hold"))
    .description("法律保全：其范围内的数据不抹去 / legal hold: what it covers is not erased")
    .option("--gateway <gw>", "网关，默认全部 / gateway, by default all")
    .option("--device <dev>", "设备，默认全部 / device, by default all")
    .option("--from <time>", "起始时间（采集或接收） / from, when made or received")
    .option("--to <time>", "截止时间（不含） / until, exclusive")
    .requiredOption("--reason <text>", "原因 / why")
    .action((options: HoldOptions) => hold(options, say));
  withPresentData(retention.command("release <id>"))
    .description("解除法律保全 / release a hold")
    .requiredOption("--reason <text>", "原因 / why")
    .action((id: string, options: HoldOptions) => release(id, options, say));
  withPresentData(retention.command("holds"))
    .description("列出法律保全 / list holds")
    .option("--json", "JSON")
    .action((options: ReportOptions) => holds(options, say));
};
