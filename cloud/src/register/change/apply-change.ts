import type { Audit } from "../../audit/audit-event.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { type Finding, FindingList } from "../model/finding.ts";
import type { RegisterKind } from "../model/register-kind.ts";
import type { ZoneClock } from "../model/validity.ts";
import {
  type CheckContext,
  findBrokenRules,
  findMissing,
  findOverlaps,
  findStillUsed,
  findTwice,
} from "./check-change.ts";
import { columnList, columnNames, type StagedRows, sameColumns } from "./staged-rows.ts";

/** An entry to be taken back because it never was true: its key, and when it was said to begin. */
export interface Withdrawal {
  readonly kind: RegisterKind;
  readonly key: readonly string[];
  readonly from: number;
}

/** Who changes the register, and why. Kept forever. */
export interface ChangeOrigin {
  readonly by: string;
  /** A file with its digest, or `api`. */
  readonly source: string;
  readonly note: string;
  readonly atMs: number;
  /** Network address, where there is one. */
  readonly address?: string | null;
  /** Where the change is noted, in the same transaction. */
  readonly audit?: Audit;
}

/** Entries of one kind that a change adds, corrects, leaves alone or takes back. */
export interface ChangeCounts {
  readonly added: number;
  readonly corrected: number;
  readonly unchanged: number;
  readonly withdrawn: number;
}

/** What came of a change. `change` is null when nothing was written: findings, a dry run, or nothing new. */
export interface ChangeOutcome {
  readonly change: number | null;
  readonly counts: Readonly<Record<string, ChangeCounts>>;
  readonly findings: readonly Finding[];
  readonly findingsTotal: number;
}

/** All that a change consists of. */
export interface RegisterChange {
  readonly staged: readonly StagedRows[];
  readonly withdrawals: readonly Withdrawal[];
  readonly origin: ChangeOrigin;
  readonly dryRun: boolean;
  /** What was found while it was read, and kinds with rows that could not be read: nothing is written then. */
  readonly unread?: { readonly findings: FindingList; readonly kinds: ReadonlySet<string> };
}

const countOf = (database: SqliteDatabase, sql: string): number => Number(database.prepare(sql).pluck().get());

/** Marks what is new or different: `old_id` is the entry that it corrects. */
const touch = (database: SqliteDatabase, kind: RegisterKind): void => {
  const { table, key } = kind;
  const same = sameColumns([...columnNames(kind), "valid_to"], "m", "s");
  database.exec(`
    DELETE FROM touched_${table};
    INSERT INTO touched_${table} (row, old_id)
      SELECT s.row, m.id FROM staged_${table} s LEFT JOIN ${table} m
        ON ${sameColumns([...key, "valid_from"], "m", "s")} AND m.until_change IS NULL
      WHERE m.id IS NULL OR NOT (${same}) ORDER BY s.row;
    UPDATE touched_${table} SET new_id = rowid + (SELECT coalesce(max(id), 0) FROM ${table});`);
};

const write = (database: SqliteDatabase, kind: RegisterKind, change: number): void => {
  const { table } = kind;
  const columns = columnList([...columnNames(kind), "valid_from", "valid_to"]);
  database
    .prepare(`UPDATE ${table} SET until_change = ? WHERE id IN (SELECT old_id FROM touched_${table})`)
    .run(change);
  database
    .prepare(
      `INSERT INTO ${table} (id, ${columns}, since_change)
       SELECT t.new_id, ${columns}, ? FROM touched_${table} t JOIN staged_${table} s USING (row) ORDER BY t.row`,
    )
    .run(change);
};

const withdraw = (withdrawal: Withdrawal, change: number, { database, findings, clock }: CheckContext): number => {
  const { kind, key, from } = withdrawal;
  const where = [...kind.key, "valid_from"].map((name) => `"${name}" = ?`).join(" AND ");
  const { changes } = database
    .prepare(`UPDATE ${kind.table} SET until_change = ? WHERE ${where} AND until_change IS NULL AND since_change <> ?`)
    .run(change, ...key, from, change);
  if (changes === 0) {
    const what = `${key.join(" ")} [${from === 0 ? "…" : clock.format(from)}`;
    findings.add({
      ...{ kind: kind.kind, row: null, column: kind.key[0] ?? null, code: "nothing-to-withdraw" },
      ...{ zh: `没有登记 ${what}`, en: `${what} is not registered` },
    });
  }
  return changes;
};

