import type { SqliteDatabase } from "../../store/database.ts";
import type { Finding, FindingList } from "../model/finding.ts";
import { registerKinds } from "../model/kinds.ts";
import type { RegisterKind } from "../model/register-kind.ts";
import { always, forever, type ZoneClock } from "../model/validity.ts";
import { columnList, sameColumns } from "./staged-rows.ts";

/** What the checks of a change work with. They run inside its transaction, after it was applied. */
export interface CheckContext {
  readonly database: SqliteDatabase;
  readonly clock: ZoneClock;
  readonly findings: FindingList;
}

const keyText = (row: Readonly<Record<string, unknown>>, { key }: RegisterKind): string =>
  key.map((name) => `${name}=${String(row[name])}`).join(" ");

/** Names a validity: `[2026-01-01T00:00+08:00, …)`. */
const validityText = (clock: ZoneClock, from: number, to: number): string =>
  `[${from === always ? "…" : clock.format(from)}, ${to === forever ? "…" : clock.format(to)})`;

const found = (kind: RegisterKind, row: number | null, finding: Omit<Finding, "kind" | "row">): Finding => ({
  ...{ kind: kind.kind, row },
  ...finding,
});

/**
 * Rows of one file that say the same thing of the same time: the later ones are named with the first, and taken out, so that
 * everything else can be checked.
 */
export const findTwice = (kind: RegisterKind, { database, clock, findings }: CheckContext): void => {
  const key = columnList(kind.key);
  const later = `SELECT * FROM (SELECT row, ${key}, valid_from AS "from", valid_to AS "to",
      first_value(row) OVER (PARTITION BY ${key}, valid_from ORDER BY row) AS first FROM staged_${kind.table})
    WHERE first <> row`;
  const rows = database.prepare(`${later} ORDER BY row`).iterate() as IterableIterator<
    Record<string, unknown> & { row: number; first: number; from: number; to: number }
  >;
  for (const entry of rows) {
    const what = `${keyText(entry, kind)} ${validityText(clock, entry.from, entry.to)}`;
    findings.add(
      found(kind, entry.row, {
        ...{ column: kind.key[0] ?? null, code: "twice" },
        zh: `${what} 与第 ${entry.first} 行的编号和开始时间相同`,
        en: `${what} has the key and the beginning of row ${entry.first}`,
      }),
    );
  }
  database.exec(`DELETE FROM staged_${kind.table} WHERE row IN (SELECT row FROM (${later}))`);
};

interface OverlapRow extends Record<string, unknown> {
  readonly from: number;
  readonly to: number;
  readonly next_from: number;
  readonly next_to: number;
  readonly row: number | null;
  readonly next_row: number | null;
}

const overlapFinding = (kind: RegisterKind, clock: ZoneClock, entry: OverlapRow): Finding => {
  const { row, next_row: nextRow } = entry;
  const earlier = validityText(clock, entry.from, entry.to);
  const later = validityText(clock, entry.next_from, entry.next_to);
  const name = (at: number | null): { zh: string; en: string } =>
    at === null ? { zh: "已登记的", en: "the registered" } : { zh: `第 ${at} 行的`, en: `row ${at},` };
  return found(kind, nextRow ?? row, {
    ...{ column: nextRow === null ? "to" : "from", code: "overlap" },
    zh: `${keyText(entry, kind)}：${name(row).zh} ${earlier} 与${name(nextRow).zh} ${later} 时间重叠`,
    en: `${keyText(entry, kind)}: ${name(row).en} ${earlier} and ${name(nextRow).en} ${later} overlap`,
  });
};

