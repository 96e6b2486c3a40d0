import type { AuditLog } from "../audit/audit-log.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { HeldThing } from "./hold-book.ts";
import type { ErasureDecision } from "./record-eraser.ts";

/** Stretches of the audit log that are old enough, without what is under a hold. */
interface DueAudit {
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  readonly due: number;
  readonly held: number;
}

const timeOf = (bytes: Buffer): number => {
  try {
    return Date.parse(String((JSON.parse(bytes.toString("utf8")) as { at?: unknown }).at));
  } catch {
    return Number.NaN;
  }
};

/** Entries older than the given time, up to the first that is not. A hold on all gateways covers entries of its time. */
export const dueAudit = (
  register: SqliteDatabase,
  olderThanMs: number,
  isHeld: (thing: HeldThing) => boolean,
): DueAudit => {
  const rows = register
    .prepare("SELECT n, bytes FROM audit_entry WHERE bytes IS NOT NULL ORDER BY n")
    .iterate() as IterableIterator<{ n: number; bytes: Buffer }>;
  const ranges: { from: number; to: number }[] = [];
  let due = 0;
  let held = 0;
  for (const { n, bytes } of rows) {
    const atMs = timeOf(bytes);
    if (!(atMs < olderThanMs)) break;
    // No gateway has an empty name: only a hold on all of them covers this.
    if (isHeld({ gw: "", dev: null, timesMs: [atMs] })) {
      held++;
      continue;
    }
    due++;
    const last = ranges.at(-1);
    if (last?.to === n - 1) last.to = n;
    else ranges.push({ from: n, to: n });
  }
  return { ranges, due, held };
};

/** Withholds them by digest; the log says so itself. Returns how many. */
export const eraseAudit = (
  audit: AuditLog,
  { ranges }: Pick<DueAudit, "ranges">,
  { by, reason }: ErasureDecision,
): number => ranges.reduce((sum, { from, to }) => sum + audit.withhold(from, to, { actor: by, reason }), 0);
