import { existsSync } from "node:fs";
import { openForReading, type SqliteDatabase } from "../store/database.ts";
import type { GatewayState, GatewayStates } from "./gateway-state.ts";

interface HintRow {
  readonly gw: string;
  readonly online: number;
  readonly sinceMs: number;
  readonly seenMs: number;
  readonly alarms: string;
  readonly diskFree: number | null;
  readonly disputed: number;
  readonly absent: number;
  readonly gaps: number;
}

const query = `
  SELECT h.gw, h.online, h.since_ms AS sinceMs, h.seen_ms AS seenMs, h.alarms,
    json_extract(h.health, '$.diskFreeBytes') AS diskFree,
    coalesce((SELECT sum(status = 'disputed') FROM ledger_line l WHERE l.gw = h.gw), 0) AS disputed,
    coalesce((SELECT sum(max(heard_head - stored, 0)) FROM ledger_line l WHERE l.gw = h.gw), 0) AS absent,
    -- What is only late is no hole yet.
    coalesce((SELECT count(*) FROM ledger_gap g WHERE g.gw = h.gw AND g.reason <> 'missing'), 0) AS gaps
  FROM gateway_hint h ORDER BY h.gw`;

const stateOf = (row: HintRow, startedMs: number, nowMs: number): GatewayState => {
  // What was heard before this start says that it was there then, not that it is there now.
  const online = row.online === 1 && row.seenMs >= startedMs;
  const sinceMs = row.online === 1 ? row.seenMs : row.sinceMs;
  return {
    online,
    offlineSeconds: online ? 0 : Math.max(0, (nowMs - sinceMs) / 1000),
    alarms: (JSON.parse(row.alarms) as { readonly code: string }[]).map(({ code }) => code),
    disputedLines: BigInt(row.disputed),
    gaps: BigInt(row.gaps),
    pending: BigInt(row.absent),
    // Nothing at all is what a gateway says that has not looked yet.
    diskFreeMegabytes:
      row.diskFree === null || row.diskFree === 0 ? Number.POSITIVE_INFINITY : Math.floor(row.diskFree / 1e6),
  };
};

/**
 * States of gateways from the projections, on a connection of its own. The projections can be deleted and are made again:
 * while they cannot be read, gateways stand as they stood last.
 */
export class HintedGateways implements GatewayStates {
  readonly #path: string;
  readonly #startedMs: number;
  #database: SqliteDatabase | undefined;
  #last: ReadonlyMap<string, GatewayState> = new Map();

  /** `startedMs`: when this centre began to listen. */
  constructor(path: string, startedMs: number) {
    this.#path = path;
    this.#startedMs = startedMs;
  }

  read(nowMs: number): ReadonlyMap<string, GatewayState> {
    try {
      if (this.#database === undefined && !existsSync(this.#path)) return this.#last;
      this.#database ??= openForReading(this.#path);
      const rows = this.#database.prepare(query).all() as HintRow[];
      this.#last = new Map(rows.map((row) => [row.gw, stateOf(row, this.#startedMs, nowMs)]));
    } catch {
      this.close();
    }
    return this.#last;
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }
}
