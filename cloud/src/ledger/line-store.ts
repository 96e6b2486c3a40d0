import { IntervalSet, type LineFacts, type LineOfGateway, lineKey, type StoredRun } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** One line as the writer holds it in memory: what the database says of it, records aside. */
export interface HeldLine {
  readonly id: number;
  facts: LineFacts;
  /** Ascending. */
  readonly runs: StoredRun[];
  readonly gaps: IntervalSet;
  readonly disputed: IntervalSet;
}

interface LineRow {
  id: number;
  ep: number;
  eid: string;
  status: "ok" | "disputed";
  heard_head: number;
  born_gen: string | null;
  born_n: number | null;
  shown_gen: string | null;
  shown_n: number | null;
  parent_ep: number | null;
  parent_eid: string | null;
  parent_seq: number | null;
  parent_h: string | null;
}

const witnessOf = (gen: string | null, n: number | null) => (gen === null || n === null ? null : { gen, n });

const factsOf = (row: LineRow): LineFacts => ({
  ep: row.ep,
  eid: row.eid,
  heardHead: row.heard_head,
  bornAt: witnessOf(row.born_gen, row.born_n),
  shown: witnessOf(row.shown_gen, row.shown_n),
  status: row.status,
  predecessor:
    row.parent_ep === null || row.parent_eid === null || row.parent_seq === null || row.parent_h === null
      ? null
      : { ep: row.parent_ep, eid: row.parent_eid, seq: row.parent_seq, h: row.parent_h },
});

/** Gateways held in memory at once; the one unheard of for longest goes first. */
const maxHeldGateways = 2_000;

/**
 * Lines with their runs, gaps and disputes: read once per gateway, written through. Call inside the writer's
 * transaction, and {@link LineStore.forget} when that did not commit.
 */
export class LineStore {
  readonly #database: SqliteDatabase;
  readonly #gateways = new Map<string, Map<string, HeldLine>>();
  readonly #insert: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#insert = database.prepare("INSERT INTO line (gw, ep, eid, first_seen_ms) VALUES (?, ?, ?, ?)");
    this.#save = database.prepare(
      `UPDATE line SET status = ?, heard_head = ?, born_gen = ?, born_n = ?, shown_gen = ?, shown_n = ?,
       parent_ep = ?, parent_eid = ?, parent_seq = ?, parent_h = ? WHERE id = ?`,
    );
  }

  find(gw: string, line: LineOfGateway): HeldLine | undefined {
    return this.#gateway(gw).get(lineKey(line));
  }

  all(gw: string): HeldLine[] {
    return [...this.#gateway(gw).values()];
  }

  /** The line, created when it is new. */
  open(gw: string, line: LineOfGateway, nowMs: number): HeldLine {
    const lines = this.#gateway(gw);
    const known = lines.get(lineKey(line));
    if (known !== undefined) return known;
    const id = Number(this.#insert.run(gw, line.ep, line.eid, nowMs).lastInsertRowid);
    const facts: LineFacts = {
      ep: line.ep,
      eid: line.eid,
      heardHead: 0,
      bornAt: null,
      shown: null,
      status: "ok",
      predecessor: null,
    };
    const created: HeldLine = { id, facts, runs: [], gaps: new IntervalSet(), disputed: new IntervalSet() };
    lines.set(lineKey(line), created);
    return created;
  }

  /** Changes facts of a line, in memory and in the database. */
  amend(line: HeldLine, change: Partial<LineFacts>): void {
    line.facts = { ...line.facts, ...change };
    const { status, heardHead, bornAt, shown, predecessor } = line.facts;
    this.#save.run(
      status,
      heardHead,
      bornAt?.gen ?? null,
      bornAt?.n ?? null,
      shown?.gen ?? null,
      shown?.n ?? null,
      predecessor?.ep ?? null,
      predecessor?.eid ?? null,
      predecessor?.seq ?? null,
      predecessor?.h ?? null,
      line.id,
    );
  }

  /** Drops everything held in memory. */
  forget(): void {
    this.#gateways.clear();
  }

  #gateway(gw: string): Map<string, HeldLine> {
    const held = this.#gateways.get(gw);
    if (held !== undefined) return held;
    const oldest = this.#gateways.size >= maxHeldGateways ? this.#gateways.keys().next() : undefined;
    if (oldest?.done === false) this.#gateways.delete(oldest.value);
    const loaded = this.#load(gw);
    this.#gateways.set(gw, loaded);
    return loaded;
  }

  #load(gw: string): Map<string, HeldLine> {
    const lines = new Map<string, HeldLine>();
    const byId = new Map<number, HeldLine>();
    for (const row of this.#database.prepare("SELECT * FROM line WHERE gw = ? ORDER BY id").all(gw) as LineRow[]) {
      const held = { id: row.id, facts: factsOf(row), runs: [], gaps: new IntervalSet(), disputed: new IntervalSet() };
      lines.set(lineKey(row), held);
      byId.set(row.id, held);
    }
    const ofGateway = "line IN (SELECT id FROM line WHERE gw = ?)";
    const runs = this.#database.prepare(
      `SELECT line, from_seq AS "from", to_seq AS "to", prev, h FROM run WHERE ${ofGateway} ORDER BY line, from_seq`,
    );
    for (const { line, from, to, prev, h } of runs.all(gw) as (StoredRun & { line: number })[]) {
      byId.get(line)?.runs.push({ from, to, prev: new Uint8Array(prev), h: new Uint8Array(h) });
    }
    const gaps = this.#database.prepare(
      `SELECT line, from_seq AS "from", to_seq AS "to" FROM gap
       WHERE closed_ms IS NULL AND to_seq IS NOT NULL AND ${ofGateway}`,
    );
    type Row = { line: number; from: number; to: number };
    for (const { line, from, to } of gaps.all(gw) as Row[]) byId.get(line)?.gaps.add(from, to);
    const disputed = this.#database.prepare(
      `SELECT line, from_seq AS "from", to_seq AS "to" FROM disputed WHERE ${ofGateway}`,
    );
    for (const { line, from, to } of disputed.all(gw) as Row[]) byId.get(line)?.disputed.add(from, to);
    return lines;
  }
}
