import { chainLink, recordDigest, type Sha256, sameBytes } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";

/** What of a ledger was looked at. */
export interface LedgerCheck {
  readonly gen: string | null;
  readonly lsn: number;
  readonly records: number;
  readonly spans: number;
}

/** What the check works with. */
export interface LedgerCheckPorts {
  readonly sha256: Sha256;
  /** Uniform in [0, 1): which records and seals are looked at. */
  readonly random: () => number;
}

/** Newest records that are looked at, always: what was written last is what a copy misses first. */
const newestRecords = 1_000;
const sampledRecords = 1_000;
const sampledSpans = 64;
/** Longest stretch that is calculated again. */
const maxSpanRecords = 4_096;

interface RecordRow {
  readonly lsn: number;
  readonly digest: Buffer;
  readonly bytes: Buffer;
}

interface SealRow {
  readonly line: number;
  readonly seq: number;
  readonly h: Buffer;
}

/** Whether a record was erased; a ledger that an older program laid out knows of none. */
const erasedIn = (database: SqliteDatabase): ((lsn: number) => boolean) => {
  const hasTable = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'erased'").get() !== undefined;
  if (!hasTable) return () => false;
  const found = database.prepare("SELECT 1 FROM erased WHERE lsn = ?");
  return (lsn) => found.get(lsn) !== undefined;
};

const checkRecords = (database: SqliteDatabase, lsn: number, { sha256, random }: LedgerCheckPorts): number => {
  const read = database.prepare("SELECT lsn, digest, bytes FROM record WHERE lsn = ?");
  const isErased = erasedIn(database);
  const wanted = new Set<number>();
  for (let at = lsn; at > 0 && wanted.size < newestRecords; at--) wanted.add(at);
  for (let each = 0; each < sampledRecords && lsn > 0; each++) wanted.add(1 + Math.floor(random() * lsn));
  for (const at of wanted) {
    const row = read.get(at) as RecordRow | undefined;
    if (row === undefined) throw new Error(`record ${at} is missing`);
    if (row.bytes.length === 0 && isErased(at)) continue;
    if (!sameBytes(recordDigest(sha256, row.bytes), row.digest)) throw new Error(`record ${at} has not its digest`);
  }
  return wanted.size;
};

/** Calculates the chain from the place before a seal that is nearest, a seal or the start of its run, up to it. */
const checkSpan = (database: SqliteDatabase, seal: SealRow, sha256: Sha256): boolean => {
  const { line, seq } = seal;
  type Start = { seq: number; h: Buffer };
  const start = database
    .prepare(
      `SELECT seq, h FROM (
         SELECT seq, h FROM seal WHERE line = @line AND seq < @seq
         UNION ALL SELECT from_seq - 1, prev FROM run WHERE line = @line AND from_seq <= @seq)
       ORDER BY seq DESC LIMIT 1`,
    )
    .get({ line, seq }) as Start | undefined;
  if (start === undefined) throw new Error(`line ${line} has a seal at ${seq} and no records`);
  if (seq - start.seq > maxSpanRecords) return false;
  const digests = database
    .prepare(
      `SELECT digest FROM (
         SELECT seq, digest FROM record WHERE line = @line AND seq BETWEEN @from AND @seq
         UNION ALL SELECT seq, digest FROM digest_only WHERE line = @line AND seq BETWEEN @from AND @seq) ORDER BY seq`,
    )
    .pluck()
    .all({ line, from: start.seq + 1, seq }) as Buffer[];
  let h: Uint8Array = start.h;
  for (const digest of digests) h = chainLink(sha256, h, digest);
  if (!sameBytes(h, seal.h)) throw new Error(`line ${line}: the chain does not lead to the seal at ${seq}`);
  return true;
};

const checkSpans = (database: SqliteDatabase, { sha256, random }: LedgerCheckPorts): number => {
  const lines = database.prepare("SELECT id FROM line ORDER BY id").pluck().all() as number[];
  const last = database.prepare("SELECT max(seq) FROM seal WHERE line = ?").pluck();
  const nearest = database.prepare("SELECT line, seq, h FROM seal WHERE line = ? AND seq >= ? ORDER BY seq LIMIT 1");
  let spans = 0;
  for (let each = 0; each < sampledSpans && lines.length > 0; each++) {
    const line = lines[Math.floor(random() * lines.length)];
    const head = (last.get(line) as number | null) ?? 0;
    const seal = nearest.get(line, Math.floor(random() * (head + 1))) as SealRow | undefined;
    if (seal !== undefined && checkSpan(database, seal, sha256)) spans++;
  }
  return spans;
};

/**
 * Looks through the copy of a ledger: numbers without a hole, the newest and some other records against their digests,
 * some stretches of chains from seal to seal.
 * @throws {Error} naming the first bad place
 */
export const checkLedgerCopy = (database: SqliteDatabase, ports: LedgerCheckPorts): LedgerCheck => {
  const gen = database.prepare("SELECT gen FROM generation ORDER BY position DESC LIMIT 1").pluck().get();
  const lsn = Number(database.prepare("SELECT coalesce(max(lsn), 0) FROM record").pluck().get());
  const count = Number(database.prepare("SELECT count(*) FROM record").pluck().get());
  if (count !== lsn) throw new Error(`${count} records, and the last is number ${lsn}`);
  const records = checkRecords(database, lsn, ports);
  return { gen: (gen as string | undefined) ?? null, lsn, records, spans: checkSpans(database, ports) };
};
