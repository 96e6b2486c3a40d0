import { join } from "node:path";
import { MingchengError, recordDigest, type Sha256, sameBytes } from "@mingcheng/protocols";
import { GatewayDecisions } from "../register/gateway-decisions.ts";
import { GatewayRegister, type RegisteredKey } from "../register/gateway-register.ts";
import { HoldBook } from "../retention/hold-book.ts";
import { RecordEraser } from "../retention/record-eraser.ts";
import { openForReading, openForWriting, type SqliteDatabase } from "../store/database.ts";
import { ledgerPath } from "../store/store-paths.ts";
import { ledgerMigrations } from "./ledger-schema.ts";
import { LedgerWriter, type LedgerWriterOptions } from "./ledger-writer.ts";
import { OperatorDecisions } from "./operator-decisions.ts";
import { reasonToBegin } from "./restore-mark.ts";
import { type RegisteredKeys, SqliteLedger } from "./sqlite-ledger.ts";

/** What the register says of one key. */
interface KeyFacts {
  readonly enrolled: RegisteredKey | undefined;
  readonly revokedFrom: RegisteredKey["revokedFrom"];
}

/** Keys held in memory, unknown ones included. */
const maxKnownKeys = 10_000;

/** What the register says of keys, read again whenever another connection has changed it. */
const registeredKeys = (register: SqliteDatabase): RegisteredKeys => {
  const gateways = new GatewayRegister(register);
  const decisions = new GatewayDecisions(register);
  const dataVersion = register.prepare("PRAGMA data_version").pluck();
  const known = new Map<string, KeyFacts>();
  let version: unknown;
  const facts = (gw: string, kid: string): KeyFacts => {
    const now = dataVersion.get();
    if (now !== version || known.size > maxKnownKeys) known.clear();
    version = now;
    const name = `${gw}/${kid}`;
    const found = known.get(name) ?? { enrolled: gateways.key(gw, kid), revokedFrom: decisions.revokedFrom(gw, kid) };
    known.set(name, found);
    return found;
  };
  return {
    enrolled: (gw, kid) => facts(gw, kid).enrolled,
    revokedFrom: (gw, kid) => facts(gw, kid).revokedFrom,
  };
};

/** An open ledger with its writer. */
export interface OpenLedger {
  readonly writer: LedgerWriter;
  /** What operators decide, to be carried out between messages. */
  readonly decisions: OperatorDecisions;
  /** Empties records whose time is over. */
  readonly eraser: RecordEraser;
  close(): void;
}

const isDamage = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code));

/** Newest records whose bytes are held against their digests at the start: what a failing disk spoils first. */
const checkedRecords = 1_000;

/** @throws {MingchengError} LEDGER_DAMAGED naming the first bad place among the newest records */
const checkNewest = (database: SqliteDatabase, sha256: Sha256): void => {
  type Row = { lsn: number; digest: Buffer; bytes: Buffer };
  const rows = database.prepare("SELECT lsn, digest, bytes FROM record ORDER BY lsn DESC LIMIT ?").all(checkedRecords);
  const isErased = database.prepare("SELECT 1 FROM erased WHERE lsn = ?");
  let expected: number | undefined;
  for (const { lsn, digest, bytes } of rows as Row[]) {
    if (expected !== undefined && lsn !== expected) {
      throw new MingchengError("LEDGER_DAMAGED", `${database.name}: record ${expected} is missing`);
    }
    const isThere = bytes.length > 0 || isErased.get(lsn) === undefined;
    if (isThere && !sameBytes(recordDigest(sha256, bytes), digest)) {
      throw new MingchengError("LEDGER_DAMAGED", `${database.name}: record ${lsn} does not have its digest`);
    }
    expected = lsn - 1;
  }
};

/**
 * Makes everything in the write-ahead log durable before anything is built on it: what an earlier process wrote and did
 * not sync would otherwise count as committed and vanish with the next power cut. After a failed sync the log itself
 * cannot be relied on and must be emptied.
 * @throws {MingchengError} LEDGER_UNAVAILABLE while a reader keeps it from being emptied after a failed sync
 */
const settle = (database: SqliteDatabase, afterFault: boolean): void => {
  const [result] = database.pragma("wal_checkpoint(TRUNCATE)") as [{ busy: number }];
  if (result.busy === 0 || !afterFault) return;
  throw new MingchengError("LEDGER_UNAVAILABLE", "a reader holds the write-ahead log");
};

/**
 * Opens the ledger of a data directory for its one writer, under the generation `gen`; `afterFault`: this process
 * had it open before. The register must exist.
 * @throws {MingchengError} STORE_TOO_NEW, LEDGER_DAMAGED, LEDGER_UNAVAILABLE; SqliteError when the disk does not allow it
 * (now)
 */
export const openLedger = (
  dataDirectory: string,
  generation: { readonly gen: string; readonly afterFault: boolean },
  ports: Omit<LedgerWriterOptions, "database" | "ledger">,
): OpenLedger => {
  const path = ledgerPath(dataDirectory);
  let database: SqliteDatabase | undefined;
  let register: SqliteDatabase | undefined;
  try {
    database = openForWriting({ path, migrations: ledgerMigrations });
    settle(database, generation.afterFault);
    checkNewest(database, ports.crypto.sha256);
    // Larger than SQLite's default of 1000 pages: a backlog arrives at megabytes a second, and checkpoints cost fsyncs.
    database.pragma("wal_autocheckpoint = 4000");
    register = openForReading(join(dataDirectory, "register.db"));
    const opened = { database, register };
    const begin = database.transaction(() => {
      const reason = reasonToBegin(opened.database, generation.gen);
      const begun = { gen: generation.gen, reason, nowMs: ports.nowMs() };
      return new SqliteLedger(opened.database, ports.crypto, registeredKeys(opened.register), begun);
    });
    const ledger = begin.immediate();
    return {
      writer: new LedgerWriter({ ...ports, database, ledger }),
      eraser: new RecordEraser(database, new HoldBook(register)),
      decisions: new OperatorDecisions(database, ledger, new GatewayDecisions(register), ports.nowMs),
      close: () => {
        opened.register.close();
        opened.database.close();
      },
    };
  } catch (error) {
    register?.close();
    database?.close();
    if (!isDamage(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new MingchengError("LEDGER_DAMAGED", `${path}: ${reason}`, { cause: error });
  }
};
