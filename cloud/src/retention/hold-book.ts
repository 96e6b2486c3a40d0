import { MingchengError } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";

/** What a hold covers. Null: every gateway, every device. */
export interface HoldScope {
  readonly gw: string | null;
  readonly dev: string | null;
  /** [fromMs, toMs): when records were made, or received. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A legal hold: nothing it covers is erased until it is released. */
export interface LegalHold extends HoldScope {
  readonly id: number;
  readonly reason: string;
  readonly by: string;
  readonly placedMs: number;
  readonly releasedMs: number | null;
  readonly releasedBy: string | null;
  readonly releaseReason: string | null;
}

/** Who decides, why and when. */
export interface HoldDecision {
  readonly by: string;
  readonly reason: string;
  readonly nowMs: number;
}

/** Something that may be under a hold: its gateway, its device where it is known, and its times. */
export interface HeldThing {
  readonly gw: string;
  /** Null: nobody knows; a hold on any device of the gateway covers it. */
  readonly dev: string | null;
  readonly timesMs: readonly number[];
}

const columns = `id, gw, dev, from_ms AS fromMs, to_ms AS toMs, reason, by, placed_ms AS placedMs,
  released_ms AS releasedMs, released_by AS releasedBy, release_reason AS releaseReason`;

const covers = ({ gw, dev, fromMs, toMs }: HoldScope, thing: HeldThing): boolean =>
  (gw === null || gw === thing.gw) &&
  (dev === null || thing.dev === null || dev === thing.dev) &&
  thing.timesMs.some((ms) => ms >= fromMs && ms < toMs);

/** Legal holds in the register. Works on a reading connection too, for what only reads. */
export class HoldBook {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** Places a hold; returns its number. @throws {MingchengError} INPUT_INVALID */
  place({ gw, dev, fromMs, toMs }: HoldScope, { by, reason, nowMs }: HoldDecision): number {
    if (!(toMs > fromMs))
      throw new MingchengError("INPUT_INVALID", "the end is not after the start", { field: "--to" });
    if (dev !== null && gw === null) {
      throw new MingchengError("INPUT_INVALID", "a device is named with its gateway", { field: "--gateway" });
    }
    const { lastInsertRowid } = this.#database
      .prepare("INSERT INTO legal_hold (gw, dev, from_ms, to_ms, reason, by, placed_ms) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .run(gw, dev, fromMs, toMs, reason, by, nowMs);
    return Number(lastInsertRowid);
  }

  /** Releases a hold. @throws {MingchengError} INPUT_INVALID when there is none, or it was released before */
  release(id: number, { by, reason, nowMs }: HoldDecision): void {
    const { changes } = this.#database
      .prepare(
        "UPDATE legal_hold SET released_ms = ?, released_by = ?, release_reason = ? WHERE id = ? AND released_ms IS NULL",
      )
      .run(nowMs, by, reason, id);
    if (changes === 0) throw new MingchengError("INPUT_INVALID", `there is no hold ${id} in force`, { field: "id" });
  }

  /** Every hold, oldest first, released ones too. */
  all(): LegalHold[] {
    return this.#database.prepare(`SELECT ${columns} FROM legal_hold ORDER BY id`).all() as LegalHold[];
  }

  /** How many holds were ever placed, and released: two equal answers mean that no hold changed in between. */
  version(): { readonly placed: number; readonly releases: number } {
    return this.#database
      .prepare("SELECT count(*) AS placed, count(released_ms) AS releases FROM legal_hold")
      .get() as { placed: number; releases: number };
  }

  /** A judge over the holds in force now. */
  judge(): (thing: HeldThing) => boolean {
    const inForce = this.all().filter(({ releasedMs }) => releasedMs === null);
    return (thing) => inForce.some((hold) => covers(hold, thing));
  }
}
