import { renameSync } from "node:fs";
import { join } from "node:path";
import type { MarketUnderTest } from "../../src/harness/market.ts";
import { Database } from "../../src/harness/sqlite-engine.ts";

/** A backup as the command printed it. */
export interface PrintedBackup {
  readonly path: string;
  readonly takenAt: string;
  readonly lsn: number;
}

/** What a ledger says of its lines, holes and restores. Times in milliseconds since 1970. */
export interface LedgerFacts {
  /** Generations with their reasons, oldest first. */
  readonly reasons: readonly string[];
  readonly restores: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly reports: readonly { readonly gw: string; readonly kind: string; readonly detail: string }[];
  readonly gaps: readonly Gap[];
  /** Largest number heard of, by line. */
  readonly heads: Readonly<Record<string, number>>;
  /** Places of lines that are neither stored nor in a named gap with an end, as `<eid> <seq>`. */
  readonly unexplained: readonly string[];
}

/** A named hole. */
export interface Gap {
  readonly eid: string;
  readonly from: number;
  readonly to: number | null;
  readonly reason: string;
}

/** Takes a backup, with keys, while the centre runs. */
export const backUp = async ({ centre, dir }: MarketUnderTest): Promise<PrintedBackup> =>
  JSON.parse(await centre.command("backup", "--out", join(dir, "backup"), "--keys", "--json")) as PrintedBackup;

/** The centre dies with its disk; another is made from the backup, under the same addresses. */
export const loseAndRestore = async ({ centre, dir }: MarketUnderTest, backup: PrintedBackup): Promise<void> => {
  if (centre.program.running) await centre.kill();
  renameSync(centre.dataDir, join(dir, "lost"));
  await centre.command("restore", "--from", backup.path);
  await centre.start();
};

/** How many records a ledger holds, while its centre runs. */
export const heldRecords = (dataDir: string): number => {
  const database = new Database(join(dataDir, "ledger.db"), { readonly: true, fileMustExist: true });
  try {
    return Number(database.prepare("SELECT count(*) FROM record").pluck().get());
  } finally {
    database.close();
  }
};

/** Every record of a ledger as `<lsn> <eid> <seq>`, in its order, while its centre runs. */
export const heldPlaces = (dataDir: string): string[] => {
  const database = new Database(join(dataDir, "ledger.db"), { readonly: true, fileMustExist: true });
  try {
    const rows = database.prepare(
      "SELECT lsn || ' ' || eid || ' ' || seq FROM record JOIN line ON line.id = line ORDER BY lsn",
    );
    return rows.pluck().all() as string[];
  } finally {
    database.close();
  }
};

/** Reads a ledger while its centre runs. */
export const ledgerFacts = (dataDir: string): LedgerFacts => {
  const database = new Database(join(dataDir, "ledger.db"), { readonly: true, fileMustExist: true });
  try {
    const all = <Row>(sql: string): Row[] => database.prepare(sql).all() as Row[];
    const gaps = all<Gap>(
      `SELECT eid, from_seq AS "from", to_seq AS "to", reason FROM gap JOIN line ON line.id = gap.line
       WHERE closed_ms IS NULL ORDER BY gap.id`,
    );
    const lines = all<{ eid: string; head: number }>("SELECT eid, heard_head AS head FROM line");
    const stored = database.prepare("SELECT seq FROM record JOIN line ON line.id = record.line WHERE eid = ?").pluck();
    const unexplained = lines.flatMap(({ eid, head }) => {
      const known = new Set(stored.all(eid) as number[]);
      for (const { eid: of, from, to } of gaps) {
        for (let seq = from; of === eid && seq <= (to ?? 0); seq++) known.add(seq);
      }
      return Array.from({ length: head }, (_, index) => index + 1)
        .filter((seq) => !known.has(seq))
        .map((seq) => `${eid} ${seq}`);
    });
    return {
      reasons: all<{ reason: string }>("SELECT reason FROM generation ORDER BY position").map(({ reason }) => reason),
      restores: all("SELECT from_ms AS fromMs, to_ms AS toMs FROM restore ORDER BY id"),
      reports: all("SELECT gw, kind, detail FROM report ORDER BY id"),
      gaps,
      heads: Object.fromEntries(lines.map(({ eid, head }) => [eid, head])),
      unexplained,
    };
  } finally {
    database.close();
  }
};
