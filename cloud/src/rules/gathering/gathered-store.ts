import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";
import { CellArena } from "./cells.ts";
import { DueTimes } from "./due-times.ts";
import type { FactValue } from "./fact-columns.ts";
import { dueOf, type Group, goneOf, linesOf, weightOf } from "./gathered-group.ts";
import type { GatheredPart, PartKind } from "./gathered-part.ts";
import { GroupParts } from "./group-parts.ts";
import { Journal } from "./journal.ts";

/** How much of what is gathered stays in memory, and how much is told by the journal alone. */
export interface GatheredBounds {
  /** In facts of windows; beyond, groups that nobody asked for are put away and read again when they are. */
  readonly facts: number;
  /** Nothing has to outlive the process: there is no journal, and rows are written only to make room. */
  readonly isVolatile: boolean;
  /** Entries of the journal; beyond, the rows that were changed longest ago are written. */
  readonly entries: number;
}

/** A fact takes some 20 bytes, outside of the heap: these are some 120 MB. */
const usualBounds: GatheredBounds = { facts: 6_000_000, entries: 2_000_000, isVolatile: false };

interface Row {
  readonly id: number;
  readonly upto: number;
  readonly parts: string;
}

const pruneEvery = 50;

/**
 * What rules gather for their groups. Held in memory as far as there is room, and always on disk as well: what is added
 * goes into a journal, one entry for each transaction, and rows are written when the journal grows long, or at once where
 * something other than an addition happened. What was committed is all there again after any end of the process. In the
 * caller's transaction; not to be used any more when that fails.
 */
export class GatheredStore {
  readonly #find: Statement<unknown[]>;
  readonly #create: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;
  readonly #remove: Statement<unknown[]>;
  readonly #keyOf: Statement<unknown[]>;
  readonly #goneRows: Statement<unknown[]>;
  readonly #ofLine: Statement<unknown[]>;
  readonly #journal: Journal;
  readonly #bounds: GatheredBounds;
  readonly #arena = new CellArena();
  readonly #groups = new Map<string, Group>();
  readonly #byId = new Map<number, Group>();
  /** Groups whose rows lack something, the one that has for longest first. */
  readonly #behind = new Set<Group>();
  /** Groups whose rows are written with the next flush. */
  readonly #rewrite = new Set<Group>();
  /** When groups must be looked at, by id. */
  readonly #due = new DueTimes();
  #kinds: ReadonlyMap<number, PartKind> = new Map();
  #latest: Group | undefined;
  #weight = 0;
  #flushes = 0;
  /** Rows that are due to be written, as a fraction. */
  #owed = 0;

