import type { Statement } from "better-sqlite3";
import type { SeriesRollups } from "../rollups/series-rollups.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { type FieldValue, fieldsText, lineOf, takenBack } from "./line-protocol.ts";
import type { PointDraft } from "./record-points.ts";
import type { Series, SeriesBook } from "./series-book.ts";

/** A point that the server has. */
export interface StoredPoint {
  readonly lsn: number;
  readonly part: number;
  readonly series: number;
  readonly atMs: number;
  readonly offset: number;
  /** Values as JSON. */
  readonly fields: string;
}

interface HourCount {
  readonly measurement: string;
  readonly startMs: number;
  points: number;
  firstLsn: number;
  lastLsn: number;
}

const hourMs = 3_600_000;
const storedColumns = "lsn, part, series, at_ms AS atMs, offset_ns AS offset, fields";

/**
 * Knows what the server has of every record, and brings it to what it is to have: a new point is written, one that moved in time
 * or place is taken back where it was (as zeros) and written where it belongs. All calls belong to one transaction, which is
 * committed once the server has accepted the lines.
 */
export class PointBook {
  readonly #series: SeriesBook;
  readonly #rollups: SeriesRollups;
  readonly #stored: Statement<unknown[]>;
  readonly #insert: Statement<unknown[]>;
  readonly #remove: Statement<unknown[]>;
  readonly #countHour: Statement<unknown[]>;
  readonly #hours = new Map<string, Map<number, HourCount>>();
  readonly #oldestMs: () => number;
  #lines: string[] = [];

  constructor(
    database: SqliteDatabase,
    parts: {
      readonly series: SeriesBook;
      readonly rollups: SeriesRollups;
      /** Single points before this are not sent: the server does not keep them. */
      readonly oldestMs: () => number;
    },
  ) {
    this.#series = parts.series;
    this.#rollups = parts.rollups;
    this.#oldestMs = parts.oldestMs;
    this.#stored = database.prepare(`SELECT ${storedColumns} FROM point WHERE lsn = ?`);
    this.#insert = database.prepare("INSERT INTO point VALUES (?, ?, ?, ?, ?, ?)");
    this.#remove = database.prepare("DELETE FROM point WHERE lsn = ? AND part = ?");
    this.#countHour = database.prepare(
      `INSERT INTO hour VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET points = points + excluded.points,
         first_lsn = min(first_lsn, excluded.first_lsn), last_lsn = max(last_lsn, excluded.last_lsn)`,
    );
  }

  /** Points of a record of which the server has none. */
  add(lsn: number, drafts: readonly PointDraft[]): void {
    for (const [part, draft] of drafts.entries()) this.#put(lsn, part, draft, JSON.stringify(draft.fields));
  }

  /** Points of a record of which the server may have some. */
  settle(lsn: number, drafts: readonly PointDraft[]): void {
    const before = new Map((this.#stored.all(lsn) as StoredPoint[]).map((point) => [point.part, point]));
    for (const [part, draft] of drafts.entries()) {
      const stored = before.get(part);
      before.delete(part);
      const fields = JSON.stringify(draft.fields);
      if (stored !== undefined) {
        const isSame = stored.series === draft.series.id && stored.atMs === draft.atMs && stored.fields === fields;
        if (isSame && stored.offset === draft.offset) continue;
        this.#takeBack(stored);
        this.#remove.run(lsn, part);
      }
      this.#put(lsn, part, draft, fields);
    }
    for (const gone of before.values()) {
      this.#takeBack(gone);
      this.#remove.run(gone.lsn, gone.part);
    }
  }

  #put(lsn: number, part: number, { series, atMs, offset, fields }: PointDraft, text: string): void {
    this.#insert.run(lsn, part, series.id, atMs, offset, text);
    this.#rollups.add(series, atMs, fields, 1);
    this.#count(series, atMs, lsn, 1);
    this.#send(series, atMs, offset, fields);
  }

  #takeBack({ lsn, series: id, atMs, offset, fields: text }: StoredPoint): void {
    const series = this.#series.byId(id);
    const fields = JSON.parse(text) as FieldValue[];
    this.#rollups.add(series, atMs, fields, -1);
    this.#count(series, atMs, lsn, -1);
    this.#send(series, atMs, offset, takenBack(series.measurement, fields));
  }

  #send(series: Series, atMs: number, offset: number, fields: readonly FieldValue[]): void {
    if (atMs < this.#oldestMs()) return;
    this.#lines.push(lineOf(series.prefix, fieldsText(series.measurement, fields), atMs, offset));
  }

  #count({ measurement }: Series, atMs: number, lsn: number, sign: 1 | -1): void {
    const startMs = Math.floor(atMs / hourMs) * hourMs;
    let hours = this.#hours.get(measurement);
    if (hours === undefined) {
      hours = new Map();
      this.#hours.set(measurement, hours);
    }
    const known = hours.get(startMs);
    if (known === undefined) {
      hours.set(startMs, { measurement, startMs, points: sign, firstLsn: lsn, lastLsn: lsn });
      return;
    }
    known.points += sign;
    if (lsn < known.firstLsn) known.firstLsn = lsn;
    if (lsn > known.lastLsn) known.lastLsn = lsn;
  }

  /** Lines of single points since the last call. */
  takeLines(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** Writes sums and counts of hours; returns the lines of the sums. */
  flush(): string[] {
    for (const hours of this.#hours.values()) {
      for (const { measurement, startMs, points, firstLsn, lastLsn } of hours.values()) {
        this.#countHour.run(measurement, startMs, points, firstLsn, lastLsn);
      }
    }
    this.#hours.clear();
    return this.#rollups.flush();
  }

  /** Drops what it holds in memory, because the transaction did not commit. */
  forget(): void {
    this.#lines = [];
    this.#hours.clear();
    this.#rollups.forget();
    this.#series.forget();
  }
}
