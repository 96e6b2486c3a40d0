import { IntervalSet, type Seal, toHex } from "@mingcheng/protocols";
import {
  type EvidenceManifest,
  type EvidenceSpan,
  evidenceLines,
  sealsLink,
  sealsStart,
} from "@mingcheng/protocols/evidence";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { type ExportRequest, isChosen, withholding } from "./export-request.ts";
import { recordFacts } from "./record-facts.ts";
import type { WithholdRule } from "./withhold-rule.ts";

/** A span, the line of the ledger that it comes from, and which of its records are given by their digest. */
export interface PlannedSpan {
  readonly line: number;
  readonly span: EvidenceSpan;
  readonly withheld: IntervalSet;
}

/** What goes into the file, and what is stored but covered only by seals that no longer count. */
export interface Plan {
  readonly planned: readonly PlannedSpan[];
  readonly unproven: EvidenceManifest["gaps"];
  /** Rules that withheld something. */
  readonly used: ReadonlySet<WithholdRule>;
}

interface LineRow {
  id: number;
  ep: number;
  eid: string;
  status: "ok" | "disputed";
}

interface RunRow {
  from: number;
  to: number;
  prev: Buffer;
  h: Buffer;
}

interface SealRow extends Seal {
  readonly seq: number;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly prev: Uint8Array;
  readonly h: Uint8Array;
}

type Bounds = { readonly low: number; readonly high: number };

/** A line's seals that count, in order: at most one at a place. */
export const sealRows = (database: SqliteDatabase, line: number, from: number, to: number): IterableIterator<SealRow> =>
  database
    .prepare("SELECT seq, wall, kid, sig FROM counted_seal WHERE line = ? AND seq BETWEEN ? AND ? ORDER BY seq")
    .iterate(line, from, to) as IterableIterator<SealRow>;

/** What the manifest says of a span's seals. */
const sealsOf = (database: SqliteDatabase, line: number, from: number, to: number): string => {
  let hash = sealsStart;
  for (const seal of sealRows(database, line, from, to)) {
    hash = sealsLink(nodeCrypto.sha256, hash, evidenceLines.seal(seal.seq, seal).subarray(0, -1));
  }
  return toHex(hash);
};

const receivedBounds = ({ from, to }: ExportRequest): [lowMs: number, highMs: number] => [
  from === null ? 0 : Date.parse(from),
  to === null ? Number.MAX_SAFE_INTEGER : Date.parse(to),
];

/** Records of a stretch, with what is known of them. */
function* factsOf(database: SqliteDatabase, { gateway }: ExportRequest, line: number, from: number, to: number) {
  const rows = database
    .prepare(
      "SELECT seq, received_ms AS receivedMs, bytes FROM record WHERE line = ? AND seq BETWEEN ? AND ? ORDER BY seq",
    )
    .iterate(line, from, to) as IterableIterator<{ seq: number; receivedMs: number; bytes: Buffer }>;
  for (const { seq, receivedMs, bytes } of rows) {
    yield { seq, receivedMs, facts: recordFacts(gateway.gw, bytes, receivedMs) };
  }
}

/** What is asked for of a run: one stretch, or place by place where only some records are. */
function* askedPlaces(database: SqliteDatabase, line: number, run: RunRow, request: ExportRequest): Generator<Bounds> {
  const { from, to, chosen } = request;
  const [lowMs, highMs] = receivedBounds(request);
  if (chosen !== null) {
    for (const { seq, receivedMs, facts } of factsOf(database, request, line, run.from, run.to)) {
      if (receivedMs >= lowMs && receivedMs <= highMs && isChosen(chosen, facts)) yield { low: seq, high: seq };
    }
  } else if (from === null && to === null) yield { low: run.from, high: run.to };
  else {
    const row = database
      .prepare(
        `SELECT min(seq) AS low, max(seq) AS high FROM record
         WHERE line = ? AND seq BETWEEN ? AND ? AND received_ms BETWEEN ? AND ?`,
      )
      .get(line, run.from, run.to, lowMs, highMs) as { low: number | null; high: number | null };
    if (row.low !== null && row.high !== null) yield { low: row.low, high: row.high };
  }
}

