import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import type { AlertStore } from "./alert-store.ts";
import { type Covered, Suppression } from "./suppression.ts";

const lookEveryMs = 10_000;
/** So long until what was too much for one look is looked at. */
const goOnMs = 200;
const mostAtOnce = 1_000;

interface HeldRow extends Omit<Covered, "labels" | "inhibitedBy"> {
  readonly labels: string;
  readonly inhibitedBy: string;
}

const coveredOf = ({ labels, inhibitedBy, ...row }: HeldRow): Covered => ({
  ...row,
  labels: JSON.parse(labels) as Covered["labels"],
  inhibitedBy: JSON.parse(inhibitedBy) as Covered["inhibitedBy"],
});

/**
 * Tells again what nobody has taken over, and tells what was inhibited or silenced once that is over. In the caller's
 * transaction.
 */
export class Telling {
  readonly #store: AlertStore;
  readonly #suppression: Suppression;
  readonly #untold: Statement<unknown[]>;
  readonly #again: Statement<unknown[]>;
  readonly #nextAgain: Statement<unknown[]>;
  readonly #setAgain: Statement<unknown[]>;
  #nextLookMs = 0;
  /** Behind which alert the next look begins: what stays held back must not hide what is behind it. */
  #lookedTo = "";

  constructor(database: SqliteDatabase, store: AlertStore) {
    this.#store = store;
    this.#suppression = new Suppression(database);
    this.#untold = database.prepare(
      `SELECT id, rule, labels, severity, inhibited_by AS inhibitedBy, gw, dev, site FROM alert
       WHERE untold IS NOT NULL AND ended_ms IS NULL AND state = 'firing' AND id > ? ORDER BY id LIMIT ?`,
    );
    this.#again = database.prepare("SELECT id FROM alert WHERE again_ms <= ? ORDER BY again_ms, id LIMIT ?").pluck();
    this.#nextAgain = database.prepare("SELECT min(again_ms) FROM alert WHERE again_ms IS NOT NULL").pluck();
    this.#setAgain = database.prepare("UPDATE alert SET again_ms = ? WHERE id = ?");
  }

  /** True when something was told. */
  tick(nowMs: number): boolean {
    const released = nowMs >= this.#nextLookMs && this.#release(nowMs);
    return this.#repeat(nowMs) || released;
  }

  #release(nowMs: number): boolean {
    let told = false;
    const suppressed = this.#suppression.at(nowMs);
    const held = this.#untold.all(this.#lookedTo, mostAtOnce) as HeldRow[];
    const hasMore = held.length === mostAtOnce;
    this.#lookedTo = hasMore ? (held.at(-1)?.id ?? "") : "";
    this.#nextLookMs = nowMs + (hasMore ? goOnMs : lookEveryMs);
    for (const row of held) {
      if (suppressed(coveredOf(row)) !== undefined) continue;
      const { id } = row;
      const alert = this.#store.alert(id);
      if (alert === undefined) continue;
      this.#store.change(id, { reason: "released", atMs: nowMs, detail: { was: alert.untold } });
      this.#store.tellFiring(alert, { reason: "released", atMs: nowMs });
      told = true;
    }
    return told;
  }

  #repeat(nowMs: number): boolean {
    let told = false;
    const suppressed = this.#suppression.at(nowMs);
    for (const id of this.#again.all(nowMs, mostAtOnce) as string[]) {
      const alert = this.#store.alert(id);
      if (alert === undefined || alert.state !== "firing" || alert.repeatMs === null) {
        this.#setAgain.run(null, id);
        continue;
      }
      if (suppressed(alert) !== undefined) {
        this.#setAgain.run(nowMs + alert.repeatMs, id);
        continue;
      }
      this.#store.change(id, { reason: "repeated", atMs: nowMs });
      this.#store.tellFiring(alert, { reason: "repeated", atMs: nowMs });
      told = true;
    }
    return told;
  }

  /** When it has something to do next; null: nothing is repeated or held back. */
  nextDueMs(): number | null {
    const again = this.#nextAgain.get() as number | null;
    const held = this.#untold.get("", 1) !== undefined ? this.#nextLookMs : null;
    if (again === null || held === null) return again ?? held;
    return Math.min(again, held);
  }
}
