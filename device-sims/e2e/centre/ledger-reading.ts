import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordDigest, toHex } from "@mingcheng/protocols";
import { Database } from "../../src/harness/sqlite-engine.ts";
import { nodeCrypto } from "../../src/load/node-crypto.ts";

/** One stored record: its place, and the digest of its very bytes. */
export interface StoredPlace {
  readonly gw: string;
  readonly eid: string;
  readonly seq: number;
  readonly digest: string;
}

/** Every record in the `ledger.db` of a data directory, read from a copy so that nothing there is touched. */
export const readLedger = (dataDir: string): StoredPlace[] => {
  const scratch = mkdtempSync(join(tmpdir(), "mingcheng-ledger-"));
  try {
    for (const name of ["ledger.db", "ledger.db-wal"]) {
      if (existsSync(join(dataDir, name))) copyFileSync(join(dataDir, name), join(scratch, name));
    }
    const database = new Database(join(scratch, "ledger.db"));
    // It is only read: what the log holds is put into the file and thrown away with it, without waiting for the disk.
    database.pragma("synchronous = OFF");
    const known = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'record'").get() !== undefined;
    const rows = known
      ? database.prepare("SELECT gw, eid, seq, bytes FROM record JOIN line ON line.id = record.line ORDER BY lsn").all()
      : [];
    database.close();
    type Row = { gw: string; eid: string; seq: number; bytes: Buffer };
    return (rows as Row[]).map(({ bytes, ...place }) => ({
      ...place,
      digest: toHex(recordDigest(nodeCrypto.sha256, bytes)),
    }));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};
