import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Signer } from "@mingcheng/protocols";
import { alertsMigrations, alertsPath } from "../src/alerts/alerts-database.ts";
import { type BackupOptions, type TakenBackup, takeBackup } from "../src/backup/take-backup.ts";
import { loadCentreKeys } from "../src/keys/centre-keys.ts";
import { openRegister } from "../src/register/register-database.ts";
import { openForWriting, type SqliteDatabase } from "../src/store/database.ts";
import { newSigner, SealedLine } from "./sealed-line.ts";
import { WriterBench } from "./writer-bench.ts";

/** A data directory as a centre leaves it, with one gateway's line in its ledger, and a place for backups beside it. */
export class BackedUpCentre {
  readonly scratch = mkdtempSync(join(tmpdir(), "mingcheng-backup-"));
  readonly data = join(this.scratch, "data");
  readonly backups = join(this.scratch, "backups");
  readonly gw = "market-a";
  readonly signer: Signer = newSigner();
  readonly line = new SealedLine({ gw: this.gw, ep: 1, eid: "ab".repeat(16) }, this.signer);
  readonly bench: WriterBench;
  readonly register: SqliteDatabase;
  readonly alerts: SqliteDatabase;

  constructor() {
    mkdirSync(this.data, { mode: 0o700 });
    mkdirSync(this.backups);
    this.register = openRegister(this.data);
    this.alerts = openForWriting({ path: alertsPath(this.data), migrations: alertsMigrations });
    this.bench = new WriterBench(join(this.data, "ledger.db"));
    this.bench.keys.set(this.signer.kid, this.signer);
    // No test here cuts the power.
    for (const database of [this.bench.database, this.register, this.alerts]) database.pragma("synchronous = OFF");
  }

  /** Makes the centre's keys. */
  makeKeys(): Promise<unknown> {
    return loadCentreKeys(this.data, { centreName: "Test", publicHost: "127.0.0.1", nowMs: this.bench.nowMs });
  }

  /** Captures records and commits them in batches of ten, each with its seal. */
  commit(count: number): void {
    for (let left = count; left > 0; left -= 10) {
      const first = this.line.head + (this.line.head === 1 && this.stored() === 0 ? 0 : 1);
      this.line.grow(this.line.head + Math.min(10, left));
      this.bench.take(this.bench.batch(this.gw, this.line.batch(first, this.line.head)));
    }
  }

  /** Records in the ledger. */
  stored(): number {
    return Number(this.bench.database.prepare("SELECT count(*) FROM record").pluck().get());
  }

  backup(change: Partial<BackupOptions> = {}): Promise<TakenBackup> {
    return takeBackup({
      dataDirectory: this.data,
      target: join(this.backups, "copy"),
      includeKeys: true,
      nowMs: () => this.bench.nowMs,
      random: Math.random,
      onProgress: () => undefined,
      ...change,
    });
  }

  close(): void {
    for (const database of [this.bench.database, this.register, this.alerts]) database.close();
    rmSync(this.scratch, { recursive: true, force: true });
  }
}
