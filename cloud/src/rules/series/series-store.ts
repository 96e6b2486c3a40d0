import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";
import type { Observation } from "../observation.ts";
import { type Moment, momentOfRecord, type Reading, type SeriesEntry, SeriesJournal } from "./series-journal.ts";

/** What a state rule knows of one group. */
export interface Series {
  readonly holds: boolean;
  /** When its pending alert fires; null: none is pending. */
  readonly dueMs: number | null;
  /** Ids of the line and the boot of the latest observation. */
  readonly line: number;
  readonly boot: number;
  readonly latest: Moment;
}

/** A series with its latest observation. */
export interface SeriesRow {
  readonly rule: string;
  readonly groupKey: string;
  readonly dueMs: number | null;
  readonly observation: Observation;
}

interface Row {
  readonly rule: string;
  readonly groupKey: string;
  readonly holds: number;
  readonly dueMs: number | null;
  readonly line: number;
  readonly boot: number;
  readonly observation: string;
}

/** A series in memory. */
interface Known extends Series {
  readonly rule: string;
  readonly groupKey: string;
  latest: Moment;
  /** First row of the journal that tells what the series' own row lacks; 0: nothing. */
  since: number;
}

/** Groups that are known without asking the disk; beyond, all of them are asked for again. */
const mostKnown = 50_000;

const usualEntries = 100_000;

const pruneEvery = 50;

const readingOf = ({ monoMs, wallMs, rank, receivedMs, atMs, lsn }: Moment): Reading => {
  return { monoMs, wallMs, rank, receivedMs, atMs, lsn };
};

/**
 * The latest observation of each group under each state rule. Mostly it says what the one before said, that nothing holds:
 * then only its time goes into a journal, one row for each transaction, and the series' own row is written later. In the
 * caller's transaction; not to be used any more when that fails.
 */
export class SeriesStore {
  readonly #find: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;
  readonly #update: Statement<unknown[]>;
  readonly #setDue: Statement<unknown[]>;
  readonly #due: Statement<unknown[]>;
  readonly #nextDue: Statement<unknown[]>;
  readonly #holding: Statement<unknown[]>;
  readonly #ofLine: Statement<unknown[]>;
  readonly #ofBoot: Statement<unknown[]>;
  readonly #remove: Statement<unknown[]>;
  readonly #removeRule: Statement<unknown[]>;
  readonly #journal: SeriesJournal;
  readonly #entries: number;
  readonly #known = new Map<string, Map<string, Known>>();
  #knownGroups = 0;
  /** Series whose rows lack something, the one that has for longest first. */
  readonly #behind = new Set<Known>();
  /** Rows that are due to be written, as a fraction. */
  #owed = 0;
  #flushes = 0;
  /** When the next pending alert fires; undefined: the disk has to be asked. */
  #nextMs: number | null | undefined;

