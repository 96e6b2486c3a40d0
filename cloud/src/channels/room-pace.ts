/** How a room is to be told what waits: each as a message of its own, all as one, or not now. */
export type RoomTurn = "alone" | "together" | "later";

/** How much a room takes singly; beyond, it is told of many in one message. */
export interface RoomLimits {
  /** So many messages of one alert each in any `withinMs`. */
  readonly alone: number;
  readonly withinMs: number;
  /** Messages of many come at least so long after the one before. */
  readonly everyMs: number;
}

/**
 * Keeps the pace of one room, so that a flood ends as a bounded number of messages: in any `withinMs` at most `alone` and
 * one for each `everyMs`. It begins anew with the process; a clock that was set back begins it anew, too.
 */
export class RoomPace {
  readonly #limits: RoomLimits;
  #sentMs: number[] = [];
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  /** When to ask again after a `later`; what waits need not be looked at before. */
  get notBeforeMs(): number {
    return this.#notBeforeMs;
  }

  /** What may be done with so many that wait. Call {@link sent} for each message that goes out. */
  turn(waiting: number, nowMs: number): RoomTurn {
    const { alone, withinMs, everyMs } = this.#limits;
    this.#sentMs = this.#sentMs.filter((ms) => ms <= nowMs && nowMs - ms < withinMs);
    if (waiting <= alone - this.#sentMs.length) return "alone";
    const last = this.#sentMs.at(-1);
    if (last === undefined || last + everyMs <= nowMs) return "together";
    this.#notBeforeMs = last + everyMs;
    return "later";
  }

  sent(nowMs: number): void {
    this.#sentMs.push(nowMs);
    this.#notBeforeMs = Number.NEGATIVE_INFINITY;
  }
}
