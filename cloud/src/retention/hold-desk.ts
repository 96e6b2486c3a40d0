import type { Audit } from "../audit/audit-event.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Doer } from "../users/user-register.ts";
import { HoldBook, type HoldScope } from "./hold-book.ts";

/** Who decides on a hold, why and when. */
export interface HoldOrder {
  readonly who: Doer;
  readonly reason: string;
  readonly nowMs: number;
}

/** The end of a hold that has none. */
export const endOfTimeMs: number = Date.UTC(9999, 11, 31);

/** Holds as decisions of people: placed and released together with their entry of the audit log, or not at all. */
export class HoldDesk {
  readonly #register: SqliteDatabase;
  readonly #audit: Audit;

  constructor(register: SqliteDatabase, audit: Audit) {
    this.#register = register;
    this.#audit = audit;
  }

  /** Places a hold; returns its number. @throws {MingchengError} INPUT_INVALID */
  place(scope: HoldScope, { who, reason, nowMs }: HoldOrder): number {
    return this.#register
      .transaction(() => {
        const id = new HoldBook(this.#register).place(scope, { by: who.actor, reason, nowMs });
        this.#audit.append({ ...who, action: "hold.placed", subject: `hold:${id}`, detail: { ...scope, reason } });
        return id;
      })
      .immediate();
  }

  /** Releases a hold. @throws {MingchengError} INPUT_INVALID when there is none, or it was released before */
  release(id: number, { who, reason, nowMs }: HoldOrder): void {
    this.#register
      .transaction(() => {
        new HoldBook(this.#register).release(id, { by: who.actor, reason, nowMs });
        this.#audit.append({ ...who, action: "hold.released", subject: `hold:${id}`, detail: { reason } });
      })
      .immediate();
  }
}
