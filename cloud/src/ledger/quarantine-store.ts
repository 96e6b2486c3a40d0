import { type BatchItem, concat, type LineOfGateway, type Sha256, toHex, utf8 } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** So many damaged payloads per gateway keep their bytes; of older ones only hash, size and reason stay for a while. */
const keptPayloads = 100;
const keptRows = 1_000;

/** What could not be believed or read, with its bytes: visible, counted, never mixed with records. */
export class QuarantineStore {
  readonly #sha256: Sha256;
  readonly #insert: Statement<unknown[]>;
  readonly #damaged: Statement<unknown[]>;
  readonly #forgetPayload: Statement<unknown[]>;
  readonly #forgetRow: Statement<unknown[]>;
  readonly #report: Statement<unknown[]>;

  constructor(database: SqliteDatabase, sha256: Sha256) {
    this.#sha256 = sha256;
    this.#insert = database.prepare(
      `INSERT INTO quarantine (gw, ep, eid, first_seq, items, reason, digest, content, received_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#damaged = database.prepare(
      `INSERT INTO damaged (gw, reason, digest, bytes, payload, received_ms) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    );
    // Every row that is added moves one row out of each window.
    const nth = `(SELECT id FROM damaged WHERE gw = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`;
    this.#forgetPayload = database.prepare(`UPDATE damaged SET payload = NULL WHERE id = ${nth}`);
    this.#forgetRow = database.prepare(`DELETE FROM damaged WHERE id = ${nth}`);
    this.#report = database.prepare("INSERT INTO report (gw, kind, detail, at_ms) VALUES (?, ?, ?, ?)");
  }

  /** Keeps a batch that contradicts what is committed, or whose seal is bad. The same one again adds nothing. */
  keep(
    gw: string,
    line: LineOfGateway | null,
    first: number | null,
    items: readonly BatchItem[],
    reason: string,
    nowMs: number,
  ): void {
    const feed = Uint8Array.of(0x0a);
    const content = concat(
      ...items.flatMap((item) => ["bytes" in item ? item.bytes : utf8(`{"d":"${toHex(item.digest)}"}`), feed]),
    );
    const digest = this.#sha256(
      utf8(JSON.stringify([line?.ep ?? null, line?.eid ?? null, first, reason])),
      Uint8Array.of(0),
      content,
    );
    this.#insert.run(gw, line?.ep ?? null, line?.eid ?? null, first, items.length, reason, digest, content, nowMs);
  }

  /** Keeps a payload that could not be read at all. */
  keepDamaged(gw: string, payload: Uint8Array, payloadHash: string, reason: string, nowMs: number): void {
    this.#damaged.run(gw, reason.slice(0, 256), payloadHash, payload.length, payload, nowMs);
    this.#forgetPayload.run(gw, keptPayloads);
    this.#forgetRow.run(gw, keptRows);
  }

  /** Something an operator must hear of. */
  report(gw: string, kind: "rollback" | "clone" | "restore", detail: object, nowMs: number): void {
    this.#report.run(gw, kind, JSON.stringify(detail), nowMs);
  }
}