/** Widens to seals; made once per export. */
const widener = (database: SqliteDatabase) => {
  const last = database.prepare(
    "SELECT seq, h FROM counted_seal WHERE line = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT 1",
  );
  const next = database.prepare(
    "SELECT seq, h FROM counted_seal WHERE line = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT 1",
  );
  type Found = { seq: number; h: Buffer } | undefined;
  /**
   * A stretch widened to begin right behind a seal (or at the run's start) and to end at one. Where no seal that counts
   * stands behind it, it ends at the last that does; undefined when there is none.
   */
  return (line: number, run: RunRow, { low, high }: Bounds): Stretch | undefined => {
    const before = last.get(line, run.from, low - 1) as Found;
    const from = before === undefined ? run.from : before.seq + 1;
    const end = (next.get(line, high, run.to) ?? last.get(line, from, high)) as Found;
    return end === undefined ? undefined : { from, prev: before?.h ?? run.prev, to: end.seq, h: end.h };
  };
};

/** The stretches of a run, neighbours joined, and what of it no seal that counts covers. */
const stretchesOf = (
  database: SqliteDatabase,
  line: number,
  run: RunRow,
  request: ExportRequest,
  widen: ReturnType<typeof widener>,
): { stretches: Stretch[]; unproven: IntervalSet } => {
  const stretches: Stretch[] = [];
  const unproven = new IntervalSet();
  for (const bounds of askedPlaces(database, line, run, request)) {
    const known = stretches.at(-1);
    if (known !== undefined && bounds.high <= known.to) continue;
    const stretch = widen(line, run, bounds);
    const end = stretch?.to ?? bounds.low - 1;
    if (end < bounds.high) unproven.add(end + 1, bounds.high);
    if (stretch === undefined || stretch.to <= (known?.to ?? 0)) continue;
    if (known?.to === stretch.from - 1) stretches.splice(-1, 1, { ...stretch, from: known.from, prev: known.prev });
    else stretches.push(stretch);
  }
  return { stretches, unproven };
};

const withheldOf = (
  database: SqliteDatabase,
  line: number,
  { from, to }: Stretch,
  request: ExportRequest,
  used: Set<WithholdRule>,
): IntervalSet => {
  const withheld = new IntervalSet();
  const bare = database
    .prepare(
      `SELECT seq FROM digest_only WHERE line = @line AND seq BETWEEN @from AND @to
       UNION ALL SELECT seq FROM erased WHERE line = @line AND seq BETWEEN @from AND @to ORDER BY seq`,
    )
    .pluck();
  for (const seq of bare.all({ line, from, to }) as number[]) withheld.add(seq, seq);
  if (request.withhold.length === 0) return withheld;
  for (const { seq, facts } of factsOf(database, request, line, from, to)) {
    const rules = withholding(request, facts);
    for (const rule of rules) used.add(rule);
    if (rules.length > 0) withheld.add(seq, seq);
  }
  return withheld;
};

/** Decides which spans of a gateway's lines go into the file. Needs the view of seals that count. */
export const planSpans = (database: SqliteDatabase, request: ExportRequest): Plan => {
  const planned: PlannedSpan[] = [];
  const unproven: EvidenceManifest["gaps"] = [];
  const used = new Set<WithholdRule>();
  const lines = database
    .prepare("SELECT id, ep, eid, status FROM line WHERE gw = ? ORDER BY id")
    .all(request.gateway.gw) as LineRow[];
  const runs = database.prepare(
    'SELECT from_seq AS "from", to_seq AS "to", prev, h FROM run WHERE line = ? ORDER BY from_seq',
  );
  const widen = widener(database);
  for (const { id, ep, eid, status } of lines) {
    for (const run of runs.all(id) as RunRow[]) {
      const found = stretchesOf(database, id, run, request, widen);
      for (const part of found.unproven.intervals) unproven.push({ ep, eid, ...part, reason: "revoked" });
      for (const stretch of found.stretches) {
        const { from, to } = stretch;
        const withheld = withheldOf(database, id, stretch, request, used);
        const span: EvidenceSpan = {
          ep,
          eid,
          from,
          to,
          prev: toHex(stretch.prev),
          h: toHex(stretch.h),
          seals: sealsOf(database, id, from, to),
          withheld: withheld.intervals.map((part) => [part.from, part.to]),
          disputed: status === "disputed",
        };
        planned.push({ line: id, span, withheld });
      }
    }
  }
  return { planned, unproven, used };
};