const writeAll = ({ staged, withdrawals }: RegisterChange, change: number, context: CheckContext) => {
  const { database } = context;
  const withdrawn = new Map<string, number>();
  for (const withdrawal of withdrawals) {
    const { kind } = withdrawal.kind;
    withdrawn.set(kind, (withdrawn.get(kind) ?? 0) + withdraw(withdrawal, change, context));
  }
  const counts: Record<string, ChangeCounts> = {};
  for (const [kind, count] of withdrawn) counts[kind] = { added: 0, corrected: 0, unchanged: 0, withdrawn: count };
  for (const { kind } of staged) {
    touch(database, kind);
    write(database, kind, change);
    const all = countOf(database, `SELECT count(*) FROM staged_${kind.table}`);
    const corrected = countOf(database, `SELECT count(old_id) FROM touched_${kind.table}`);
    const added = countOf(database, `SELECT count(*) FROM touched_${kind.table}`) - corrected;
    const unchanged = all - corrected - added;
    counts[kind.kind] = { added, corrected, unchanged, withdrawn: withdrawn.get(kind.kind) ?? 0 };
  }
  return counts;
};

const noKinds: ReadonlySet<string> = new Set();

const check = ({ staged, unread }: RegisterChange, change: number, context: CheckContext): void => {
  for (const { kind } of staged) {
    findOverlaps(kind, context);
    // What rows that could not be read would have said looks missing.
    findMissing(kind, context, unread?.kinds ?? noKinds);
    findBrokenRules(kind, context);
  }
  findStillUsed(change, context);
};

const changedAnything = (counts: Readonly<Record<string, ChangeCounts>>): boolean =>
  Object.values(counts).some(({ added, corrected, withdrawn }) => added + corrected + withdrawn > 0);

/** Ends the transaction without a trace. */
class TakenBack extends Error {}

/**
 * Applies a change as a whole or not at all, in one transaction, and checks the register as it then is: keys, validity,
 * references, rules. A row with the key and the beginning of a registered entry corrects it; anything else is added. Of
 * rows that say the same thing twice only the first takes part in the checks.
 */
export const applyChange = (database: SqliteDatabase, clock: ZoneClock, request: RegisterChange): ChangeOutcome => {
  const findings = request.unread?.findings ?? new FindingList();
  const context: CheckContext = { database, clock, findings };
  for (const { kind } of request.staged) findTwice(kind, context);
  let counts: Readonly<Record<string, ChangeCounts>> = {};
  let written: number | null = null;
  const { by, source, note, atMs, address = null, audit } = request.origin;
  const body = database.transaction(() => {
    const change = countOf(database, "SELECT coalesce(max(id), 0) + 1 FROM register_change");
    database.pragma("defer_foreign_keys = ON");
    counts = writeAll(request, change, context);
    check(request, change, context);
    if (findings.total > 0 || request.dryRun || !changedAnything(counts)) throw new TakenBack();
    database
      .prepare("INSERT INTO register_change (id, at_ms, by, source, note, counts) VALUES (?, ?, ?, ?, ?, ?)")
      .run(change, atMs, by, source, note, JSON.stringify(counts));
    audit?.append({
      ...{ actor: by, address, action: "register.changed", subject: `register:${Object.keys(counts).join(",")}` },
      detail: { change, source, note },
    });
    written = change;
  });
  try {
    // With findings too: a report names everything that is wrong, and the transaction ends without a trace.
    body.immediate();
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
  }
  const { total: findingsTotal } = findings;
  return { change: written, counts: findingsTotal > 0 ? {} : counts, findings: findings.listed(), findingsTotal };
};
