import { createHash } from "node:crypto";
import { join } from "node:path";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { KeptReport, Report, ReportPeriod } from "@mingcheng/protocols";
import type { Migration, SqliteDatabase } from "../../store/database.ts";

/** Where the reports that were made on schedule are kept. */
export const shelfPath = (dataDirectory: string): string => join(dataDirectory, "reports.db");

const firstTables: Migration = (database) => {
  database.exec(`
    -- A report as it was made: never changed. What came to light later is another revision of it.
    CREATE TABLE report (
      id INTEGER PRIMARY KEY, site TEXT NOT NULL, period TEXT NOT NULL, first TEXT NOT NULL, revision INTEGER NOT NULL,
      site_name TEXT NOT NULL, last TEXT NOT NULL, made_ms INTEGER NOT NULL, lsn INTEGER NOT NULL, complete INTEGER NOT NULL,
      figures TEXT NOT NULL, sha256 TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (site, period, first, revision)) STRICT;
    CREATE INDEX report_made ON report (made_ms);
    CREATE TRIGGER report_unchanged BEFORE UPDATE ON report BEGIN SELECT RAISE(ABORT, 'a report is never changed'); END;
    -- When each was read last, whether or not anything had changed.
    CREATE TABLE reading (
      site TEXT NOT NULL, period TEXT NOT NULL, first TEXT NOT NULL, read_ms INTEGER NOT NULL, complete INTEGER NOT NULL,
      PRIMARY KEY (site, period, first)) STRICT, WITHOUT ROWID;
  `);
};

/** Layout steps of `reports.db`. */
export const shelfMigrations: readonly Migration[] = [firstTables];

/** One site's report of one period. */
export interface ReportName {
  readonly site: string;
  readonly period: ReportPeriod;
  /** First day of the period. */
  readonly first: string;
}

/** When a report was read last. */
export interface LastReading {
  readonly readMs: number;
  readonly complete: boolean;
}

interface ReportRow {
  readonly site: string;
  readonly site_name: string;
  readonly period: ReportPeriod;
  readonly first: string;
  readonly last: string;
  readonly revision: number;
  readonly made_ms: number;
  readonly lsn: number;
  readonly complete: number;
  readonly sha256: string;
}

const columns = "site, site_name, period, first, last, revision, made_ms, lsn, complete, sha256";

const keptOf = (row: ReportRow): KeptReport => ({
  ...{ site: row.site, siteName: row.site_name, period: row.period, first: row.first, last: row.last },
  ...{ revision: row.revision, madeAt: new Date(row.made_ms).toISOString(), lsn: row.lsn },
  ...{ complete: row.complete === 1, sha256: row.sha256 },
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What a report says, apart from when it was made. */
const figuresOf = (report: Report): string => sha256(JSON.stringify({ ...report, cutOff: null }));

/** The reports that were made on schedule, each revision as it was. */
export class ReportShelf {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /**
   * Keeps a report that was just read, when it says something else than the revision before it. Once, whatever happens in
   * between: the row and the note that it was read are one commit.
   * @returns the new revision; null when nothing has changed
   */
  keep(report: Report): KeptReport | null {
    const { site, period, cutOff } = report;
    const name = { site: site.code, period: period.type, first: period.first };
    const text = JSON.stringify(report);
    const figures = figuresOf(report);
    return this.#database.transaction(() => {
      const madeMs = Date.parse(cutOff.at);
      this.#database
        .prepare(
          `INSERT INTO reading (site, period, first, read_ms, complete) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET read_ms = excluded.read_ms, complete = excluded.complete`,
        )
        .run(name.site, name.period, name.first, madeMs, Number(period.complete));
      const before = this.#database
        .prepare(
          "SELECT revision, figures FROM report WHERE site = ? AND period = ? AND first = ? ORDER BY revision DESC",
        )
        .get(name.site, name.period, name.first) as { revision: number; figures: string } | undefined;
      if (before?.figures === figures) return null;
      const row: ReportRow = {
        ...{ ...name, site_name: site.name, last: period.last, revision: (before?.revision ?? 0) + 1 },
        ...{ made_ms: madeMs, lsn: cutOff.lsn, complete: Number(period.complete), sha256: sha256(text) },
      };
      this.#database
        .prepare(
          `INSERT INTO report (${columns}, figures, body) VALUES
           (@site, @site_name, @period, @first, @last, @revision, @made_ms, @lsn, @complete, @sha256, @figures, @body)`,
        )
        .run({ ...row, figures, body: deflateRawSync(text) });
      return keptOf(row);
    })();
  }

  /** When a report was read last; undefined when it never was. */
  lastReading({ site, period, first }: ReportName): LastReading | undefined {
    const row = this.#database
      .prepare("SELECT read_ms, complete FROM reading WHERE site = ? AND period = ? AND first = ?")
      .get(site, period, first) as { read_ms: number; complete: number } | undefined;
    return row && { readMs: row.read_ms, complete: row.complete === 1 };
  }

  /** First day of the oldest report of a site; undefined when it has none. */
  oldest(site: string, period: ReportPeriod): string | undefined {
    const first = this.#database
      .prepare("SELECT min(first) FROM reading WHERE site = ? AND period = ?")
      .pluck()
      .get(site, period) as string | null;
    return first ?? undefined;
  }

  /** What is kept, the newest period first, each with its newest revision first. */
  list({ site, period, limit }: { site: string; period: ReportPeriod; limit: number }): KeptReport[] {
    const rows = this.#database
      .prepare(`SELECT ${columns} FROM report WHERE site = ? AND period = ? ORDER BY first DESC, revision DESC LIMIT ?`)
      .all(site, period, limit) as ReportRow[];
    return rows.map(keptOf);
  }

  /** A revision as it was made; undefined when there is none. */
  read({ site, period, first }: ReportName, revision: number): Report | undefined {
    const body = this.#database
      .prepare("SELECT body FROM report WHERE site = ? AND period = ? AND first = ? AND revision = ?")
      .pluck()
      .get(site, period, first, revision) as Buffer | undefined;
    return body === undefined ? undefined : (JSON.parse(inflateRawSync(body).toString("utf8")) as Report);
  }

  /** Lets go of what was made before a time. @returns how many */
  forget(beforeMs: number): number {
    return this.#database.prepare("DELETE FROM report WHERE made_ms < ?").run(beforeMs).changes;
  }
}
