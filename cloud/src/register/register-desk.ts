import type { SqliteDatabase } from "../store/database.ts";
import { applyChange, type ChangeOrigin, type ChangeOutcome, type Withdrawal } from "./change/apply-change.ts";
import { RowReader } from "./change/row-reader.ts";
import { type StagedRow, StagedRows } from "./change/staged-rows.ts";
import { FindingList } from "./model/finding.ts";
import { kindNamed } from "./model/kinds.ts";
import { headerOf, type RegisterKind, validityColumns } from "./model/register-kind.ts";
import { always, minuteOf, type ZoneClock } from "./model/validity.ts";

/** An entry as it is asked for: texts by column, times as ISO 8601; null or left out: open. */
export interface AskedEntry {
  readonly kind: string;
  readonly values: Readonly<Record<string, string>>;
  readonly from?: string | null | undefined;
  readonly to?: string | null | undefined;
}

/** An entry to take back: the values of its key, in order, and its beginning. */
export interface AskedWithdrawal {
  readonly kind: string;
  readonly key: readonly string[];
  readonly from?: string | null | undefined;
}

/** A change that a person asks for. */
export interface AskedChange {
  readonly put: readonly AskedEntry[];
  readonly withdraw: readonly AskedWithdrawal[];
  readonly dryRun: boolean;
}

/** Times of the API carry milliseconds; entries begin and end with whole minutes, which the reader checks. */
const timeText = (iso: string | null | undefined): string => (iso ?? "").replace(/:00(?:\.0+)?Z$/, "Z");

/** Where the register is changed by hand: a few entries at a time, checked like a file. */
export class RegisterDesk {
  readonly #database: SqliteDatabase;
  readonly #clock: ZoneClock;

  constructor(database: SqliteDatabase, clock: ZoneClock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Applies a change as a whole or not at all. Rows of findings are counted from 1 in the order of `put`.
   * @throws {MingchengError} INPUT_INVALID for an unknown kind
   */
  change({ put, withdraw, dryRun }: AskedChange, origin: ChangeOrigin): ChangeOutcome {
    const findings = new FindingList();
    const rows = new Map<RegisterKind, StagedRow[]>();
    for (const [index, entry] of put.entries()) {
      const kind = kindNamed(entry.kind);
      const row = this.#read(kind, entry, index + 1, findings);
      if (row !== undefined) rows.set(kind, [...(rows.get(kind) ?? []), row]);
    }
    const withdrawals = withdraw.map((entry) => this.#withdrawal(entry));
    if (findings.total > 0) {
      return { change: null, counts: {}, findings: findings.listed(), findingsTotal: findings.total };
    }
    const staged: StagedRows[] = [];
    try {
      for (const [kind, list] of rows) {
        const stage = new StagedRows(this.#database, kind);
        staged.push(stage);
        stage.add(list);
      }
      return applyChange(this.#database, this.#clock, { staged, withdrawals, origin, dryRun });
    } finally {
      for (const stage of staged) stage.drop();
    }
  }

  #read(kind: RegisterKind, entry: AskedEntry, number: number, findings: FindingList): StagedRow | undefined {
    const known = headerOf(kind);
    const strangers = Object.keys(entry.values).filter(
      (name) => !known.includes(name) || (validityColumns as readonly string[]).includes(name),
    );
    for (const column of strangers) {
      const text = { zh: "没有这一项", en: "there is no such field" };
      findings.add({ kind: kind.kind, row: number, column, code: "unknown-column", ...text });
    }
    const reader = new RowReader(known, { kind, clock: this.#clock, findings });
    const cells = [
      ...kind.columns.map(({ name }) => entry.values[name] ?? ""),
      timeText(entry.from),
      timeText(entry.to),
    ];
    return reader.read(number, cells);
  }

  #withdrawal({ kind, key, from }: AskedWithdrawal): Withdrawal {
    const minute = from === null || from === undefined ? always : minuteOf(Date.parse(from));
    return { kind: kindNamed(kind), key, from: minute };
  }
}
