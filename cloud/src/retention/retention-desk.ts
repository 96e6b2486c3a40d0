import { existsSync } from "node:fs";
import { alertsMigrations, alertsPath } from "../alerts/alerts-database.ts";
import { auditOver } from "../audit/open-audit.ts";
import { openRegister } from "../register/register-database.ts";
import { openForReading, openForWriting, type SqliteDatabase } from "../store/database.ts";
import { ledgerPath } from "../store/store-paths.ts";
import type { RetentionSettings } from "./data-classes.ts";
import type { EraseRecords } from "./record-eraser.ts";
import { type ClassReport, type RetentionStores, runRetention } from "./run-retention.ts";

/** The stores that retention works on, open. */
export interface OpenRetention extends RetentionStores {
  close(): void;
}

/** Opens them. The ledger must exist. @throws SqliteError, MingchengError STORE_TOO_NEW */
export const openRetention = (
  dataDirectory: string,
  settings: RetentionSettings,
  nowMs: () => number,
): OpenRetention => {
  const opened: SqliteDatabase[] = [];
  const keep = (database: SqliteDatabase): SqliteDatabase => {
    opened.push(database);
    return database;
  };
  const close = (): void => {
    for (const database of opened.splice(0)) database.close();
  };
  try {
    const register = keep(openRegister(dataDirectory));
    const ledger = keep(openForReading(ledgerPath(dataDirectory)));
    const path = alertsPath(dataDirectory);
    const alerts = existsSync(path) ? keep(openForWriting({ path, migrations: alertsMigrations })) : null;
    return { register, ledger, alerts, settings, nowMs, close };
  } catch (error) {
    close();
    throw error;
  }
};

/** One run over opened stores, noted in the audit log. */
export const runOver = async (
  dataDirectory: string,
  stores: OpenRetention,
  run: { readonly by: string; readonly erase: EraseRecords; readonly isStopping?: () => boolean },
): Promise<ClassReport[]> => {
  const audit = await auditOver(dataDirectory, stores.register, { nowMs: stores.nowMs });
  const reports = await runRetention({ ...stores, ...run, audit });
  audit.settle();
  return reports;
};