/** Entries of one key that are valid at the same time, where this change touched the key. Both are named. */
export const findOverlaps = (kind: RegisterKind, { database, clock, findings }: CheckContext): void => {
  const { table, key } = kind;
  const staged = (alias: string, name: string): string =>
    `(SELECT s.row FROM staged_${table} s WHERE ${sameColumns(key, "s", "o")} AND s.valid_from = o."${alias}") AS ${name}`;
  const rows = database
    .prepare(
      `SELECT o.*, ${staged("from", "row")}, ${staged("next_from", "next_row")} FROM (
         SELECT ${columnList(key, "m.")}, m.valid_from AS "from", m.valid_to AS "to",
           lead(m.valid_from) OVER w AS next_from, lead(m.valid_to) OVER w AS next_to
         FROM (SELECT DISTINCT ${columnList(key)} FROM staged_${table} WHERE row IN (SELECT row FROM touched_${table})) t
         CROSS JOIN ${table} m ON ${sameColumns(key, "m", "t")} AND m.until_change IS NULL
         WINDOW w AS (PARTITION BY ${columnList(key, "m.")} ORDER BY m.valid_from)) o
       WHERE o.next_from < o."to"`,
    )
    .iterate() as IterableIterator<OverlapRow>;
  for (const entry of rows) findings.add(overlapFinding(kind, clock, entry));
};

/** New entries that name something which is not registered; kinds that are not known wholly are not asked. */
export const findMissing = (
  kind: RegisterKind,
  { database, findings }: CheckContext,
  unread: ReadonlySet<string>,
): void => {
  for (const { columns, to } of kind.references) {
    const target = registerKinds.find((other) => other.kind === to);
    if (target === undefined || unread.has(to)) continue;
    const pairs = columns.map((name, index) => `r."${target.key[index]}" = s."${name}"`).join(" AND ");
    const rows = database
      .prepare(
        `SELECT s.row, ${columnList(columns, "s.")} FROM touched_${kind.table} t JOIN staged_${kind.table} s USING (row)
         WHERE ${columns.map((name) => `s."${name}" <> ''`).join(" AND ")}
           AND NOT EXISTS (SELECT 1 FROM ${target.table} r WHERE ${pairs} AND r.until_change IS NULL)`,
      )
      .iterate() as IterableIterator<Record<string, unknown> & { row: number }>;
    for (const entry of rows) {
      const value = columns.map((name) => String(entry[name])).join(" ");
      findings.add(
        found(kind, entry.row, {
          ...{ column: columns[columns.length - 1] ?? null, code: "not-registered" },
          zh: `${value} 没有登记在${target.title.zh}中`,
          en: `${value} is not registered among the ${target.title.en}`,
        }),
      );
    }
  }
};

/** Rules of the kind that new entries break. */
export const findBrokenRules = (kind: RegisterKind, { database, findings }: CheckContext): void => {
  for (const { column, brokenWhen, text } of kind.rules) {
    const rows = database
      .prepare(
        `SELECT t.row FROM touched_${kind.table} t CROSS JOIN ${kind.table} m ON m.id = t.new_id
         WHERE ${brokenWhen} ORDER BY t.row`,
      )
      .pluck()
      .iterate() as IterableIterator<number>;
    for (const row of rows) findings.add(found(kind, row, { column, code: "rule", ...text }));
  }
};

/** Withdrawn things that other entries still name and that have no entry left. */
export const findStillUsed = (change: number, { database, findings }: CheckContext): void => {
  for (const kind of registerKinds) {
    for (const { columns, to } of kind.references) {
      const target = registerKinds.find((other) => other.kind === to);
      if (target === undefined) continue;
      const pairs = columns.map((name, index) => `r."${target.key[index]}" = m."${name}"`).join(" AND ");
      const gone = columns.map((name, index) => `m."${name}" = g."${target.key[index]}"`).join(" AND ");
      const rows = database
        .prepare(
          `SELECT DISTINCT ${columnList(columns, "m.")} FROM ${target.table} g CROSS JOIN ${kind.table} m ON ${gone}
           WHERE g.until_change = ? AND m.until_change IS NULL
             AND NOT EXISTS (SELECT 1 FROM ${target.table} r WHERE ${pairs} AND r.until_change IS NULL)`,
        )
        .iterate(change) as IterableIterator<Record<string, unknown>>;
      for (const entry of rows) {
        const value = columns.map((name) => String(entry[name])).join(" ");
        findings.add(
          found(target, null, {
            ...{ column: target.key[0] ?? null, code: "still-used" },
            zh: `${value} 仍被${kind.title.zh}引用，不能撤销`,
            en: `${value} is still named by ${kind.title.en} and cannot be withdrawn`,
          }),
        );
      }
    }
  }
};
