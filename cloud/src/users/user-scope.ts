import { MingchengError, type UserRole, type UserScope } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";

/** Areas and sites of a user, by code, in order. */
export const scopeOf = (database: SqliteDatabase, user: string): UserScope => {
  const rows = database.prepare("SELECT kind, code FROM user_scope WHERE user = ? ORDER BY kind, code").all(user) as {
    kind: "area" | "site";
    code: string;
  }[];
  const codes = (kind: "area" | "site"): string[] => rows.filter((row) => row.kind === kind).map(({ code }) => code);
  return { areas: codes("area"), sites: codes("site") };
};

const requireRegistered = (database: SqliteDatabase, kind: "area" | "site", codes: readonly string[]): void => {
  const find = database.prepare(`SELECT 1 FROM ${kind} WHERE code = ? AND until_change IS NULL`);
  for (const code of codes) {
    if (find.get(code) !== undefined) continue;
    throw new MingchengError("USER_INVALID", `${code}: the register has no such ${kind}`, { field: kind });
  }
};

/**
 * Checks what a user is to see.
 * @throws {MingchengError} USER_INVALID, field `area` or `site` for a code that is not registered, `role` for an
 * administrator with a scope: who makes users and gives them areas has no bounds
 */
export const checkScope = (database: SqliteDatabase, role: UserRole, { areas, sites }: UserScope): void => {
  if (role === "administrator" && areas.length + sites.length > 0) {
    throw new MingchengError("USER_INVALID", "an administrator answers for the whole centre", { field: "role" });
  }
  requireRegistered(database, "area", areas);
  requireRegistered(database, "site", sites);
};

/** Writes what a user sees in place of what it was. Call in a transaction. */
export const storeScope = (database: SqliteDatabase, user: string, { areas, sites }: UserScope): void => {
  database.prepare("DELETE FROM user_scope WHERE user = ?").run(user);
  const insert = database.prepare("INSERT INTO user_scope (user, kind, code) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  for (const code of areas) insert.run(user, "area", code);
  for (const code of sites) insert.run(user, "site", code);
};
