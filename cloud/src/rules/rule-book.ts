import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import { type AlertRule, shapeOf } from "./rule.ts";

/** What is known of a rule beside its text. */
export interface KnownRule {
  readonly shape: string;
  /** Since when it has been watching. */
  readonly sinceMs: number;
  /** Under which number it gathers: another one whenever it means something else. */
  readonly epoch: number;
  /** Why it could not be evaluated; null while it works. */
  readonly broken: string | null;
}

/** Rules that were seen, since when, and which are broken. In the caller's transaction. */
export class RuleBook {
  readonly #all: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;
  readonly #remove: Statement<unknown[]>;
  readonly #break: Statement<unknown[]>;
  readonly #begin: Statement<unknown[]>;
  readonly #end: Statement<unknown[]>;
  #known = new Map<string, KnownRule>();

  constructor(database: SqliteDatabase) {
    this.#all = database.prepare(
      "SELECT rule, shape, since_ms AS sinceMs, epoch, broken FROM rule_state JOIN rule_epoch USING (rule)",
    );
    this.#begin = database.prepare("INSERT OR REPLACE INTO rule_epoch (rule) VALUES (?)");
    this.#end = database.prepare("DELETE FROM rule_epoch WHERE rule = ?");
    this.#save = database.prepare("INSERT OR REPLACE INTO rule_state VALUES (?, ?, ?, ?)");
    this.#remove = database.prepare("DELETE FROM rule_state WHERE rule = ?");
    this.#break = database.prepare("UPDATE rule_state SET broken = ? WHERE rule = ?");
    for (const row of this.#all.all() as (KnownRule & { readonly rule: string })[]) this.#known.set(row.rule, row);
  }

  get(rule: string): KnownRule | undefined {
    return this.#known.get(rule);
  }

  /**
   * Brings the book to the present rules. Returns those that are gone or mean something else now, whose state must go, and
   * those whose text changed, which may work again.
   */
  use(
    rules: readonly AlertRule[],
    sinceMs: number,
  ): { readonly gone: readonly string[]; readonly mended: readonly string[] } {
    const present = new Map(rules.map((rule) => [rule.id, { shape: shapeOf(rule), text: JSON.stringify(rule) }]));
    const gone = [...this.#known].filter(([id, { shape }]) => present.get(id)?.shape !== shape).map(([id]) => id);
    for (const id of gone) {
      this.#remove.run(id);
      this.#end.run(id);
      this.#known.delete(id);
    }
    const mended = [...this.#known].filter(([, { broken }]) => broken !== null).map(([id]) => id);
    for (const [id, { shape }] of present) {
      const known = this.#known.get(id);
      if (known !== undefined && known.broken === null) continue;
      const epoch = known?.epoch ?? Number(this.#begin.run(id).lastInsertRowid);
      const entry = { shape, sinceMs: known?.sinceMs ?? sinceMs, epoch, broken: null };
      this.#save.run(id, entry.shape, entry.sinceMs, null);
      this.#known.set(id, entry);
    }
    return { gone, mended };
  }

  /** Marks a rule as broken; false when it is already. */
  markBroken(rule: string, reason: string): boolean {
    const known = this.#known.get(rule);
    if (known === undefined || known.broken !== null) return false;
    this.#break.run(reason.slice(0, 512), rule);
    this.#known.set(rule, { ...known, broken: reason });
    return true;
  }

  /** Rules that are broken now. */
  broken(): readonly (readonly [rule: string, reason: string])[] {
    return [...this.#known].flatMap(([rule, { broken }]) => (broken === null ? [] : [[rule, broken] as const]));
  }
}
