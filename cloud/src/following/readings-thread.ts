import { ErasureFollower } from "../cursor/erasure-follower.ts";
import { FollowerRunner, type FollowerStep } from "../cursor/follower-runner.ts";
import { LedgerFeed } from "../cursor/ledger-feed.ts";
import { businessDays, startOfDay } from "../effective-time/business-day.ts";
import type { Figure } from "../health/figure.ts";
import type { ErasureReader, LedgerReader } from "../ledger/ledger-reader.ts";
import { openLedgerReader } from "../ledger/sqlite-ledger-reader.ts";
import { ReadingsFollower } from "../projections/readings.ts";
import { openForWriting, type SqliteDatabase } from "../store/database.ts";
import { projectionsMigrations } from "../store/projections-database.ts";
import { ledgerPath, projectionsPath } from "../store/store-paths.ts";
import type { OpenFollower } from "./follower-loop.ts";
import type { GatewayHints } from "./gateway-hints.ts";
import { LedgerMirror } from "./ledger-mirror.ts";
import type { FollowingPart } from "./progress-channel.ts";
import { ReconcilePace } from "./reconcile-pace.ts";

/** What the readings follower works with. */
export interface ReadingsThreadOptions {
  readonly dataDirectory: string;
  /** IANA time zone of the business day. */
  readonly timezone: string;
}

/** How the thread is told of what happens, and tells of it. */
export interface ReadingsThreadPorts {
  readonly hints: GatewayHints;
  /** The ledger has grown. */
  onAppend(): void;
  /** Rows that were there before changed: times of a boot, a line's state, a hole, a hint. */
  onChange(parts: readonly FollowingPart[]): void;
}

/** Records per transaction: long enough to be fast, short enough (some 50 ms) that nothing else waits noticeably. */
const batchSize = 1_000;
const openReadings = (database: SqliteDatabase, ledger: LedgerReader & ErasureReader, timezone: string) => {
  // Made from the ledger and moved together with its cursor: after a power cut the lost commits are made again.
  database.pragma("synchronous = NORMAL");
  // Overwritten inside pages; zeroing freed pages would cost writes, and they are used again at once.
  database.pragma("secure_delete = FAST");
  const dayOf = businessDays(timezone);
  const calendar = { dayOf, startOfDay: (atMs: number) => startOfDay(dayOf, atMs) };
  const follower = new ReadingsFollower(database, calendar);
  const runner = new FollowerRunner(database, new LedgerFeed(ledger), follower);
  const erasures = new ErasureFollower(database, ledger, follower.name);
  return { follower, runner, erasures, mirror: new LedgerMirror(database) };
};

/** The `readings` follower on a thread: projections, line states, holes, hints of gateways. */
export class ReadingsThread implements OpenFollower {
  readonly #database: SqliteDatabase;
  readonly #ledger: LedgerReader & ErasureReader;
  readonly #parts: ReturnType<typeof openReadings>;
  readonly #ports: ReadingsThreadPorts;
  #quarantined: number;
  readonly #pace = new ReconcilePace();

  /** @throws SqliteError when a store does not open now; MingchengError STORE_TOO_NEW */
  constructor(options: ReadingsThreadOptions, ports: ReadingsThreadPorts) {
    this.#ports = ports;
    this.#ledger = openLedgerReader(ledgerPath(options.dataDirectory));
    let database: SqliteDatabase | undefined;
    try {
      database = openForWriting({
        path: projectionsPath(options.dataDirectory),
        migrations: projectionsMigrations,
      });
      this.#parts = openReadings(database, this.#ledger, options.timezone);
      this.#quarantined = Number(database.prepare("SELECT count(*) FROM quarantine").pluck().get());
    } catch (error) {
      database?.close();
      this.#ledger.close();
      throw error;
    }
    this.#database = database;
    this.#ledger.onAppend(() => ports.onAppend());
  }

  step(): FollowerStep {
    const step = this.#parts.runner.step(batchSize);
    this.#quarantined += step.refused;
    const reconciled = this.#pace.run(() => this.#reconcile());
    const parts: FollowingPart[] = [];
    if (this.#parts.follower.takeRewritten() || reconciled?.readings === true) parts.push("readings");
    if (this.#ports.hints.flush(this.#database) || reconciled?.mirrored === true) parts.push("gateways");
    if (parts.length > 0) this.#ports.onChange(parts);
    return step;
  }

  idle(): number | null {
    return null;
  }

  /** Lines become disputed or decided, and holes are named, without a record of their own. */
  #reconcile(): { readonly readings: boolean; readonly mirrored: boolean } {
    const lines = this.#ledger.lines();
    const gaps = this.#ledger.gaps();
    const { follower, mirror, erasures, runner } = this.#parts;
    try {
      return this.#database
        .transaction(() => {
          const decided = follower.reconcile(lines);
          const erased = erasures.step(runner.lsn, (lsns) => follower.erase(lsns)) > 0;
          return { readings: decided || erased, mirrored: mirror.write(lines, gaps) };
        })
        .immediate();
    } catch (error) {
      follower.forget();
      mirror.forget();
      throw error;
    }
  }

  head(): number {
    return this.#ledger.head();
  }

  position(): number {
    return this.#parts.runner.lsn;
  }

  quarantined(): number {
    return this.#quarantined;
  }

  figures(): readonly Figure[] {
    return [];
  }

  close(): void {
    this.#ledger.close();
    this.#database.close();
  }
}
