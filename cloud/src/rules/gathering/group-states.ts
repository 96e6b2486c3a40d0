import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";

interface Held<State> {
  readonly rule: string;
  readonly groupKey: string;
  state: State | null;
  dueMs: number | null;
  changed: boolean;
}

const maxInMemory = 50_000;

/**
 * What rules hold for each group, written once per transaction however often it changed. Bounded in memory: what is not
 * there is read from the table again.
 */
export class GroupStates<State> {
  readonly #find: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;
  readonly #remove: Statement<unknown[]>;
  readonly #due: Statement<unknown[]>;
  readonly #nextDue: Statement<unknown[]>;
  readonly #ofRule: Statement<unknown[]>;
  readonly #removeRule: Statement<unknown[]>;
  readonly #held = new Map<string, Held<State>>();
  readonly #changed = new Set<Held<State>>();

  readonly #revive: (stored: unknown) => State;

  /** `table` has the columns rule, group_key, state, due_ms. `revive` makes a state of what was stored as JSON. */
  constructor(database: SqliteDatabase, table: "window_state" | "presence", revive: (stored: unknown) => State) {
    this.#revive = revive;
    this.#find = database.prepare(`SELECT state, due_ms AS dueMs FROM ${table} WHERE rule = ? AND group_key = ?`);
    this.#save = database.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?, ?)`);
    this.#remove = database.prepare(`DELETE FROM ${table} WHERE rule = ? AND group_key = ?`);
    this.#due = database.prepare(
      `SELECT rule, group_key AS groupKey FROM ${table} WHERE due_ms <= ? ORDER BY due_ms, rule, group_key LIMIT 10000`,
    );
    this.#nextDue = database.prepare(`SELECT min(due_ms) FROM ${table} WHERE due_ms IS NOT NULL`).pluck();
    this.#ofRule = database.prepare(`SELECT group_key FROM ${table} WHERE rule = ?`).pluck();
    this.#removeRule = database.prepare(`DELETE FROM ${table} WHERE rule = ?`);
  }

  /** The state of a group; null when nothing is held. */
  get(rule: string, groupKey: string): State | null {
    return this.#entry(rule, groupKey).state;
  }

  #entry(rule: string, groupKey: string): Held<State> {
    const key = `${rule} ${groupKey}`;
    const known = this.#held.get(key);
    if (known !== undefined) return known;
    const row = this.#find.get(rule, groupKey) as { state: string; dueMs: number | null } | undefined;
    const state = row === undefined ? null : this.#revive(JSON.parse(row.state));
    const held: Held<State> = { rule, groupKey, state, dueMs: row?.dueMs ?? null, changed: false };
    this.#held.set(key, held);
    return held;
  }

  /** Holds a state from now on. `dueMs`: when it must be looked at again though nothing came; null: never. */
  set(rule: string, groupKey: string, state: State | null, dueMs: number | null): void {
    const held = this.#entry(rule, groupKey);
    held.state = state;
    held.dueMs = dueMs;
    this.#changed.add(held);
  }

  /** Groups that must be looked at, at most 10,000 at a time. Writes first what gathered. */
  due(nowMs: number): readonly { readonly rule: string; readonly groupKey: string }[] {
    this.flush();
    return this.#due.all(nowMs) as { rule: string; groupKey: string }[];
  }

  nextDueMs(): number | null {
    return this.#nextDue.get() as number | null;
  }

  /** Groups of a rule. */
  groupsOf(rule: string): readonly string[] {
    this.flush();
    return this.#ofRule.all(rule) as string[];
  }

  forgetRule(rule: string): void {
    this.flush();
    this.#held.clear();
    this.#removeRule.run(rule);
  }

  /** Writes what changed. */
  flush(): void {
    for (const held of this.#changed) {
      const { rule, groupKey, state, dueMs } = held;
      if (state === null) this.#remove.run(rule, groupKey);
      else this.#save.run(rule, groupKey, JSON.stringify(state), dueMs);
    }
    this.#changed.clear();
    if (this.#held.size > maxInMemory) this.#held.clear();
  }
}
