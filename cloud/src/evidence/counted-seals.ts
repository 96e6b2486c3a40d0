import type { RegisteredKey } from "../register/gateway-register.ts";
import type { SqliteDatabase } from "../store/database.ts";

/**
 * Lays a view `counted_seal` over the ledger's seals: all but those of a revoked key at or behind the named place of the
 * line. What only such a seal covers was committed before anybody knew; it proves nothing and stays out of evidence.
 * Temporary, on this connection. Drop it with {@link dropCountedSeals}.
 */
export const layCountedSeals = (database: SqliteDatabase, gw: string, keys: readonly RegisteredKey[]): void => {
  const lineId = database.prepare("SELECT id FROM line WHERE gw = ? AND ep = ? AND eid = ?").pluck();
  const revoked = keys.flatMap(({ kid, revokedFrom }) => {
    const id = revokedFrom === null ? undefined : lineId.get(gw, revokedFrom.ep, revokedFrom.eid);
    if (revokedFrom === null || id === undefined) return [];
    // A view takes no parameters: the numbers are numbers, a key id has 16 hexadecimal digits.
    return [
      `(line = ${Number(id)} AND kid = '${kid.replace(/[^0-9a-f]/g, "")}' AND seq >= ${Number(revokedFrom.seq)})`,
    ];
  });
  const where = revoked.length === 0 ? "" : `WHERE NOT (${revoked.join(" OR ")})`;
  dropCountedSeals(database);
  database.exec(`CREATE TEMP VIEW counted_seal AS SELECT * FROM main.seal ${where}`);
};

/** Takes the view away again. */
export const dropCountedSeals = (database: SqliteDatabase): void => {
  database.exec("DROP VIEW IF EXISTS temp.counted_seal");
};
