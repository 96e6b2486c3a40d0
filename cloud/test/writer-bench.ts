import {
  type Downlink,
  downlinkSchema,
  type GatewayKey,
  parseSigned,
  type Signer,
  signedTags,
  signedVerifies,
  toHex,
} from "@mingcheng/protocols";
import { nodeCrypto } from "../src/crypto/node-crypto.ts";
import type { LedgerAnswer, LedgerMessage } from "../src/ledger/ledger-port.ts";
import { ledgerMigrations } from "../src/ledger/ledger-schema.ts";
import { LedgerWriter } from "../src/ledger/ledger-writer.ts";
import { type RegisteredKeys, SqliteLedger } from "../src/ledger/sqlite-ledger.ts";
import { openForWriting, type SqliteDatabase } from "../src/store/database.ts";
import { Database } from "../src/store/sqlite-engine.ts";
import { newSigner } from "./sealed-line.ts";

/** Faults that a writer reported. */
export interface ReportedFault {
  readonly error: unknown;
  readonly message: LedgerMessage | null;
}

/** A ledger's writer over a database in memory or in a file, with signers it knows. */
export class WriterBench {
  readonly centre: Signer = newSigner();
  readonly faults: ReportedFault[] = [];
  readonly database: SqliteDatabase;
  readonly keys = new Map<string, Signer>();
  readonly revoked = new Map<string, GatewayKey["revokedFrom"]>();
  ledger: SqliteLedger;
  writer: LedgerWriter;
  nowMs = Date.parse("2026-11-24T02:00:00Z");
  #gen = 0;

  constructor(path = ":memory:") {
    this.database = path === ":memory:" ? this.#inMemory() : openForWriting({ path, migrations: ledgerMigrations });
    [this.ledger, this.writer] = this.#open();
  }

  /** A new process: a new generation over the same database. */
  restart(): string {
    [this.ledger, this.writer] = this.#open();
    return this.ledger.gen;
  }

  batch(gw: string, payload: Uint8Array): LedgerMessage {
    return { type: "batch", gw, payload, payloadHash: toHex(nodeCrypto.sha256(payload)) };
  }

  take(...messages: LedgerMessage[]): LedgerAnswer[] {
    return this.writer.take(messages);
  }

  /** The answers to one gateway, their signatures checked. */
  answersOf(gw: string, answer: LedgerAnswer | undefined): Downlink[] {
    return (answer?.downlinks ?? []).map((payload) => {
      const signed = parseSigned(payload);
      if (signed === undefined || !signedVerifies(nodeCrypto, this.centre.publicKey, signedTags.receipt, gw, signed)) {
        throw new Error("an answer is not signed");
      }
      return downlinkSchema.parse(signed.value);
    });
  }

  #inMemory(): SqliteDatabase {
    const database = new Database(":memory:");
    for (const migration of ledgerMigrations) migration(database);
    return database;
  }

  #open(): [SqliteLedger, LedgerWriter] {
    const gen = (++this.#gen).toString(16).padStart(32, "0");
    const keys: RegisteredKeys = {
      enrolled: (_gw, kid) => {
        const signer = this.keys.get(kid);
        return signer && { publicKey: signer.publicKey, revokedFrom: this.revoked.get(kid) ?? null };
      },
      revokedFrom: (_gw, kid) => this.revoked.get(kid) ?? null,
    };
    const ledger = new SqliteLedger(this.database, nodeCrypto, keys, { gen, reason: "start", nowMs: this.nowMs });
    const writer = new LedgerWriter({
      database: this.database,
      ledger,
      crypto: nodeCrypto,
      signer: this.centre,
      nowMs: () => this.nowMs,
      random: () => 0.5,
      onFault: (fault) => this.faults.push(fault),
    });
    return [ledger, writer];
  }
}
