import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Database } from "../src/harness/sqlite-engine.ts";

/** What this process has caused to be sent to the disk so far, whole pages (proc(5), write_bytes). Linux only. */
const writtenBytes = (): number =>
  Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? Number.NaN);

/**
 * The peer that a gateway could have used instead: records as rows of a SQLite database in WAL mode, one synchronous
 * transaction each, checkpoints included.
 */
export const sqliteBytesPerRecord = (
  path: string,
  records: number,
  recordBytes: number,
): { readonly bytesPerRecord: number; readonly seconds: number } => {
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec("CREATE TABLE record (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
  const insert = database.prepare("INSERT INTO record (bytes) VALUES (?)");
  const startedAtMs = performance.now();
  const before = writtenBytes();
  for (let index = 0; index < records; index++) insert.run(randomBytes(recordBytes));
  database.pragma("wal_checkpoint(TRUNCATE)");
  const bytesPerRecord = (writtenBytes() - before) / records;
  const seconds = (performance.now() - startedAtMs) / 1000;
  database.close();
  return { bytesPerRecord, seconds };
};
