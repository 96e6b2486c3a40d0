import { type Signer, toHex } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";
import { auditDigest, auditLink, auditSigned, auditStart } from "./audit-chain.ts";
import { type Audit, type AuditEvent, entryOf } from "./audit-event.ts";
import { writeAuditHead } from "./audit-head.ts";

/** What {@link AuditLog} works with. */
export interface AuditLogPorts {
  /** A connection to the register that may write. */
  readonly database: SqliteDatabase;
  /** The centre's manifest key. */
  readonly signer: Signer;
  /** Where the head is kept; null: nowhere. */
  readonly headPath: string | null;
  readonly nowMs: () => number;
  /** The head could not be written: entries stand, but cut-off ones would not be missed. */
  readonly onHeadFault: (error: unknown) => void;
}

/** The newest entry as stored. */
interface NewestRow {
  readonly n: number;
  readonly h: Buffer;
  readonly kid: string;
  readonly sig: Buffer;
}

/** The log of who did what: append-only, chained, every entry signed. */
export class AuditLog implements Audit {
  readonly #ports: AuditLogPorts;
  #headIsOld = false;

  constructor(ports: AuditLogPorts) {
    this.#ports = ports;
  }

  append(event: AuditEvent): void {
    const { database, signer, nowMs } = this.#ports;
    database
      .transaction(() => {
        const newest = this.#newest();
        if (newest === undefined && event.action !== "audit.begun") {
          this.append({ actor: "centre", action: "audit.begun", subject: "audit" });
        }
        const last = this.#newest();
        const n = (last?.n ?? 0) + 1;
        const bytes = Buffer.from(JSON.stringify(entryOf(event, n, nowMs())));
        const digest = auditDigest(bytes);
        const h = auditLink(last?.h ?? auditStart, digest);
        database
          .prepare("INSERT INTO audit_entry (n, bytes, digest, h, kid, sig) VALUES (?, ?, ?, ?, ?, ?)")
          .run(n, bytes, digest, h, signer.kid, signer.sign(auditSigned(h)));
      })
      .immediate();
    this.#headIsOld = true;
    // Inside somebody's transaction the entry is not committed yet: the head follows as soon as it is.
    if (database.inTransaction) queueMicrotask(() => this.settle());
    else this.settle();
  }

  /**
   * Erases the content of entries, by digest only from now on, and says so in an entry of its own.
   * @returns how many were erased
   */
  withhold(from: number, to: number, why: { readonly actor: string; readonly reason: string }): number {
    const { database } = this.#ports;
    return database
      .transaction(() => {
        const { changes } = database
          .prepare("UPDATE audit_entry SET bytes = NULL WHERE n BETWEEN ? AND ? AND bytes IS NOT NULL")
          .run(from, to);
        if (changes > 0) {
          const { actor, reason } = why;
          this.append({ actor, action: "audit.withheld", subject: "audit", detail: { from, to, reason } });
        }
        return changes;
      })
      .immediate();
  }

  /** Brings the head up to the newest committed entry. Happens by itself after every entry. */
  settle(): void {
    const { database, headPath, onHeadFault } = this.#ports;
    if (!this.#headIsOld || headPath === null || !database.open || database.inTransaction) return;
    try {
      // With the lock of a writer: of two processes none can put an older head in place of a newer one.
      database
        .transaction(() => {
          const newest = this.#newest();
          if (newest === undefined) return;
          const { n, h, kid, sig } = newest;
          writeAuditHead(headPath, { v: 1, n, h: toHex(h), kid, sig: sig.toString("base64") });
        })
        .immediate();
      this.#headIsOld = false;
    } catch (error) {
      onHeadFault(error);
    }
  }

  #newest(): NewestRow | undefined {
    return this.#ports.database.prepare("SELECT n, h, kid, sig FROM audit_entry ORDER BY n DESC LIMIT 1").get() as
      | NewestRow
      | undefined;
  }
}
