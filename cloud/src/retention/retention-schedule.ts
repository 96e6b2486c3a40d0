import type { SqliteDatabase } from "../store/database.ts";

/** Something to do now, and who wants it. */
export interface DueRun {
  readonly by: string;
  /** The request that asks for it; null: it is the daily run. */
  readonly request: number | null;
}

const dayMs = 24 * 3_600_000;

/** Milliseconds since midnight in a time zone. */
const sinceMidnightMs = (timezone: string, nowMs: number): number => {
  const parts = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: timezone, hourCycle: "h23" },
    ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
  }).format(nowMs);
  const [hours = 0, minutes = 0, seconds = 0] = parts.split(":").map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + (nowMs % 1000);
};

/** The last instant, up to now, at which the daily run was to be. */
export const lastDueMs = (timezone: string, atHour: number, nowMs: number): number => {
  const passed = sinceMidnightMs(timezone, nowMs) - atHour * 3_600_000;
  return nowMs - (passed >= 0 ? passed : passed + dayMs);
};

/** What is to be done now: a request first, else the daily run when none began since its hour. */
export const dueRun = (
  register: SqliteDatabase,
  { timezone, atHour, nowMs }: { readonly timezone: string; readonly atHour: number; readonly nowMs: number },
): DueRun | undefined => {
  const asked = register
    .prepare("SELECT id, by FROM retention_request WHERE done_ms IS NULL ORDER BY id LIMIT 1")
    .get() as { id: number; by: string } | undefined;
  if (asked !== undefined) return { by: asked.by, request: asked.id };
  const began = register.prepare("SELECT max(began_ms) FROM retention_run WHERE began_ms <= ?").pluck().get(nowMs) as
    | number
    | null;
  return began !== null && began >= lastDueMs(timezone, atHour, nowMs) ? undefined : { by: "centre", request: null };
};

/** Asks the running centre for a run; returns the request's number. */
export const requestRun = (register: SqliteDatabase, by: string, nowMs: number): number =>
  Number(register.prepare("INSERT INTO retention_request (by, at_ms) VALUES (?, ?)").run(by, nowMs).lastInsertRowid);

/** Closes a request with what came of it: a report, or `{"error": …}`. */
export const answerRequest = (register: SqliteDatabase, id: number, result: object, nowMs: number): void => {
  register
    .prepare("UPDATE retention_request SET done_ms = ?, result = ? WHERE id = ?")
    .run(nowMs, JSON.stringify(result), id);
};

/** What came of a request; undefined while it waits. */
export const answerOf = (register: SqliteDatabase, id: number): unknown => {
  const text = register.prepare("SELECT result FROM retention_request WHERE id = ?").pluck().get(id) as string | null;
  return text === null ? undefined : JSON.parse(text);
};
