import type { UserRole } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";

/** Whose alerts are asked for. */
export interface Mine {
  readonly user: string;
  readonly role: UserRole;
  /** Codes of the officers who sign in under this name; empty: nobody of the register does. */
  readonly officers: readonly string[];
}

/**
 * Open alerts that somebody has to do something about: taken over by this person; else, while nobody has, this officer's
 * by duty (its owner now or at a tier before, or who was told with the owner), or the person's role's where a role has
 * it. Of a user who is no officer of the register it is by role alone.
 */
export const mineIds = (alerts: SqliteDatabase, { user, role, officers }: Mine): ReadonlySet<string> => {
  const ids = alerts
    .prepare(
      `SELECT a.id FROM alert AS a LEFT JOIN care AS c ON c.alert = a.id
       WHERE a.ended_ms IS NULL AND a.fired_ms IS NOT NULL AND a.dry = 0 AND a.state IN ('firing', 'acknowledged')
         AND CASE
           WHEN a.acknowledged_by IS NOT NULL THEN a.acknowledged_by = @user OR a.acknowledged_by IN (SELECT value FROM json_each(@officers))
           WHEN @officers = '[]' OR c.route IS NULL THEN a.owner IN ('role:' || @role, 'user:' || @user)
           ELSE EXISTS (SELECT 1 FROM duty_step AS s WHERE s.alert = a.id AND s.officer IN (SELECT value FROM json_each(@officers)))
             OR (c.officer IS NULL AND (SELECT s.role FROM duty_step AS s WHERE s.alert = a.id AND s.reason <> 'informed'
               ORDER BY s.id DESC LIMIT 1) = @role)
         END`,
    )
    .pluck()
    .all({ user, role, officers: JSON.stringify(officers) }) as string[];
  return new Set(ids);
};