  /** `entries`: so many the journal may have; beyond, rows that lack the oldest of them are written. */
  constructor(database: SqliteDatabase, entries = usualEntries) {
    this.#entries = entries;
    const columns = "rule, group_key AS groupKey, holds, due_ms AS dueMs, line, boot, observation";
    this.#find = database.prepare(`SELECT ${columns} FROM series WHERE rule = ? AND group_key = ?`);
    this.#save = database.prepare("INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?)");
    // Lines and boots stay as they are: their indexes need not be touched.
    this.#update = database.prepare(
      "UPDATE series SET holds = ?, due_ms = ?, observation = ? WHERE rule = ? AND group_key = ?",
    );
    this.#setDue = database.prepare("UPDATE series SET due_ms = ? WHERE rule = ? AND group_key = ?");
    this.#due = database.prepare(`SELECT ${columns} FROM series WHERE due_ms <= ? ORDER BY due_ms, rule, group_key`);
    this.#nextDue = database.prepare("SELECT min(due_ms) FROM series WHERE due_ms IS NOT NULL").pluck();
    this.#holding = database.prepare("SELECT observation FROM series WHERE rule = ? AND holds = 1").pluck();
    this.#ofLine = database.prepare(`SELECT ${columns} FROM series WHERE line = ?`);
    this.#ofBoot = database.prepare(`SELECT ${columns} FROM series WHERE boot = ?`);
    this.#remove = database.prepare("DELETE FROM series WHERE rule = ? AND group_key = ?");
    this.#removeRule = database.prepare("DELETE FROM series WHERE rule = ?");
    this.#journal = new SeriesJournal(database);
    this.#recover();
  }

  /** Writes what the journal of an earlier process tells beyond the rows. */
  #recover(): void {
    const latest = new Map<string, SeriesEntry>();
    for (const entry of this.#journal.read()) latest.set(`${entry.rule} ${entry.groupKey}`, entry);
    for (const { rule, groupKey, line, boot, reading } of latest.values()) {
      const row = this.#find.get(rule, groupKey) as Row | undefined;
      // The row may be gone, of another line by now, or written since.
      if (row === undefined || row.holds === 1 || row.line !== line || row.boot !== boot) continue;
      const { monoMs, lsn } = JSON.parse(row.observation) as Observation;
      if (monoMs > reading.monoMs || (monoMs === reading.monoMs && lsn >= reading.lsn)) continue;
      this.#rewrite(row, reading);
    }
    this.#journal.clear();
  }

  #rewrite({ rule, groupKey, holds, dueMs, observation }: Row, reading: Reading): void {
    const text = JSON.stringify({ ...(JSON.parse(observation) as Observation), ...reading });
    this.#update.run(holds, dueMs, text, rule, groupKey);
  }

  /** The series of a group; undefined: nobody has said anything. */
  get(rule: string, groupKey: string): Series | undefined {
    return this.#knownOf(rule, groupKey);
  }

  #knownOf(rule: string, groupKey: string): Known | undefined {
    const known = this.#known.get(rule)?.get(groupKey);
    if (known !== undefined) return known;
    const row = this.#find.get(rule, groupKey) as Row | undefined;
    if (row === undefined) return undefined;
    const { holds, dueMs, line, boot, observation } = row;
    const latest = momentOfRecord(JSON.parse(observation) as Observation);
    return this.#know({ rule, groupKey, holds: holds === 1, dueMs, line, boot, latest, since: 0 });
  }

  #know(known: Known): Known {
    const { rule, groupKey } = known;
    if (this.#knownGroups >= mostKnown) this.#forget();
    let groups = this.#known.get(rule);
    if (groups === undefined) {
      groups = new Map();
      this.#known.set(rule, groups);
    }
    const before = groups.size;
    groups.set(groupKey, known);
    this.#knownGroups += groups.size - before;
    return known;
  }

  /** Takes the latest observation of a group, and what it makes of its series. */
  put(observation: Observation, state: Omit<Series, "latest">): void {
    const { rule, groupKey } = observation;
    const { holds, dueMs, line, boot } = state;
    const known = this.#knownOf(rule, groupKey);
    const latest = momentOfRecord(observation);
    const isThere = known !== undefined && known.line === line && known.boot === boot;
    if (isThere && !holds && !known.holds && isNext(latest, known.latest)) {
      this.#journal.add({ rule, groupKey, line, boot, reading: latest });
      known.latest = latest;
      if (known.since === 0) known.since = this.#journal.next;
      this.#behind.add(known);
      return;
    }
    if (!isThere || known.holds !== holds || known.dueMs !== dueMs) this.#nextMs = undefined;
    const text = JSON.stringify(observation);
    if (isThere) this.#update.run(holds ? 1 : 0, dueMs, text, rule, groupKey);
    else this.#save.run(rule, groupKey, holds ? 1 : 0, dueMs, line, boot, text);
    if (known !== undefined) this.#behind.delete(known);
    this.#know({ rule, groupKey, ...state, latest, since: 0 });
  }

  /** Writes what was put, and rows as far as they must be. Nothing of a transaction counts before. */
  flush(): void {
    const added = this.#journal.flush();
    if (added === 0) return;
    this.#owed += (this.#behind.size * added) / this.#entries;
    for (const known of this.#behind) {
      if (this.#owed < 1) break;
      this.#owed--;
      this.#catchUp(known);
    }
    if (this.#flushes++ % pruneEvery !== 0) return;
    const [oldest] = this.#behind;
    this.#journal.prune(oldest?.since ?? this.#journal.next);
  }

  #catchUp(known: Known): void {
    const row = this.#find.get(known.rule, known.groupKey) as Row | undefined;
    if (row !== undefined) this.#rewrite(row, readingOf(known.latest));
    known.since = 0;
    this.#behind.delete(known);
  }

  /** Rows of a group are asked for again, and nothing of it is behind. */
  #forgetOne(rule: string, groupKey: string): void {
    const groups = this.#known.get(rule);
    const known = groups?.get(groupKey);
    if (known === undefined) return;
    if (known.since !== 0) this.#catchUp(known);
    groups?.delete(groupKey);
    this.#knownGroups--;
  }

  #forget(): void {
    for (const known of this.#behind) this.#catchUp(known);
    this.#journal.clear();
    this.#known.clear();
    this.#knownGroups = 0;
  }

  #current(row: Row): SeriesRow {
    const { rule, groupKey, dueMs } = row;
    const known = this.#known.get(rule)?.get(groupKey);
    const observation = JSON.parse(row.observation) as Observation;
    const isBehind = known !== undefined && known.since !== 0;
    return {
      rule,
      groupKey,
      dueMs,
      observation: isBehind ? { ...observation, ...readingOf(known.latest) } : observation,
    };
  }

  /** Series that are due at a moment, the one that is for longest first. */
  due(nowMs: number): readonly SeriesRow[] {
    return (this.#due.all(nowMs) as Row[]).map((row) => this.#current(row));
  }

  /** When the next one is due; null when none is. */
  nextDueMs(): number | null {
    if (this.#nextMs === undefined) this.#nextMs = this.#nextDue.get() as number | null;
    return this.#nextMs;
  }

  /** Says when a series is due. */
  setDue({ rule, groupKey }: Pick<SeriesRow, "rule" | "groupKey">, dueMs: number | null): void {
    this.#forgetOne(rule, groupKey);
    this.#setDue.run(dueMs, rule, groupKey);
    this.#nextMs = undefined;
  }

  /** What was last said of each group for which a rule's condition holds: of those no row is behind. */
  holding(rule: string): readonly Observation[] {
    return (this.#holding.all(rule) as string[]).map((text) => JSON.parse(text) as Observation);
  }

  /** Series whose latest observation is of a line. */
  ofLine(line: number): readonly SeriesRow[] {
    return (this.#ofLine.all(line) as Row[]).map((row) => this.#current(row));
  }

  /** Series whose latest observation is of a boot. */
  ofBoot(boot: number): readonly SeriesRow[] {
    return (this.#ofBoot.all(boot) as Row[]).map((row) => this.#current(row));
  }

  /** Brings a series to another time. */
  retime({ rule, groupKey }: SeriesRow, observation: Observation, dueMs: number | null): void {
    this.#forgetOne(rule, groupKey);
    const { holds } = this.#find.get(rule, groupKey) as Row;
    this.#update.run(holds, dueMs, JSON.stringify(observation), rule, groupKey);
    this.#nextMs = undefined;
  }

  /** Forgets series: nobody has said anything of their groups. */
  remove(rows: readonly SeriesRow[]): void {
    this.#forget();
    for (const { rule, groupKey } of rows) this.#remove.run(rule, groupKey);
    this.#nextMs = undefined;
  }

  /** Forgets every series of a rule. */
  removeRule(rule: string): void {
    this.#forget();
    this.#removeRule.run(rule);
    this.#nextMs = undefined;
  }
}

/** Whether a moment differs from the one before in nothing but its time. */
const isNext = (a: Moment, b: Moment): boolean =>
  a.gw === b.gw && a.dev === b.dev && a.site === b.site && a.boot === b.boot && a.lsn > 0;
