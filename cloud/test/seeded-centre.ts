import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRecord, type MingchengRecord } from "@mingcheng/protocols";
import { alertsMigrations, alertsPath } from "../src/alerts/alerts-database.ts";
import { FollowerRunner } from "../src/cursor/follower-runner.ts";
import { LedgerFeed } from "../src/cursor/ledger-feed.ts";
import { businessDays, startOfDay } from "../src/effective-time/business-day.ts";
import { LedgerMirror } from "../src/following/ledger-mirror.ts";
import type { LedgerReader } from "../src/ledger/ledger-reader.ts";
import { ledgerMigrations } from "../src/ledger/ledger-schema.ts";
import { openLedgerReader } from "../src/ledger/sqlite-ledger-reader.ts";
import { ReadingsFollower } from "../src/projections/readings.ts";
import { GatewayRegister } from "../src/register/gateway-register.ts";
import { openRegister } from "../src/register/register-database.ts";
import { openForWriting, type SqliteDatabase } from "../src/store/database.ts";
import { projectionsMigrations } from "../src/store/projections-database.ts";

/** Stores of a centre on disk, filled by hand: the ledger's rows are written directly, everything else is made from them. */
export class SeededCentre {
  readonly directory = mkdtempSync(join(tmpdir(), "mingcheng-centre-"));
  readonly register: SqliteDatabase;
  readonly ledger: SqliteDatabase;
  readonly projections: SqliteDatabase;
  readonly alerts: SqliteDatabase;
  readonly #reader: LedgerReader;
  readonly #follower: ReadingsFollower;
  readonly #runner: FollowerRunner;
  readonly #mirror: LedgerMirror;

  constructor(timezone = "Asia/Shanghai") {
    const open = (name: string, migrations: Parameters<typeof openForWriting>[0]["migrations"]) =>
      openForWriting({ path: join(this.directory, name), migrations });
    this.register = openRegister(this.directory);
    this.ledger = open("ledger.db", ledgerMigrations);
    this.projections = open("projections.db", projectionsMigrations);
    this.alerts = openForWriting({ path: alertsPath(this.directory), migrations: alertsMigrations });
    for (const database of [this.register, this.ledger, this.projections, this.alerts]) {
      database.pragma("synchronous = OFF");
    }
    this.#reader = openLedgerReader(join(this.directory, "ledger.db"));
    const dayOf = businessDays(timezone);
    this.#follower = new ReadingsFollower(this.projections, { dayOf, startOfDay: (atMs) => startOfDay(dayOf, atMs) });
    this.#runner = new FollowerRunner(this.projections, new LedgerFeed(this.#reader), this.#follower);
    this.#mirror = new LedgerMirror(this.projections);
  }

  /** Registers a gateway; `online` undefined = nothing was heard of it. */
  gateway(gw: string, site: string, online: boolean | undefined, nowMs: number): void {
    new GatewayRegister(this.register).addCode(gw, site, nowMs);
    if (online === undefined) return;
    this.projections
      .prepare("INSERT OR REPLACE INTO gateway_hint VALUES (?, ?, ?, ?, 'test', NULL, NULL, 0, '[]', NULL)")
      .run(gw, online ? 1 : 0, nowMs, nowMs);
  }

  /** Commits a record to the ledger and returns its number. `bytes`: other bytes in its place. */
  commit(record: MingchengRecord, receivedMs: number, bytes: Uint8Array = encodeRecord(record)): number {
    const { gw, ep, eid, seq } = record;
    this.ledger
      .prepare("INSERT INTO line (gw, ep, eid, first_seen_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
      .run(gw, ep, eid, receivedMs);
    const line = this.ledger
      .prepare("SELECT id FROM line WHERE gw = ? AND ep = ? AND eid = ?")
      .pluck()
      .get(gw, ep, eid);
    this.ledger.prepare("UPDATE line SET heard_head = max(heard_head, ?) WHERE id = ?").run(seq, line);
    this.ledger
      .prepare(
        `INSERT INTO run VALUES (:line, 1, :seq, x'00', x'00')
         ON CONFLICT DO UPDATE SET to_seq = max(to_seq, excluded.to_seq)`,
      )
      .run({ line, seq });
    return Number(
      this.ledger
        .prepare("INSERT INTO record (line, seq, lane, received_ms, digest, bytes) VALUES (?, ?, 0, ?, x'00', ?)")
        .run(line, seq, receivedMs, bytes).lastInsertRowid,
    );
  }

  /** Marks a line as disputed, or as decided for. */
  dispute(eid: string, status: "ok" | "disputed"): void {
    this.ledger.prepare("UPDATE line SET status = ? WHERE eid = ?").run(status, eid);
  }

  /** Brings the projections up to the ledger. */
  project(): void {
    while (this.#runner.step(1_000).taken > 0);
    this.projections.transaction(() => {
      this.#follower.reconcile(this.#reader.lines());
      this.#mirror.write(this.#reader.lines(), this.#reader.gaps());
    })();
  }

  close(): void {
    this.#reader.close();
    for (const database of [this.register, this.ledger, this.projections, this.alerts]) database.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
