import { existsSync } from "node:fs";
import { join } from "node:path";
import { alertsPath } from "../alerts/alerts-database.ts";
import { businessDays, startOfDay } from "../effective-time/business-day.ts";
import { SeriesRollups } from "../rollups/series-rollups.ts";
import { openForReading, openForWriting, type SqliteDatabase } from "../store/database.ts";
import { ledgerPath, projectionsPath } from "../store/store-paths.ts";
import { FeedState } from "./feed-state.ts";
import { ItemTags } from "./item-tags.ts";
import { PlaceTags } from "./place-tags.ts";
import { PointBook } from "./point-book.ts";
import { ProjectedRecords } from "./projected-records.ts";
import { RecordPoints } from "./record-points.ts";
import { SampleSpans } from "./sample-spans.ts";
import { SeriesBook } from "./series-book.ts";
import { timeseriesMigrations, timeseriesPath } from "./timeseries-database.ts";

/** How the stores of the feed are opened. */
export interface FeedStoresOptions {
  readonly dataDirectory: string;
  /** IANA time zone of the business day. */
  readonly timezone: string;
  /** Single points, and sums, before this are not sent. */
  readonly oldestPointMs: () => number;
  readonly oldestSumMs: () => number;
}

/** Everything the feed reads, and its own database, with the books over them. */
export class FeedStores {
  readonly database: SqliteDatabase;
  readonly projections: SqliteDatabase;
  readonly register: SqliteDatabase;
  readonly ledger: SqliteDatabase;
  readonly state: FeedState;
  readonly series: SeriesBook;
  readonly rollups: SeriesRollups;
  readonly points: PointBook;
  readonly spans: SampleSpans;
  readonly places: PlaceTags;
  readonly items: ItemTags;
  readonly #dataDirectory: string;
  #records: ProjectedRecords | undefined;
  #made: string | undefined;
  #recordPoints: RecordPoints | undefined;
  #alerts: SqliteDatabase | undefined;

  /** @throws SqliteError when a store does not open now; MingchengError STORE_TOO_NEW */
  constructor({ dataDirectory, timezone, oldestPointMs, oldestSumMs }: FeedStoresOptions) {
    this.#dataDirectory = dataDirectory;
    const opened: SqliteDatabase[] = [];
    const keep = (database: SqliteDatabase): SqliteDatabase => {
      opened.push(database);
      return database;
    };
    try {
      this.projections = keep(openForReading(projectionsPath(dataDirectory)));
      this.register = keep(openForReading(join(dataDirectory, "register.db")));
      this.ledger = keep(openForReading(ledgerPath(dataDirectory)));
      this.database = keep(openForWriting({ path: timeseriesPath(dataDirectory), migrations: timeseriesMigrations }));
      // Made from the ledger: after a power cut the lost commits are made again, and their points are the same.
      this.database.pragma("synchronous = NORMAL");
      this.database.pragma("secure_delete = FAST");
      // A round is many pages: fewer, larger steps from the log into the file.
      this.database.pragma("wal_autocheckpoint = 8000");
      this.state = new FeedState(this.database);
      this.series = new SeriesBook(this.database);
      const dayOf = businessDays(timezone);
      const calendar = { dayOf, startOfDay: (atMs: number) => startOfDay(dayOf, atMs) };
      this.rollups = new SeriesRollups(this.database, this.series, { calendar, oldestMs: oldestSumMs });
      const { series, rollups } = this;
      this.points = new PointBook(this.database, { series, rollups, oldestMs: oldestPointMs });
      this.spans = new SampleSpans(this.database);
      this.places = new PlaceTags(this.register);
      this.items = new ItemTags(this.register);
    } catch (error) {
      for (const database of opened) database.close();
      throw error;
    }
  }

  /** The projections' records; undefined while they are being laid out. Asked anew at every use: they may be made anew. */
  records(): ProjectedRecords | undefined {
    const made = this.#laidOut();
    if (made === undefined) return undefined;
    if (this.#records === undefined || made !== this.#made) {
      this.#records = new ProjectedRecords(this.projections);
      this.#recordPoints = undefined;
      this.#made = made;
    }
    return this.#records;
  }

  #laidOut(): string | undefined {
    const table = this.projections.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'readings_made'").pluck();
    if (table.get() === 0) return undefined;
    return this.projections.prepare("SELECT token FROM readings_made").pluck().get() as string | undefined;
  }

  /** Makes points of records; call after {@link records}. */
  recordPoints(records: ProjectedRecords): RecordPoints {
    if (this.#recordPoints === undefined) {
      const saveCamera = this.database.prepare(
        `INSERT INTO camera VALUES (?, ?, ?, ?, ?) ON CONFLICT (gw, dev) DO UPDATE SET
           lsn = excluded.lsn, at_ms = excluded.at_ms, state = excluded.state
         WHERE excluded.at_ms > at_ms OR (excluded.at_ms = at_ms AND excluded.lsn >= lsn)`,
      );
      const { series, places, items } = this;
      this.#recordPoints = new RecordPoints({
        ...{ records, series, places, items },
        onCamera: ({ gw, dev, lsn, atMs, state }) => saveCamera.run(gw, dev, lsn, atMs, state),
      });
    }
    return this.#recordPoints;
  }

  /** Alerts, once there are any. */
  alerts(): SqliteDatabase | undefined {
    if (this.#alerts === undefined && existsSync(alertsPath(this.#dataDirectory))) {
      this.#alerts = openForReading(alertsPath(this.#dataDirectory));
    }
    return this.#alerts;
  }

  /** Takes in what changed in the register. */
  refreshPlaces(): void {
    if (!this.places.refresh()) return;
    this.items.forget();
    this.#recordPoints?.forget();
  }

  /** The ledger's largest number. */
  ledgerHead(): number {
    return Number(this.ledger.prepare("SELECT coalesce(max(lsn), 0) FROM record").pluck().get());
  }

  /** When a record was received; null when it is not there. */
  receivedMs(lsn: number): number | null {
    const found = this.ledger.prepare("SELECT received_ms FROM record WHERE lsn = ?").pluck().get(lsn);
    return (found as number | undefined) ?? null;
  }

  /** The transaction did not commit. */
  forget(): void {
    this.points.forget();
    this.#recordPoints?.forget();
  }

  close(): void {
    this.#alerts?.close();
    for (const database of [this.database, this.ledger, this.register, this.projections]) database.close();
  }
}
