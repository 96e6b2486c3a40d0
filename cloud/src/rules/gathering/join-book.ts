import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";
import type { CompiledRule } from "../compiled-rule.ts";
import type { Observation } from "../observation.ts";
import type { AlertRule, JoinSpec } from "../rule.ts";
import type { GatheredStore } from "./gathered-store.ts";
import type { WaitingState } from "./waiting-state.ts";

interface SideRow {
  readonly atMs: number;
  readonly observation: string;
}

/** A record with the other one that it was joined to. */
export interface Joined {
  readonly observation: Observation;
  readonly to: Observation;
}

const pruneEvery = 1_000;
/** For so long beyond their time other sides are kept for records that come out of an outage. */
const keptForLateMs = 7 * 86_400_000;

const filterBits = 1 << 20;

/**
 * Says at once which keys nobody has named, without a look at the disk; of the others perhaps. Most records have no other
 * side.
 */
class KeyFilter {
  readonly #bits = new Uint32Array(filterBits / 32);

  #bitOf(rule: string, joinKey: string): number {
    let hash = 2_166_136_261;
    for (const text of [rule, joinKey]) {
      for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619);
    }
    return hash >>> 12;
  }

  add(rule: string, joinKey: string): void {
    const bit = this.#bitOf(rule, joinKey);
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  mayHave(rule: string, joinKey: string): boolean {
    const bit = this.#bitOf(rule, joinKey);
    return ((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }
}

/**
 * The other sides of joins, for as long as they can matter, and a rule's own records for as long as it has patience: then
 * the pair is found whichever arrives first. Parts of a key that nobody knows are equal to nothing. All in the caller's
 * transaction.
 */
export class JoinBook {
  readonly #gathered: GatheredStore;
  readonly #recall: (rule: string, lsn: number) => readonly Observation[];
  readonly #insert: Statement<unknown[]>;
  readonly #latest: Statement<unknown[]>;
  readonly #lifted: Statement<unknown[]>;
  readonly #prune: Statement<unknown[]>;
  readonly #ofLine: Statement<unknown[]>;
  readonly #removeRule: Statement<unknown[]>;
  /** Keys of other sides. */
  readonly #named = new KeyFilter();
  #sincePrune = 0;

  /** `recall`: what a record of the ledger says under a rule, as its own. */
  constructor(
    database: SqliteDatabase,
    gathered: GatheredStore,
    recall: (rule: string, lsn: number) => readonly Observation[],
  ) {
    this.#gathered = gathered;
    this.#recall = recall;
    this.#insert = database.prepare("INSERT INTO join_side VALUES (NULL, ?, ?, ?, ?, ?, ?)");
    const side = "rule = ? AND role = ? AND join_key = ? AND at_ms >= ? AND at_ms <= ?";
    this.#latest = database.prepare(
      `SELECT at_ms AS atMs, observation FROM join_side WHERE ${side} ORDER BY at_ms DESC, id DESC LIMIT 1`,
    );
    this.#lifted = database.prepare(`SELECT 1 FROM join_side WHERE ${side} LIMIT 1`).pluck();
    this.#prune = database.prepare("DELETE FROM join_side WHERE rule = ? AND role = ? AND at_ms < ?");
    this.#ofLine = database.prepare("DELETE FROM join_side WHERE line = ? RETURNING observation").pluck();
    this.#removeRule = database.prepare("DELETE FROM join_side WHERE rule = ?");
    const named = database.prepare("SELECT rule, join_key FROM join_side WHERE role = 'to'").raw();
    for (const [rule, joinKey] of named.iterate() as Iterable<[string, string]>) this.#named.add(rule, joinKey);
  }

  /** Takes a record of either side and returns the pairs that it completes. */
  take({ rule }: CompiledRule, epoch: number, observation: Observation, line: number): readonly Joined[] {
    const { join } = rule;
    const { role, joinKey } = observation;
    if (join === null || joinKey === "") return [];
    if (role === "match") {
      if (join.patienceMs > 0) this.#wait(epoch, observation, line);
      return this.#joined(rule.id, join.withinMs, observation);
    }
    const { atMs, receivedMs } = observation;
    if (role === "to") this.#named.add(rule.id, joinKey);
    this.#insert.run(rule.id, role, joinKey, atMs, line, JSON.stringify(observation));
    if (this.#sincePrune++ >= pruneEvery) this.#pruneRule(rule.id, join, receivedMs);
    return role === "to" && join.patienceMs > 0 ? this.#waited(rule, join, epoch, observation) : [];
  }

  #wait(epoch: number, { joinKey, atMs, lsn }: Observation, line: number): void {
    const group = this.#gathered.group(joinKey);
    this.#gathered.part<WaitingState>(group, epoch).add({ atMs, line, value: lsn });
    this.#gathered.added(group, epoch, atMs, line, lsn);
  }

  /** Pairs of records that have waited for this other side. */
  #waited(rule: AlertRule, { withinMs, patienceMs }: JoinSpec, epoch: number, to: Observation): readonly Joined[] {
    const { joinKey, atMs, receivedMs } = to;
    const part = this.#gathered.peek(joinKey)?.parts.get(epoch) as WaitingState | undefined;
    // What has waited too long may still be there: when it is swept away is nobody's word on what is joined.
    const waiting = part?.between(Math.max(atMs, receivedMs - patienceMs), atMs + withinMs) ?? [];
    return [...new Set(waiting.map(([, , lsn]) => lsn))]
      .flatMap((lsn) => this.#recall(rule.id, lsn))
      .filter((own) => own.joinKey === joinKey && own.atMs >= atMs && own.atMs <= atMs + withinMs)
      .flatMap((own) => this.#joined(rule.id, withinMs, own));
  }

  #joined(rule: string, withinMs: number, observation: Observation): readonly Joined[] {
    const { joinKey, atMs } = observation;
    if (!this.#named.mayHave(rule, joinKey)) return [];
    const row = this.#latest.get(rule, "to", joinKey, atMs - withinMs, atMs) as SideRow | undefined;
    if (row === undefined || this.#lifted.get(rule, "until", joinKey, row.atMs, atMs) !== undefined) return [];
    return [{ observation, to: JSON.parse(row.observation) as Observation }];
  }

  #pruneRule(rule: string, join: JoinSpec, nowMs: number): void {
    this.#sincePrune = 0;
    for (const role of ["to", "until"] as const)
      this.#prune.run(rule, role, nowMs - join.withinMs - Math.max(join.patienceMs, keptForLateMs));
  }

  /** Takes out the other sides that stand on a disputed line, and returns them, to be withheld. */
  withdraw(line: number): Observation[] {
    return (this.#ofLine.all(line) as string[]).map((text) => JSON.parse(text) as Observation);
  }

  forgetRule(rule: string): void {
    this.#removeRule.run(rule);
  }
}
