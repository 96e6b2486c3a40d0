import { existsSync } from "node:fs";
import { type KeptReportList, MingchengError, type Report, type ReportPeriod } from "@mingcheng/protocols";
import type { Audit } from "../../audit/audit-event.ts";
import type { CloudConfig } from "../../config/cloud-config.ts";
import type { Figure } from "../../health/figure.ts";
import { openForReading, openForWriting, type SqliteDatabase } from "../../store/database.ts";
import type { ReportDesk } from "../report-desk.ts";
import { deliverReport } from "./deliver-report.ts";
import { ReportRound } from "./report-round.ts";
import { type ReportName, ReportShelf, shelfMigrations, shelfPath } from "./report-shelf.ts";

/** What reports on schedule work with. */
export interface KeptReportsPorts {
  readonly dataDirectory: string;
  /** Without a time of day none are made; what was made before can still be read. */
  readonly settings: CloudConfig["reports"];
  readonly timezone: string;
  readonly register: SqliteDatabase;
  readonly desk: ReportDesk;
  readonly nowMs: () => number;
  readonly log: (level: "info" | "warn" | "error", text: string, detail: Readonly<Record<string, unknown>>) => void;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reports on schedule: made, kept in `reports.db`, and written where somebody picks them up. */
export class KeptReports {
  readonly #ports: KeptReportsPorts;
  readonly #database: SqliteDatabase | null;
  readonly #shelf: ReportShelf | null;
  #round: ReportRound | null = null;
  #made = 0;
  #failed = 0;

  /** @throws {MingchengError} STORE_TOO_NEW */
  constructor(ports: KeptReportsPorts) {
    this.#ports = ports;
    const path = shelfPath(ports.dataDirectory);
    if (ports.settings.at !== null) this.#database = openForWriting({ path, migrations: shelfMigrations });
    else this.#database = existsSync(path) ? openForReading(path) : null;
    this.#shelf = this.#database && new ReportShelf(this.#database);
  }

  /** Begins to make them, each noted in the audit log with the digest of what it says. */
  begin(audit: Audit): void {
    const { settings, timezone, register, desk, nowMs, log } = this.#ports;
    const { at, settleDays, keepDays } = settings;
    if (at === null || this.#shelf === null) return;
    this.#round = new ReportRound(
      { at, settleDays, keepDays },
      {
        ...{ shelf: this.#shelf, register, timezone, nowMs },
        read: (asked) => desk.read(asked),
        onMade: async (kept, report) => {
          this.#made++;
          const { period, first, revision, lsn, sha256, site } = kept;
          const detail = { period, first, revision, lsn, sha256 };
          audit.append({ actor: "centre", action: "report.made", subject: `site:${site}`, detail });
          if (settings.dir !== null) await deliverReport(settings.dir, settings.languages, { kept, report });
        },
        onFault: (asked, error) => {
          this.#failed++;
          log("error", "a report on schedule could not be made", { ...asked, error: textOf(error) });
        },
      },
    );
  }

  /** To be called every minute or so: makes what is due. */
  async check(): Promise<void> {
    try {
      await this.#round?.run();
    } catch (error) {
      this.#failed++;
      this.#ports.log("error", "reports on schedule could not be made", { error: textOf(error) });
    }
  }

  /** What is kept of a site. */
  list(asked: { site: string; period: ReportPeriod; limit: number }): KeptReportList {
    return { at: this.#ports.settings.at, reports: this.#shelf?.list(asked) ?? [] };
  }

  /** @throws {MingchengError} NOT_FOUND */
  read(name: ReportName, revision: number): Report {
    const report = this.#shelf?.read(name, revision);
    if (report !== undefined) return report;
    throw new MingchengError("NOT_FOUND", "no such report was made", { field: "revision" });
  }

  figures(): readonly Figure[] {
    const counter = (name: string, help: string, value: number): Figure => ({
      ...{ name: `mingcheng_reports_${name}_total`, help, type: "counter", value },
    });
    return [
      counter("made", "Reports made on schedule, revisions counted.", this.#made),
      counter("failed", "Reports on schedule that could not be made.", this.#failed),
    ];
  }

  async close(): Promise<void> {
    await this.#round?.close();
    this.#database?.close();
  }
}
