import type {
  RegisterChangeList,
  RegisterChangeView,
  RegisterEntry,
  RegisterHistory,
  RegisterKindList,
  RegisterPage,
  RegisterQuery,
} from "@mingcheng/protocols";
import { MingchengError } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";
import type { ChangeCounts } from "./change/apply-change.ts";
import { columnList, columnNames } from "./change/staged-rows.ts";
import { registerKinds } from "./model/kinds.ts";
import type { RegisterKind } from "./model/register-kind.ts";
import { always, forever, minuteOf, minuteStartMs } from "./model/validity.ts";
import type { SeenEntries } from "./seen-entries.ts";

interface EntryRow extends Record<string, unknown> {
  readonly id: number;
  readonly valid_from: number;
  readonly valid_to: number;
  readonly since_change: number;
  readonly until_change: number | null;
}

interface ChangeRow {
  readonly id: number;
  readonly at_ms: number;
  readonly by: string;
  readonly source: string;
  readonly note: string;
  readonly counts: string;
}

const iso = (minute: number): string => new Date(minuteStartMs(minute)).toISOString();

const entryOf = (kind: RegisterKind, row: EntryRow): RegisterEntry => ({
  id: row.id,
  values: Object.fromEntries(columnNames(kind).map((name) => [name, String(row[name])])),
  from: row.valid_from === always ? null : iso(row.valid_from),
  to: row.valid_to === forever ? null : iso(row.valid_to),
  since: row.since_change,
  until: row.until_change,
});

const changeOf = ({ id, at_ms, by, source, note }: ChangeRow): RegisterChangeView => ({
  ...{ change: id, at: new Date(at_ms).toISOString(), by, source, note },
});

/** So many entries are looked at for one page, so that no question takes for ever. */
const lookedAt = 50_000;

/** Reads the register for people: entries at a time, what was said before, who changed it. */
export class RegisterReader {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** The kinds; how many entries there are only for those who see all of them. */
  kinds(countsEntries: boolean): RegisterKindList {
    return {
      kinds: registerKinds.map((kind) => ({
        ...{ kind: kind.kind, title: kind.title, key: [...kind.key] },
        columns: kind.columns.map(({ name, meaning, type, optional }) => ({
          ...{ name, title: meaning, optional, expected: type.expected },
          names: kind.references.find(({ columns }) => columns.includes(name))?.to ?? null,
        })),
        entries: countsEntries
          ? Number(
              this.#database.prepare(`SELECT count(*) FROM ${kind.table} WHERE until_change IS NULL`).pluck().get(),
            )
          : null,
      })),
    };
  }

  /** Present entries that are seen, page by page. @throws {MingchengError} INPUT_INVALID, field `column` */
  page(kind: RegisterKind, seen: SeenEntries, { at, column, value, after, limit }: RegisterQuery): RegisterPage {
    if (column !== undefined && !columnNames(kind).includes(column)) {
      throw new MingchengError("INPUT_INVALID", `${column}: one of ${columnNames(kind).join(", ")}`, {
        field: "column",
      });
    }
    const filter = column === undefined ? "" : `AND "${column}" = @value`;
    const then = at === undefined ? "" : "AND valid_from <= @minute AND @minute < valid_to";
    const minute = at === undefined ? 0 : minuteOf(Date.parse(at));
    seen.prepare(kind.kind);
    const rows = this.#database
      .prepare(
        `SELECT * FROM ${kind.table} WHERE until_change IS NULL AND id > @after ${filter} ${then}
         ORDER BY id LIMIT ${lookedAt}`,
      )
      .iterate({ after, value: value ?? "", minute }) as IterableIterator<EntryRow>;
    const entries: RegisterEntry[] = [];
    let looked = 0;
    for (const row of rows) {
      looked++;
      if (seen.sees(kind.kind, row)) entries.push(entryOf(kind, row));
      if (entries.length === limit || looked === lookedAt) return { entries, next: row.id };
    }
    return { entries, next: null };
  }

  /** All that was said of the key of an entry, as far as it is seen; undefined when there is no such entry. */
  history(kind: RegisterKind, seen: SeenEntries, id: number): RegisterHistory | undefined {
    const key = columnList(kind.key);
    seen.prepare(kind.kind);
    const said = this.#database
      .prepare(
        `SELECT * FROM ${kind.table} WHERE (${key}) = (SELECT ${key} FROM ${kind.table} WHERE id = ?)
         ORDER BY since_change, valid_from LIMIT 1000`,
      )
      .all(id) as EntryRow[];
    const rows = said.filter((row) => seen.sees(kind.kind, row));
    // Asked by an entry of somebody else: as if there were none, also where the same key was once seen.
    if (!rows.some((row) => row.id === id)) return undefined;
    const numbers = new Set(rows.flatMap((row) => [row.since_change, row.until_change ?? row.since_change]));
    const change = this.#database.prepare("SELECT * FROM register_change WHERE id = ?");
    const changes = [...numbers].sort((a, b) => a - b).map((number) => changeOf(change.get(number) as ChangeRow));
    return { entries: rows.map((row) => entryOf(kind, row)), changes };
  }

  changes({ before, limit }: { readonly before?: number | undefined; readonly limit: number }): RegisterChangeList {
    const rows = this.#database
      .prepare("SELECT * FROM register_change WHERE id < ? ORDER BY id DESC LIMIT ?")
      .all(before ?? Number.MAX_SAFE_INTEGER, limit) as ChangeRow[];
    const changes = rows.map((row) => ({
      ...changeOf(row),
      counts: JSON.parse(row.counts) as Record<string, ChangeCounts>,
    }));
    return { changes, next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) };
  }
}
