import type { Line } from "@mingcheng/protocols";
import { lineKey } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** A line as the read model knows it. Rows of a disputed line are kept and shown as such, but never counted. */
export interface KnownLine {
  readonly id: number;
  status: "ok" | "disputed";
}

/** Short ids for lines, and their status. */
export class LineBook {
  readonly #find: Statement<unknown[]>;
  readonly #insert: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;
  readonly #lines = new Map<string, KnownLine>();

  constructor(database: SqliteDatabase) {
    this.#find = database.prepare("SELECT id, status FROM line WHERE gw = ? AND ep = ? AND eid = ?");
    this.#insert = database.prepare("INSERT INTO line (gw, ep, eid, status) VALUES (?, ?, ?, ?)");
    this.#save = database.prepare("UPDATE line SET status = ? WHERE id = ?");
  }

  /** The line, or undefined when no record of it was projected. */
  find(line: Line): KnownLine | undefined {
    const key = `${line.gw} ${lineKey(line)}`;
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const row = this.#find.get(line.gw, line.ep, line.eid) as KnownLine | undefined;
    if (row !== undefined) this.#lines.set(key, row);
    return row;
  }

  /** The line, created with `status` when it is new. */
  line(line: Line, status: KnownLine["status"]): KnownLine {
    const known = this.find(line);
    if (known !== undefined) return known;
    const id = Number(this.#insert.run(line.gw, line.ep, line.eid, status).lastInsertRowid);
    const created: KnownLine = { id, status };
    this.#lines.set(`${line.gw} ${lineKey(line)}`, created);
    return created;
  }

  setStatus(line: KnownLine, status: KnownLine["status"]): void {
    this.#save.run(status, line.id);
    line.status = status;
  }

  /** Drops what it holds in memory. */
  forget(): void {
    this.#lines.clear();
  }
}
