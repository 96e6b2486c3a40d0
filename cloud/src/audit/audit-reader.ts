import { type AuditEntryView, type AuditPage, type AuditQuery, toHex, type ViewLogQuery } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";
import { auditActions, viewActions } from "./audit-actions.ts";
import { entryIn } from "./verify-audit.ts";

interface Row {
  readonly n: number;
  readonly bytes: Buffer | null;
  readonly h: Buffer;
}

/** With a filter so many entries are looked at for one page, so that no question takes for ever. */
const lookedAt = 20_000;

const titles: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = auditActions;

const viewOf = ({ n, bytes, h }: Row): AuditEntryView => {
  const entry = bytes === null ? undefined : entryIn(bytes);
  if (entry === undefined) return { n, h: toHex(h), entry: null };
  const { at, actor, address, action, subject, outcome, detail } = entry;
  const title = titles[action] ?? { zh: action, en: action };
  return { n, h: toHex(h), entry: { at, actor, address, action, title, subject, outcome, detail } };
};

/** What entries are asked for. */
interface AskedEntries extends Omit<AuditQuery, "action"> {
  readonly actions?: ReadonlySet<string>;
}

const fits = ({ entry }: AuditEntryView, { actor, actions, subject }: AskedEntries): boolean =>
  (actor === undefined || entry?.actor === actor) &&
  (actions === undefined || (entry !== null && actions.has(entry.action))) &&
  (subject === undefined || entry?.subject === subject);

const pageOf = (database: SqliteDatabase, query: AskedEntries): AuditPage => {
  const rows = database
    .prepare("SELECT n, bytes, h FROM audit_entry WHERE n < ? ORDER BY n DESC LIMIT ?")
    .iterate(query.before ?? Number.MAX_SAFE_INTEGER, lookedAt) as IterableIterator<Row>;
  const entries: AuditEntryView[] = [];
  let next: number | null = null;
  for (const row of rows) {
    const view = viewOf(row);
    if (fits(view, query)) entries.push(view);
    next = row.n > 1 ? row.n : null;
    if (entries.length >= query.limit) break;
  }
  return { entries, next };
};

/** Entries, the newest first, page by page. */
export const auditPage = (database: SqliteDatabase, { action, ...query }: AuditQuery): AuditPage =>
  pageOf(database, { ...query, ...(action === undefined ? {} : { actions: new Set([action]) }) });

/** The same of who looked at personal data or took it away. */
export const viewLogPage = (database: SqliteDatabase, query: ViewLogQuery): AuditPage =>
  pageOf(database, { ...query, actions: viewActions });

/** One line of an exported log: what was hashed and signed, and what proves it. */
interface ExportRow extends Row {
  readonly digest: Buffer;
  readonly kid: string;
  readonly sig: Buffer;
}

/**
 * Every entry as a line of JSON: its number, the exact bytes that were hashed as text (null when erased), digest, chain hash
 * (hexadecimal), key id and signature (base64).
 */
export function* auditLines(database: SqliteDatabase): Generator<string> {
  const rows = database.prepare("SELECT * FROM audit_entry ORDER BY n").iterate() as IterableIterator<ExportRow>;
  for (const { n, bytes, digest, h, kid, sig } of rows) {
    const text = bytes === null ? null : bytes.toString("utf8");
    yield `${JSON.stringify({ n, entry: text, digest: toHex(digest), h: toHex(h), kid, sig: sig.toString("base64") })}\n`;
  }
}
