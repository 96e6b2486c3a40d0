import { MingchengError } from "@mingcheng/protocols";
import { always, forever } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";

/** Where a person's data is looked for. */
export interface PersonStores {
  readonly register: SqliteDatabase;
  /** Null: there are no alerts yet. */
  readonly alerts: SqliteDatabase | null;
}

/** Everything the centre holds on one person, as JSON for that person. */
export interface PersonExport {
  readonly v: 1;
  readonly code: string;
  readonly asOf: string;
  /** Names under which the person signs in, now or earlier. */
  readonly logins: readonly string[];
  readonly officer: readonly object[];
  readonly duties: readonly object[];
  readonly absences: readonly object[];
  readonly vendor: readonly object[];
  readonly tenancies: readonly object[];
  /** Devices that stood at the vendor's stalls: their records are attributed to the vendor over the named time. */
  readonly devices: readonly object[];
  readonly users: readonly object[];
  readonly sessions: readonly object[];
  readonly audit: readonly object[];
  readonly alerts: readonly object[];
}

const minuteMs = 60_000;
/** When an entry begins or ends; null: since ever, or for good. */
const instant = (minutes: number): string | null =>
  minutes <= always || minutes >= forever ? null : new Date(minutes * minuteMs).toISOString();

/** A row for people: times as text, numbers of changes left out. */
const readable = (row: Record<string, unknown>): object =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]): [string, unknown][] => {
      if (name === "id" || name === "since_change" || name === "until_change") return [];
      if (name.endsWith("_ms"))
        return [[name.slice(0, -3), value === null ? null : new Date(Number(value)).toISOString()]];
      if (name === "valid_from" || name === "valid_to") return [[name, instant(Number(value))]];
      return [[name, value]];
    }),
  );

const rows = (database: SqliteDatabase, sql: string, ...values: unknown[]): object[] =>
  (database.prepare(sql).all(...values) as Record<string, unknown>[]).map(readable);

const placeholders = (values: readonly unknown[]): string => values.map(() => "?").join(", ");

/** Devices and the time over which they stood at a stall that was let to the vendor. */
const devicesOf = (register: SqliteDatabase, code: string): object[] =>
  rows(
    register,
    `SELECT placement.gw, placement.dev, placement.stall, max(placement.valid_from, tenancy.valid_from) AS valid_from,
       min(placement.valid_to, tenancy.valid_to) AS valid_to
     FROM tenancy JOIN placement ON placement.stall = tenancy.stall
       AND placement.valid_from < tenancy.valid_to AND tenancy.valid_from < placement.valid_to
     WHERE tenancy.vendor = ? AND tenancy.until_change IS NULL AND placement.until_change IS NULL
     ORDER BY placement.gw, placement.dev, 4`,
    code,
  );

/** Entries of the audit log by the person, or about the person. */
const auditOf = (register: SqliteDatabase, code: string, logins: readonly string[]): object[] => {
  const found: object[] = [];
  const subjects = new Set([
    ...logins.map((login) => `user:${login}`),
    `officer:${code}`,
    `vendor:${code}`,
    `person:${code}`,
  ]);
  const entries = register
    .prepare("SELECT n, bytes FROM audit_entry WHERE bytes IS NOT NULL ORDER BY n")
    .iterate() as IterableIterator<{ n: number; bytes: Buffer }>;
  for (const { n, bytes } of entries) {
    const entry = JSON.parse(bytes.toString("utf8")) as { actor?: unknown; subject?: unknown };
    if (logins.includes(String(entry.actor)) || subjects.has(String(entry.subject))) found.push({ ...entry, n });
  }
  return found;
};

/** Alerts that the person was asked about or acted on, with what the person did. */
const alertsOf = (alerts: SqliteDatabase, code: string, logins: readonly string[]): object[] => {
  const names = [code, ...logins];
  const acts = rows(
    alerts,
    `SELECT alert, at_ms, from_state, to_state, reason, actor, detail FROM history WHERE actor IN (${placeholders(names)})
     ORDER BY id`,
    ...names,
  ) as { alert?: string }[];
  const shown = `id, rule, title, gw, dev, state, owner, started_ms, ended_ms, acknowledged_by, acknowledged_ms`;
  const owned = rows(
    alerts,
    `SELECT ${shown} FROM alert WHERE owner IN (${placeholders(names)}) OR acknowledged_by IN (${placeholders(names)})
       OR id IN (SELECT alert FROM history WHERE actor IN (${placeholders(names)})) ORDER BY started_ms`,
    ...names,
    ...names,
    ...names,
  ) as { id?: string }[];
  return owned.map((alert) => ({ ...alert, acts: acts.filter((act) => act.alert === alert.id) }));
};

/**
 * Gathers what the centre holds on an officer, vendor or user.
 * @throws {MingchengError} USER_UNKNOWN when nobody bears this code or name
 */
export const exportPerson = ({ register, alerts }: PersonStores, code: string, nowMs: number): PersonExport => {
  const officer = rows(register, "SELECT * FROM officer WHERE code = ? ORDER BY id", code);
  const vendor = rows(register, "SELECT * FROM vendor WHERE code = ? ORDER BY id", code);
  const named = register.prepare("SELECT DISTINCT login FROM officer WHERE code = ? AND login <> ''").pluck().all(code);
  const logins = [...new Set([...(named as string[]), code])].filter(
    (login) => register.prepare("SELECT 1 FROM user WHERE name = ?").get(login) !== undefined,
  );
  if (officer.length + vendor.length + logins.length === 0) {
    throw new MingchengError("USER_UNKNOWN", `nobody here bears the code or name ${code}`, { field: "code" });
  }
  const inLogins = placeholders(logins);
  return {
    ...{ v: 1, code, asOf: new Date(nowMs).toISOString(), logins, officer, vendor },
    duties: rows(register, "SELECT * FROM duty WHERE officer = ? ORDER BY id", code),
    absences: rows(register, "SELECT * FROM absence WHERE officer = ? OR substitute = ? ORDER BY id", code, code),
    tenancies: rows(register, "SELECT * FROM tenancy WHERE vendor = ? ORDER BY id", code),
    devices: devicesOf(register, code),
    users: rows(
      register,
      `SELECT name, role, must_change, created_ms, changed_ms, disabled_ms FROM user WHERE name IN (${inLogins})`,
      ...logins,
    ),
    sessions: rows(
      register,
      `SELECT user, created_ms, seen_ms FROM session WHERE user IN (${inLogins}) ORDER BY created_ms`,
      ...logins,
    ),
    audit: auditOf(register, code, logins),
    alerts: alerts === null ? [] : alertsOf(alerts, code, logins),
  };
};
