import { join } from "node:path";
import { encodeRecord } from "@mingcheng/protocols";
import { ErasureFollower } from "../src/cursor/erasure-follower.ts";
import { FollowerRunner } from "../src/cursor/follower-runner.ts";
import { LedgerFeed } from "../src/cursor/ledger-feed.ts";
import { businessDays, startOfDay } from "../src/effective-time/business-day.ts";
import { openLedgerReader } from "../src/ledger/sqlite-ledger-reader.ts";
import { ReadingsFollower } from "../src/projections/readings.ts";
import { type RetentionSettings, retentionSettings } from "../src/retention/data-classes.ts";
import { HoldBook } from "../src/retention/hold-book.ts";
import { type EraseRecords, RecordEraser } from "../src/retention/record-eraser.ts";
import { openRetention, runOver } from "../src/retention/retention-desk.ts";
import type { ClassReport } from "../src/retention/run-retention.ts";
import { openForWriting, type SqliteDatabase } from "../src/store/database.ts";
import { projectionsMigrations } from "../src/store/projections-database.ts";
import { BackedUpCentre } from "./backed-up-centre.ts";
import { sampleRecord, testOf, trustedTime, weighingOf } from "./memory-ledger.ts";

export const dayMs = 24 * 3_600_000;

/** What the test itself knows of a record that it had stored. */
export interface ToldRecord {
  readonly lsn: number;
  readonly seq: number;
  readonly kind: string;
  readonly dev: string;
  readonly receivedMs: number;
  readonly ownMs: number;
}

const bodies: Readonly<Record<string, (n: number) => Record<string, unknown>>> = {
  weighing: (n) => weighingOf(String(100 + n)),
  test: (n) => testOf(`specimen-${n}`, n % 3 === 0 ? "positive" : "negative"),
  "scale-event": () => ({ protocol: "mt-continuous", state: "overload", previous: null }),
  device: (n) => ({
    status: n % 2 === 0 ? "online" : "silent",
    previous: null,
    reason: "test",
    driver: "mt-continuous",
  }),
  // Not what a sale must be: it lies in quarantine.
  sale: (n) => ({ n }),
};

/** A centre with years of records, and what follows its ledger. */
export class KeptCentre extends BackedUpCentre {
  readonly told: ToldRecord[] = [];
  readonly projections: SqliteDatabase;
  readonly #follow: () => void;
  readonly #ends: (() => void)[] = [];

  constructor() {
    super();
    this.projections = openForWriting({ path: join(this.data, "projections.db"), migrations: projectionsMigrations });
    this.projections.pragma("synchronous = OFF");
    this.#follow = this.follower(this.projections);
    this.#ends.push(() => this.projections.close());
  }

  /** Something that brings `database` up to the ledger, erasures included. */
  follower(database: SqliteDatabase): () => void {
    const ledger = openLedgerReader(join(this.data, "ledger.db"));
    this.#ends.push(() => ledger.close());
    const dayOf = businessDays("Asia/Shanghai");
    const follower = new ReadingsFollower(database, { dayOf, startOfDay: (atMs) => startOfDay(dayOf, atMs) });
    const runner = new FollowerRunner(database, new LedgerFeed(ledger), follower);
    const erasures = new ErasureFollower(database, ledger, follower.name);
    return () => {
      while (runner.step(1_000).taken > 0);
      const step = () => erasures.step(runner.lsn, (lsns) => follower.erase(lsns));
      while (database.transaction(step).immediate() > 0);
    };
  }

  follow(): void {
    this.#follow();
  }

  /** Stores one record that a device said `late` milliseconds before the centre received it, at `receivedMs`. */
  tell(kind: string, dev: string, receivedMs: number, late = 0, body = bodies[kind]?.(this.told.length) ?? {}): void {
    const { gw, ep, eid } = this.line.line;
    const from = this.told.length === 0 ? 1 : this.line.head + 1;
    const ownMs = receivedMs - late;
    const t = trustedTime(ownMs, Date.UTC(2020, 0, 1));
    const sample = sampleRecord({
      kind: "weighing",
      body,
      gw,
      ep,
      eid,
      seq: this.line.head + 1,
      n: this.told.length + 1,
    });
    this.line.push(encodeRecord({ ...sample, kind: kind as "weighing", dev, t }));
    this.bench.nowMs = receivedMs;
    this.bench.take(this.bench.batch(this.gw, this.line.batch(from, this.line.head)));
    if (from === 1) this.told.push({ lsn: 1, seq: 1, kind: "epoch", dev: gw, receivedMs, ownMs });
    const { head } = this.line;
    this.told.push({ lsn: head, seq: head, kind, dev, receivedMs, ownMs });
  }

  /** Orders go straight to the ledger's connection. */
  readonly erase: EraseRecords = async (order) =>
    new RecordEraser(this.bench.database, new HoldBook(this.register)).erase(order);

  /** One run at `nowMs`. */
  async run(
    nowMs: number,
    settings: Partial<RetentionSettings> = {},
    erase: EraseRecords = this.erase,
    isStopping?: () => boolean,
  ): Promise<ClassReport[]> {
    const stores = openRetention(this.data, { ...retentionSettings.parse({}), ...settings }, () => nowMs);
    try {
      return await runOver(this.data, stores, { by: "centre", erase, ...(isStopping ? { isStopping } : {}) });
    } finally {
      stores.close();
    }
  }

  /** Places of records whose bytes are gone. */
  erased(): number[] {
    const rows = this.bench.database.prepare("SELECT lsn FROM record WHERE length(bytes) = 0 ORDER BY lsn").pluck();
    return rows.all() as number[];
  }

  override close(): void {
    for (const end of this.#ends) end();
    super.close();
  }
}

/** Everything in the read model by natural keys, so that two that were made in different ways can be compared. */
export const contentOf = (database: SqliteDatabase): Record<string, unknown[]> => ({
  records: database
    .prepare(
      `SELECT lsn, ep, eid, seq, gw2 AS gw, dev, n, kind, at_ms, received_ms, lane, body, wall FROM (
         SELECT record.*, line.ep, line.eid, device.gw AS gw2, device.dev FROM record
         JOIN line ON line.id = record.line JOIN device ON device.id = record.device) ORDER BY lsn`,
    )
    .all(),
  weighings: database.prepare("SELECT * FROM record_weighing ORDER BY lsn").all(),
  tests: database.prepare("SELECT lsn, resend, counted, specimen, verdict FROM record_test ORDER BY lsn").all(),
  events: database.prepare("SELECT * FROM record_scale_event ORDER BY lsn").all(),
  devices: database
    .prepare(
      `SELECT gw, dev, class, driver, status, status_at_ms, status_reason, last_at_ms, last_received_ms, last_lsn, records
       FROM device ORDER BY gw, dev`,
    )
    .all(),
  rollups: database
    .prepare(
      `SELECT period, gw, dev, start_ms, weighings, grams, without_grams, tests, scale_events
       FROM rollup JOIN device ON device.id = rollup.device ORDER BY period, gw, dev, start_ms`,
    )
    .all(),
  rollupTests: database.prepare("SELECT * FROM rollup_test ORDER BY day, item, assay_code, verdict").all(),
  quarantine: database.prepare("SELECT follower, lsn, reason, bytes FROM quarantine ORDER BY lsn").all(),
  boots: database.prepare("SELECT gw, boot, bound_ms, anchors FROM boot ORDER BY gw, boot").all(),
});
