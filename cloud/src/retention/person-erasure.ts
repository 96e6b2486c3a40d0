import { MingchengError } from "@mingcheng/protocols";
import type { Audit } from "../audit/audit-event.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Doer } from "../users/user-register.ts";
import { eraseEntries } from "./register-eraser.ts";

/** What came of a request to erase a person. */
export interface PersonErasure {
  readonly code: string;
  /** Entries of the register that were emptied. */
  readonly erased: number;
  /** Entries that are over but under a legal hold. */
  readonly held: number;
  /** Entries that are in force: they stay until they are ended in the register. */
  readonly inForce: number;
}

const presentEntries = (register: SqliteDatabase, code: string, nowMs: number): number =>
  (["officer", "vendor"] as const).reduce(
    (sum, table) =>
      sum +
      Number(
        register
          .prepare(`SELECT count(*) FROM ${table} WHERE code = ? AND until_change IS NULL AND valid_to >= ?`)
          .pluck()
          .get(code, Math.floor(nowMs / 60_000)),
      ),
    0,
  );

/**
 * Erases what names an officer or vendor in entries that are over, before their period, because the person asked for it.
 * @throws {MingchengError} USER_UNKNOWN when the register names nobody by this code
 */
export const erasePerson = (
  register: SqliteDatabase,
  audit: Audit,
  code: string,
  { who, reason, nowMs }: { readonly who: Doer; readonly reason: string; readonly nowMs: number },
): PersonErasure =>
  register
    .transaction((): PersonErasure => {
      const known = register.prepare(
        "SELECT 1 FROM officer WHERE code = @code UNION SELECT 1 FROM vendor WHERE code = @code",
      );
      if (known.get({ code }) === undefined) {
        throw new MingchengError("USER_UNKNOWN", `the register names nobody by the code ${code}`, { field: "code" });
      }
      const decision = { class: "people", reason, by: who.actor, olderThanMs: nowMs, atMs: nowMs };
      const { count: erased, held } = eraseEntries(register, decision, code);
      const outcome = { code, erased, held, inForce: presentEntries(register, code, nowMs) };
      const detail = { count: erased, held, reason };
      audit.append({ ...who, action: "data.erased", subject: `person:${code}`, detail });
      return outcome;
    })
    .immediate();
