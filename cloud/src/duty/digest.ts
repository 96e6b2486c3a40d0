import type { Statement } from "better-sqlite3";
import { shortMessage } from "../channels/message.ts";
import { minuteOf, type ZoneClock } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { MessageStore } from "./message-store.ts";
import { nextAtMinute } from "./quiet-hours.ts";
import type { Roster } from "./roster.ts";
import type { Routing } from "./routing/routing.ts";

/** What the digest works with. */
export interface DigestOptions {
  readonly database: SqliteDatabase;
  readonly messages: MessageStore;
  readonly roster: Roster;
  readonly clock: ZoneClock;
}

const deadlineAfterMs = 12 * 3_600_000;
const lastDone = "digest_ms";

/** One message a day to everybody who has notices: how many are open, and how many devices are silent. */
export class Digest {
  readonly #options: DigestOptions;
  readonly #done: Statement<unknown[]>;
  readonly #setDone: Statement<unknown[]>;
  readonly #gathered: Statement<unknown[]>;

  constructor(options: DigestOptions) {
    const { database } = options;
    this.#options = options;
    this.#done = database.prepare("SELECT value FROM meta WHERE name = ?").pluck();
    this.#setDone = database.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)");
    this.#gathered = database.prepare(
      "SELECT id, alert, officer FROM told WHERE state = 'digest' ORDER BY officer, id",
    );
  }

  /** When the next one is due; the first is never due at once. In the caller's transaction. */
  nextDueMs({ digest }: Routing, nowMs: number): number {
    const doneMs = this.#done.get(lastDone) as number | undefined;
    if (doneMs === undefined) this.#setDone.run(lastDone, nowMs);
    return nextAtMinute(this.#options.clock, digest.atMinute, doneMs ?? nowMs);
  }

  /** Makes the messages of the day. In the caller's transaction. */
  go(routing: Routing, nowMs: number): void {
    this.#setDone.run(lastDone, nowMs);
    const { database, roster } = this.#options;
    const rows = this.#gathered.all() as { id: number; alert: string; officer: string }[];
    const byOfficer = new Map<string, { ids: number[]; alerts: Set<string>; sites: Set<string> }>();
    const of = (officer: string) => {
      const known = byOfficer.get(officer) ?? { ids: [], alerts: new Set<string>(), sites: new Set<string>() };
      byOfficer.set(officer, known);
      return known;
    };
    for (const { id, alert, officer } of rows) {
      of(officer).ids.push(id);
      of(officer).alerts.add(alert);
    }
    for (const site of roster.sites(nowMs).keys()) {
      for (const tier of ["operator", "station", "district", "city"] as const) {
        const found = roster.find(site, tier, nowMs);
        if (found?.tier !== tier) continue;
        if (byOfficer.has(found.officer) || routing.digest.heartbeat.includes(tier)) of(found.officer).sites.add(site);
      }
    }
    const names = routing.digest.silentRules;
    const silent = database
      .prepare(
        `SELECT site, count(*) AS count FROM alert WHERE ended_ms IS NULL AND fired_ms IS NOT NULL AND dry = 0
           AND rule IN (${names.map(() => "?").join(", ") || "''"}) GROUP BY site`,
      )
      .all(...names) as { site: string; count: number }[];
    for (const [officer, { ids, alerts, sites }] of byOfficer) {
      const count = silent.reduce((sum, row) => sum + (sites.has(row.site) ? row.count : 0), 0);
      this.#make(officer, ids, alerts.size, count, nowMs);
    }
  }

  #make(officer: string, ids: readonly number[], alerts: number, silent: number, nowMs: number): void {
    const day = this.#options.clock.format(minuteOf(nowMs)).slice(5, 10).replace("-", "/");
    const said = shortMessage("digest", { date: day, count: String(alerts), silent: String(silent) });
    this.#options.messages.make(
      {
        ...{ officer, phone: "", said, code: "", urgent: 0, groupKey: "digest", alerts, nowMs },
        ...{ about: `digest ${nowMs}`, deadlineMs: nowMs + deadlineAfterMs },
      },
      ids,
    );
  }
}
