import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MingchengError } from "@mingcheng/protocols";
import type { Audit } from "../audit/audit-event.ts";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { loadCloudConfig } from "../config/cloud-config.ts";
import { exportFile, exportRows } from "../register/import/export-file.ts";
import { type ImportFile, type ImportReport, importFiles } from "../register/import/import-files.ts";
import type { Encoding } from "../register/import/text-encoding.ts";
import { kindNamed, registerKinds } from "../register/model/kinds.ts";
import { minuteOf, type ZoneClock, zoneClock } from "../register/model/validity.ts";
import { stallPlan } from "../register/stall-plan.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { DataOptions } from "./data-options.ts";
import { inLanguage } from "./language.ts";

type Say = (text: string) => void;

/** Every kind that has a file in a folder, for `all`. */
const everyKind = "all";

/** Folder of the sample city, as seen from this file (source or build). */
export const sampleCity = fileURLToPath(new URL("../../register-samples/lujiang/", import.meta.url));

const withRegister = async <Result>(
  options: DataOptions,
  body: (database: SqliteDatabase, clock: ZoneClock, audit: Audit) => Result | Promise<Result>,
): Promise<Result> => {
  const { timezone } = await loadCloudConfig(options.config);
  return withAudit(options.data, (audit, database) => body(database, zoneClock(timezone), audit));
};

const filesOf = (kind: string, path: string): ImportFile[] => {
  if (kind !== everyKind) {
    const file = { kind: kindNamed(kind), path };
    if (existsSync(path)) return [file];
    throw new MingchengError("INPUT_INVALID", `${path}: there is no such file`, { field: "file" });
  }
  const found = registerKinds.flatMap((known) =>
    ["csv", "xlsx", ...(known.table === "geometry" ? ["geojson"] : [])].map((ending) => ({
      kind: known,
      path: join(path, `${known.kind}.${ending}`),
    })),
  );
  const files = found.filter((file) => existsSync(file.path));
  if (files.length > 0) return files;
  throw new MingchengError("INPUT_INVALID", `${path}: no file like ${registerKinds[0]?.kind}.csv in it`, {
    field: "file",
  });
};

const sayReport = ({ counts, findings, findingsTotal, change, encodings: read }: ImportReport, say: Say): void => {
  for (const { kind, row, column, zh, en } of findings) {
    const place = [kind, row === null ? "" : inLanguage(`第 ${row} 行`, `row ${row}`), column ?? ""];
    say(`${place.filter((part) => part !== "").join(" ")}: ${inLanguage(zh, en)}`);
  }
  if (findingsTotal > findings.length) {
    const more = findingsTotal - findings.length;
    say(inLanguage(`另有 ${more} 处错误未列出`, `and ${more} more`));
  }
  for (const [kind, { added, corrected, unchanged }] of Object.entries(counts)) {
    const encoding = read[kind] ?? "";
    say(
      inLanguage(
        `${kind}（${encoding}）：新增 ${added}，更正 ${corrected}，未变 ${unchanged}`,
        `${kind} (${encoding}): ${added} added, ${corrected} corrected, ${unchanged} unchanged`,
      ),
    );
  }
  if (findingsTotal > 0) {
    say(inLanguage(`${findingsTotal} 处错误，没有导入任何内容`, `${findingsTotal} errors, nothing was imported`));
  } else if (change === null) say(inLanguage("登记册没有改动", "the register was not changed"));
  else say(inLanguage(`已导入，变更号 ${change}`, `imported as change ${change}`));
};

/** Options of `import`. */
export interface ImportCommandOptions extends DataOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly encoding?: Encoding;
  readonly note?: string;
}

/** Imports a file, or a folder of them, and reports. Returns the exit code: 0, or 1 when something was wrong. */
export const runImport = async (
  kind: string,
  path: string,
  options: ImportCommandOptions,
  say: Say,
): Promise<number> => {
  const files = filesOf(kind, path);
  const report = await withRegister(options, (database, clock, audit) =>
    importFiles(database, clock, {
      ...{ files, by: terminalActor(), note: options.note ?? "", atMs: Date.now(), audit },
      dryRun: options.dryRun === true,
      ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
      onRows: (rows) => {
        if (process.stderr.isTTY) process.stderr.write(`\r${rows}\u001b[K`);
      },
    }),
  );
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  if (options.json === true) say(JSON.stringify({ ok: report.findingsTotal === 0, ...report }));
  else sayReport(report, say);
  return report.findingsTotal === 0 ? 0 : 1;
};

/** Options of `register export`. */
export interface ExportCommandOptions extends DataOptions {
  readonly out: string;
  readonly at?: string;
  readonly excel?: boolean;
}

/** Writes entries of one kind, or a folder with every kind. */
export const runExport = (kind: string, options: ExportCommandOptions, say: Say): Promise<void> =>
  withRegister(options, async (database, clock, audit) => {
    const at = options.at === undefined ? null : clock.parse(options.at);
    if (at === undefined) {
      throw new MingchengError("INPUT_INVALID", `${options.at}: a time like 2026-11-24 12:30`, { field: "--at" });
    }
    const kinds = kind === everyKind ? registerKinds : [kindNamed(kind)];
    audit.append({ actor: terminalActor(), action: "register.exported", subject: `register:${kind}` });
    if (kind === everyKind) await mkdir(options.out, { recursive: true, mode: 0o700 });
    for (const known of kinds) {
      const path = kind === everyKind ? join(options.out, `${known.kind}.csv`) : options.out;
      const rows = exportRows(database, clock, known, { at });
      const count = await exportFile(rows, path, { byteOrderMark: options.excel === true });
      say(inLanguage(`${path}：${count} 行`, `${path}: ${count} rows`));
    }
  });

/** Options of `register plan`. */
export interface PlanCommandOptions extends DataOptions {
  readonly gateway: string;
  readonly out: string;
}

/** Writes the floor plan of a site as settings for the public screen of a gateway. */
export const runPlan = (site: string, { gateway, out, ...options }: PlanCommandOptions, say: Say): Promise<void> =>
  withRegister(options, async (database) => {
    const stalls = stallPlan(database, { site, gw: gateway, minute: minuteOf(Date.now()) });
    if (stalls.length === 0) {
      throw new MingchengError("INPUT_INVALID", `${site}: no stall of it is drawn (没有图形)`, { field: "site" });
    }
    // JSON is YAML.
    const lines = stalls.map((stall) => `    ${JSON.stringify(stall)}`).join(",\n");
    await writeFile(out, `marketScreen:\n  stalls: [\n${lines}\n  ]\n`);
    say(inLanguage(`${out}：${stalls.length} 个摊位`, `${out}: ${stalls.length} stalls`));
  });
