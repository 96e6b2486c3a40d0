import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { GatewayRegister, type RegisteredKey } from "../register/gateway-register.ts";
import { openForReading, openForWriting, type SqliteDatabase } from "../store/database.ts";
import { ledgerMigrations } from "./ledger-schema.ts";
import { LedgerWriter, type LedgerWriterOptions } from "./ledger-writer.ts";
import { type KeyLookup, SqliteLedger } from "./sqlite-ledger.ts";

/** Where the ledger of a data directory is. */
export const ledgerPath = (dataDirectory: string): string => join(dataDirectory, "ledger.db");

/** Keys by (gw, kid), read again whenever another connection has changed the register. */
const keyLookup = (register: SqliteDatabase): KeyLookup => {
  const gateways = new GatewayRegister(register);
  const dataVersion = register.prepare("PRAGMA data_version").pluck();
  const known = new Map<string, RegisteredKey>();
  let version: unknown;
  return (gw, kid) => {
    const now = dataVersion.get();
    if (now !== version) known.clear();
    version = now;
    const name = `${gw}/${kid}`;
    const key = known.get(name) ?? gateways.key(gw, kid);
    if (key !== undefined) known.set(name, key);
    return key;
  };
};

/** An open ledger with its writer. */
export interface OpenLedger {
  readonly writer: LedgerWriter;
  close(): void;
}

/**
 * Opens the ledger of a data directory for its one writer, under a new generation. The register must exist.
 * @throws {MingchengError} STORE_TOO_NEW; SqliteError when the disk does not allow it (now)
 */
export const openLedger = (
  dataDirectory: string,
  ports: Omit<LedgerWriterOptions, "database" | "ledger">,
): OpenLedger => {
  const database = openForWriting({ path: ledgerPath(dataDirectory), migrations: ledgerMigrations });
  let register: SqliteDatabase | undefined;
  try {
    // Larger than SQLite's default of 1000 pages: a backlog arrives at megabytes a second, and checkpoints cost fsyncs.
    database.pragma("wal_autocheckpoint = 4000");
    register = openForReading(join(dataDirectory, "register.db"));
    const ledger = new SqliteLedger(database, ports.crypto, keyLookup(register), {
      gen: randomBytes(16).toString("hex"),
      reason: "start",
      nowMs: ports.nowMs(),
    });
    const opened = register;
    return {
      writer: new LedgerWriter({ ...ports, database, ledger }),
      close: () => {
        opened.close();
        database.close();
      },
    };
  } catch (error) {
    register?.close();
    database.close();
    throw error;
  }
};
