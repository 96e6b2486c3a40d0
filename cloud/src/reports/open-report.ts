import { join } from "node:path";
import { MingchengError, type Report } from "@mingcheng/protocols";
import { alertsPath } from "../alerts/alerts-database.ts";
import { PlaceFinder } from "../register/attribution/place-finder.ts";
import { openForReading, type SqliteDatabase } from "../store/database.ts";
import { ledgerPath, projectionsPath } from "../store/store-paths.ts";
import { readReport } from "./read-report.ts";
import type { ReportDone, ReportJob } from "./report-messages.ts";

/**
 * Reads a report from a data directory, beside a running centre or without one: each store on one snapshot, the ledger last,
 * so that the cut-off is never ahead of what is in it.
 * @throws {MingchengError} INPUT_INVALID, NOT_FOUND; SqliteError when a store cannot be read
 */
export const openReport = ({ dataDirectory, timezone, asked, nowMs }: ReportJob): Report => {
  const opened: SqliteDatabase[] = [];
  const open = (path: string): SqliteDatabase => {
    const database = openForReading(path);
    opened.push(database);
    database.exec("BEGIN");
    // A snapshot begins with the first read.
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return database;
  };
  try {
    const projections = open(projectionsPath(dataDirectory));
    const alerts = open(alertsPath(dataDirectory));
    const register = open(join(dataDirectory, "register.db"));
    const ledger = open(ledgerPath(dataDirectory));
    const places = new PlaceFinder({ database: () => register, version: () => 0 });
    return readReport({ projections, alerts, register, ledger, places }, asked, { timezone, nowMs });
  } finally {
    for (const database of opened) {
      database.exec("ROLLBACK");
      database.close();
    }
  }
};

/** The same, as a thread answers it. */
export const answerReport = (job: ReportJob): ReportDone => {
  try {
    return { ok: true, report: openReport(job) };
  } catch (error) {
    const code = error instanceof MingchengError ? error.code : "CENTRE_FAULT";
    return { ok: false, code, message: error instanceof Error ? error.message : String(error) };
  }
};
