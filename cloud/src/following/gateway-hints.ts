import type { GatewayHint } from "../broker/broker-options.ts";
import type { SqliteDatabase } from "../store/database.ts";

/** Keeps in `gateway_hint` what connections and states last said of each gateway. Hints: liveness is heartbeat and line. */
export class GatewayHints {
  readonly #waiting = new Map<string, GatewayHint>();

  /** Takes a hint; of each gateway only the newest waits, a state it carries is not lost to one without. */
  take(hint: GatewayHint): void {
    const state = hint.state ?? this.#waiting.get(hint.gw)?.state ?? null;
    this.#waiting.set(hint.gw, { ...hint, state });
  }

  /** Writes what waits; false when nothing did. @throws SqliteError when the store fails; everything then still waits */
  flush(database: SqliteDatabase): boolean {
    if (this.#waiting.size === 0) return false;
    const save = database.prepare(
      `INSERT INTO gateway_hint (gw, online, since_ms, seen_ms, reason, ep, eid, config, alarms, health)
       VALUES (:gw, :online, :atMs, :atMs, :reason, :ep, :eid, :config, coalesce(:alarms, '[]'), :health)
       ON CONFLICT (gw) DO UPDATE SET
         since_ms = CASE WHEN online = excluded.online THEN since_ms ELSE excluded.since_ms END,
         online = excluded.online, seen_ms = excluded.seen_ms, reason = excluded.reason, ep = coalesce(:ep, ep),
         eid = coalesce(:eid, eid), config = coalesce(:config, config), alarms = coalesce(:alarms, alarms),
         health = coalesce(:health, health)`,
    );
    database
      .transaction(() => {
        for (const { gw, online, atMs, reason, state } of this.#waiting.values()) {
          const of = { ep: state?.line.ep ?? null, eid: state?.line.eid ?? null, config: state?.config ?? null };
          const alarms = state === null ? null : JSON.stringify(state.alarms);
          const health = state?.health === undefined ? null : JSON.stringify(state.health);
          save.run({ gw, online: online ? 1 : 0, atMs, reason, ...of, alarms, health });
        }
      })
      .immediate();
    this.#waiting.clear();
    return true;
  }
}