  constructor(database: SqliteDatabase, bounds: Partial<GatheredBounds> = {}) {
    this.#bounds = { ...usualBounds, ...bounds };
    this.#find = database.prepare("SELECT id, upto, parts FROM gathered WHERE group_key = ?");
    this.#create = database.prepare("INSERT INTO gathered VALUES (NULL, ?, 0, NULL, NULL, '', '{}')");
    this.#save = database.prepare(
      "UPDATE gathered SET upto = ?, due_ms = ?, gone_ms = ?, lines = ?, parts = ? WHERE id = ?",
    );
    this.#remove = database.prepare("DELETE FROM gathered WHERE id = ?");
    this.#keyOf = database.prepare("SELECT group_key FROM gathered WHERE id = ?").pluck();
    this.#goneRows = database.prepare("SELECT id FROM gathered WHERE gone_ms <= ? LIMIT 1000").pluck();
    this.#ofLine = database.prepare("SELECT group_key FROM gathered WHERE instr(lines, ?) > 0").pluck();
    this.#journal = new Journal(database);
    for (const [id, dueMs] of database
      .prepare("SELECT id, due_ms FROM gathered WHERE due_ms IS NOT NULL")
      .raw()
      .all() as [number, number][]) {
      this.#due.set(id, dueMs);
    }
  }

  /**
   * The rules that gather now, by epoch. The first time, what the journal tells beyond the rows is added again; later,
   * parts of epochs that are not there any more go.
   */
  use(kinds: ReadonlyMap<number, PartKind>): void {
    const isFirst = this.#kinds.size === 0;
    this.#kinds = kinds;
    if (isFirst && kinds.size > 0) this.#recover();
    for (const { parts } of this.#groups.values()) parts.keep((epoch) => kinds.has(epoch));
  }

  #recover(): void {
    this.#journal.read((entry, { group: id, epoch, ...added }) => {
      const kind = this.#kinds.get(epoch);
      const group = kind === undefined ? undefined : this.#groupOf(id);
      if (kind === undefined || group === undefined || entry <= group.upto) return;
      this.#isBehind(group, entry);
      kind.replay(this.#part(group, epoch, kind), added);
    });
    for (const group of this.#groups.values()) this.#weigh(group);
  }

  #groupOf(id: number): Group | undefined {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const key = this.#keyOf.get(id) as string | undefined;
    return key === undefined ? undefined : this.group(key);
  }

  /** The group of a key, made when nobody has heard of it. */
  group(key: string): Group {
    const known = this.peek(key);
    if (known !== undefined) return known;
    const id = Number(this.#create.run(key).lastInsertRowid);
    return this.#hold(key, { id, upto: 0, parts: "{}" });
  }

  /** The group of a key, if there is one. */
  peek(key: string): Group | undefined {
    // Most rules ask for the same group one after the other.
    const known = this.#latest?.key === key ? this.#latest : this.#groups.get(key);
    if (known !== undefined) {
      known.used = true;
      this.#latest = known;
      return known;
    }
    const row = this.#find.get(key) as Row | undefined;
    return row === undefined ? undefined : this.#hold(key, row);
  }

  #hold(key: string, { id, upto, parts: text }: Row): Group {
    const group: Group = { id, key, parts: new GroupParts(), upto, since: 0, weight: 0, used: true };
    for (const [epoch, part] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
      const kind = this.#kinds.get(Number(epoch));
      if (kind !== undefined) group.parts.add(Number(epoch), kind.revive(this.#arena, part));
    }
    this.#groups.set(key, group);
    this.#byId.set(id, group);
    this.#weigh(group);
    return group;
  }

  /** The part of a rule in a group, empty at first. */
  part<Part extends GatheredPart>(group: Group, epoch: number): Part {
    return this.#part(group, epoch, this.#kinds.get(epoch)) as Part;
  }

  #part(group: Group, epoch: number, kind: PartKind | undefined): GatheredPart {
    const known = group.parts.get(epoch);
    if (known !== undefined) return known;
    if (kind === undefined) throw new TypeError(`nothing gathers under the epoch ${epoch}`);
    const part = kind.empty(this.#arena);
    group.parts.add(epoch, part);
    return part;
  }

  /** Says what was added to a part, which can be added again from that. */
  added(group: Group, epoch: number, atMs: number, line: number, value: FactValue): void {
    if (!this.#bounds.isVolatile) this.#journal.add(group.id, epoch, atMs, line, value);
    group.weight++;
    this.#weight++;
    if (group.since === 0) this.#isBehind(group, this.#journal.next);
  }

  #isBehind(group: Group, entry: number): void {
    if (group.since !== 0) return;
    group.since = entry;
    this.#behind.add(group);
  }

  /** Says that a group must be looked at at another time; `isOther`: something other than an addition changed as well. */
  changed(group: Group, isOther: boolean): void {
    if (isOther) this.#rewrite.add(group);
    if (isOther) this.#isBehind(group, this.#journal.next);
    this.#due.set(group.id, dueOf(group));
  }

  /** When a group must be looked at though nothing came; null: none. */
  nextDueMs(): number | null {
    return this.#due.next();
  }

  /** Groups that must be looked at, the one that is due for longest first. */
  due(nowMs: number): readonly Group[] {
    return this.#due.until(nowMs).flatMap((id) => this.#groupOf(id) ?? []);
  }

  /** Takes the facts of a line out of everything: the line is disputed. */
  withdraw(line: number): void {
    const keys = new Set(this.#ofLine.all(` ${line} `) as string[]);
    for (const { key, parts } of this.#groups.values()) {
      for (const { lines } of parts.all()) if (lines.includes(line)) keys.add(key);
    }
    for (const key of keys) {
      const group = this.group(key);
      for (const part of group.parts.all()) part.dropLine(line);
      this.changed(group, true);
    }
  }

  /** Lets go what has not counted for a while; a part of it at a time. */
  sweep(nowMs: number): void {
    for (const id of this.#goneRows.all(nowMs) as number[]) {
      const group = this.#byId.get(id);
      // Its row may be behind: then it is written sooner or later, and says anew when it is gone.
      if (group !== undefined && (group.since !== 0 || this.#rewrite.has(group))) continue;
      if (group !== undefined) this.#drop(group);
      this.#due.set(id, null);
      this.#remove.run(id);
    }
  }

  #drop(group: Group): void {
    if (this.#latest === group) this.#latest = undefined;
    this.#groups.delete(group.key);
    this.#byId.delete(group.id);
    this.#weight -= group.weight;
    for (const part of group.parts.all()) part.release();
  }

  #weigh(group: Group): void {
    const weight = weightOf(group);
    this.#weight += weight - group.weight;
    group.weight = weight;
  }

  /** Writes what was added, and rows as far as they must be. Nothing of a transaction counts before. */
  flush(): void {
    const added = this.#journal.flush();
    if (this.#bounds.isVolatile) this.#rewrite.clear();
    for (const group of this.#rewrite) this.#write(group);
    this.#owed += (this.#behind.size * added) / this.#bounds.entries;
    const aged = Math.floor(this.#owed);
    this.#owed -= aged;
    for (const group of first(this.#behind, aged)) this.#write(group);
    if (this.#weight > this.#bounds.facts) this.#makeRoom();
    if (this.#flushes++ % pruneEvery === 0 && added > 0) {
      const [oldest] = this.#behind;
      this.#journal.prune(oldest?.since ?? this.#journal.next);
    }
  }

  #write(group: Group): void {
    this.#rewrite.delete(group);
    this.#behind.delete(group);
    group.since = 0;
    group.upto = this.#journal.last;
    const dueMs = dueOf(group);
    const parts = JSON.stringify(Object.fromEntries(group.parts.entries()));
    this.#save.run(group.upto, dueMs, goneOf(group), linesOf(group), parts, group.id);
    this.#due.set(group.id, dueMs);
    this.#weigh(group);
  }

  #makeRoom(): void {
    for (const group of this.#groups.values()) this.#weigh(group);
    const wanted = this.#bounds.facts * 0.9;
    for (const group of this.#groups.values()) {
      if (this.#weight <= wanted) return;
      if (group.used) {
        group.used = false;
        this.#groups.delete(group.key);
        this.#groups.set(group.key, group);
        continue;
      }
      if (group.since !== 0) this.#write(group);
      this.#drop(group);
    }
  }
}

const first = <Item>(items: Iterable<Item>, count: number): Item[] => {
  const found: Item[] = [];
  for (const item of items) {
    if (found.length >= count) break;
    found.push(item);
  }
  return found;
};
