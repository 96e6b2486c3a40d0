import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import {
  type EvidenceManifest,
  type EvidenceSpan,
  evidenceLines,
  IntervalSet,
  type Seal,
  type Signer,
  sealsLink,
  sealsStart,
  toHex,
} from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { KeyStore } from "../ledger/key-store.ts";
import type { RegisteredGateway, RegisteredKey } from "../register/gateway-register.ts";
import { keyHistory } from "../register/key-history.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { dropCountedSeals, layCountedSeals } from "./counted-seals.ts";

/** What to export. Times bound the centre's time of receipt, ISO 8601; null: no bound. */
export interface ExportRequest {
  readonly gateway: RegisteredGateway;
  /** Where a key of the gateway was revoked; null when it was not. */
  readonly revokedFrom: (kid: string) => RegisteredKey["revokedFrom"];
  readonly from: string | null;
  readonly to: string | null;
  /** Where the file goes. */
  readonly out: string;
  readonly software: string;
}

/** What was written. */
export interface ExportResult {
  readonly spans: number;
  readonly records: number;
  readonly withheld: number;
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

interface PlannedSpan {
  readonly line: number;
  readonly span: EvidenceSpan;
}

interface SealRow extends Seal {
  readonly seq: number;
}

type Bounds = { readonly low: number; readonly high: number };

const boundsOf = (database: SqliteDatabase, line: number, run: RunRow, request: ExportRequest): Bounds | undefined => {
  if (request.from === null && request.to === null) return { low: run.from, high: run.to };
  const row = database
    .prepare(
      `SELECT min(seq) AS low, max(seq) AS high FROM record
       WHERE line = ? AND seq BETWEEN ? AND ? AND received_ms BETWEEN ? AND ?`,
    )
    .get(
      line,
      run.from,
      run.to,
      request.from === null ? 0 : Date.parse(request.from),
      request.to === null ? Number.MAX_SAFE_INTEGER : Date.parse(request.to),
    ) as { low: number | null; high: number | null };
  return row.low === null || row.high === null ? undefined : { low: row.low, high: row.high };
};

/**
 * A stretch widened to begin right behind a seal (or at the run's start) and to end at one. Where no seal that counts
 * stands behind it, it ends at the last that does; undefined when there is none.
 */
const widen = (database: SqliteDatabase, line: number, run: RunRow, { low, high }: Bounds) => {
  const before = database
    .prepare("SELECT seq, h FROM counted_seal WHERE line = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT 1")
    .get(line, run.from, low - 1) as { seq: number; h: Buffer } | undefined;
  const behind = database
    .prepare("SELECT seq, h FROM counted_seal WHERE line = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT 1")
    .get(line, high, run.to) as { seq: number; h: Buffer } | undefined;
  const from = before === undefined ? run.from : before.seq + 1;
  const last = database
    .prepare("SELECT seq, h FROM counted_seal WHERE line = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT 1")
    .get(line, from, high) as { seq: number; h: Buffer } | undefined;
  const end = behind ?? last;
  return end === undefined ? undefined : { from, prev: before?.h ?? run.prev, to: end.seq, h: end.h };
};

/** A line's seals in order: at most one at a place. */
const sealRows = (database: SqliteDatabase, line: number, from: number, to: number): IterableIterator<SealRow> =>
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

/** What goes into the file, and what is stored but covered only by seals that no longer count. */
interface Plan {
  readonly planned: PlannedSpan[];
  readonly unproven: EvidenceManifest["gaps"];
}

const planSpans = (database: SqliteDatabase, lines: readonly LineRow[], request: ExportRequest): Plan => {
  const planned: PlannedSpan[] = [];
  const unproven: EvidenceManifest["gaps"] = [];
  const runs = database.prepare(
    'SELECT from_seq AS "from", to_seq AS "to", prev, h FROM run WHERE line = ? ORDER BY from_seq',
  );
  const withheldSeqs = database
    .prepare("SELECT seq FROM digest_only WHERE line = ? AND seq BETWEEN ? AND ? ORDER BY seq")
    .pluck();
  for (const { id, ep, eid, status } of lines) {
    for (const run of runs.all(id) as RunRow[]) {
      const bounds = boundsOf(database, id, run, request);
      if (bounds === undefined) continue;
      const widened = widen(database, id, run, bounds);
      const end = widened?.to ?? bounds.low - 1;
      if (end < bounds.high) unproven.push({ ep, eid, from: end + 1, to: bounds.high, reason: "revoked" });
      if (widened === undefined) continue;
      const { from, to, prev, h } = widened;
      const withheld = new IntervalSet();
      for (const seq of withheldSeqs.all(id, from, to) as number[]) withheld.add(seq, seq);
      const span: EvidenceSpan = {
        ep,
        eid,
        from,
        to,
        prev: toHex(prev),
        h: toHex(h),
        seals: sealsOf(database, id, from, to),
        withheld: withheld.intervals.map((part) => [part.from, part.to]),
        disputed: status === "disputed",
      };
      planned.push({ line: id, span });
    }
  }
  return { planned, unproven };
};

const manifestOf = (
  database: SqliteDatabase,
  request: ExportRequest,
  keys: readonly RegisteredKey[],
  { planned, unproven }: Plan,
  asOf: string,
): EvidenceManifest => {
  const spans = planned.map(({ span }) => span);
  const { gateway } = request;
  const gaps = database
    .prepare(
      `SELECT ep, eid, from_seq AS "from", to_seq AS "to", reason FROM gap JOIN line ON line.id = gap.line
       WHERE gw = ? AND closed_ms IS NULL ORDER BY line.id, from_seq`,
    )
    .all(gateway.gw) as EvidenceManifest["gaps"];
  const gen = database.prepare("SELECT gen FROM generation ORDER BY position DESC LIMIT 1").pluck().get() as string;
  return {
    v: 1,
    format: "mingcheng-evidence",
    gw: gateway.gw,
    asOf,
    gen,
    asked: { from: request.from, to: request.to },
    spans,
    gaps: [...gaps, ...unproven],
    keys: keys.map(({ kid, publicKey, since, revokedFrom }) => ({
      kid,
      publicKey: toHex(publicKey),
      since,
      revokedFrom,
    })),
    records: spans.reduce((sum, { from, to }) => sum + to - from + 1, 0),
    software: request.software,
  };
};

/** Lines of one span, in the order of the format. */
function* spanLines(database: SqliteDatabase, index: number, { line, span }: PlannedSpan): Generator<Uint8Array> {
  yield evidenceLines.span(index);
  const seals = sealRows(database, line, span.from, span.to);
  const records = database
    .prepare(
      `SELECT seq, digest, bytes FROM record WHERE line = @line AND seq BETWEEN @from AND @to
       UNION ALL SELECT seq, digest, NULL FROM digest_only WHERE line = @line AND seq BETWEEN @from AND @to ORDER BY seq`,
    )
    .iterate({ line, from: span.from, to: span.to }) as IterableIterator<{
    seq: number;
    digest: Buffer;
    bytes: Buffer | null;
  }>;
  try {
    let seal = seals.next();
    for (const { seq, digest, bytes } of records) {
      yield bytes === null ? evidenceLines.withheld(digest) : evidenceLines.record(bytes);
      if (seal.done !== true && seal.value.seq === seq) {
        yield evidenceLines.seal(seq, seal.value);
        seal = seals.next();
      }
    }
  } finally {
    seals.return?.();
  }
}

/** `R`, the first octet of a record's line. */
const recordMark = 0x52;

const asInterval = ([from, to]: readonly [number, number]) => ({ from, to });

/** Lines of the whole file, with what the manifest says of them. */
const planExport = (database: SqliteDatabase, signer: Signer, request: ExportRequest, asOf: string) => {
  const lines = database
    .prepare("SELECT id, ep, eid, status FROM line WHERE gw = ? ORDER BY id")
    .all(request.gateway.gw) as LineRow[];
  // From the very state of the ledger that is exported: no seal in it is by a key that is missing here.
  const keys = keyHistory(request.gateway, request.revokedFrom, new KeyStore(database));
  layCountedSeals(database, request.gateway.gw, keys);
  const plan = planSpans(database, lines, request);
  const { planned } = plan;
  const spans = planned.map(({ span }) => span);
  const manifest = manifestOf(database, request, keys, plan, asOf);
  const withheld = spans.reduce((sum, span) => sum + new IntervalSet(span.withheld.map(asInterval)).size, 0);
  function* all(): Generator<Uint8Array> {
    yield evidenceLines.manifest(manifest, signer);
    for (const [index, plan] of planned.entries()) yield* spanLines(database, index, plan);
  }
  return { lines: all(), spans: spans.length, records: manifest.records - withheld, withheld };
};

/**
 * Writes the evidence of one gateway: spans widened to seal boundaries, everything the ledger has of them, and what it
 * lacks. Reads one consistent state of the ledger while the centre keeps running, in constant memory. The file appears
 * under its name only when it is whole and on disk.
 * @throws the system's error when the file cannot be written
 */
export const exportEvidence = async (
  database: SqliteDatabase,
  signer: Signer,
  request: ExportRequest,
  options: { readonly asOf: string; onProgress?(done: number, all: number): void },
): Promise<ExportResult> => {
  const temporary = `${request.out}.part`;
  const file = createWriteStream(temporary, { mode: 0o600, highWaterMark: 1024 * 1024, flush: true });
  await once(file, "open");
  database.exec("BEGIN");
  try {
    const { lines, spans, records, withheld } = planExport(database, signer, request, options.asOf);
    let done = 0;
    for (const line of lines) {
      if (!file.write(line)) await once(file, "drain");
      if (line[0] === recordMark && ++done % 1_000 === 0) options.onProgress?.(done, records);
    }
    file.end();
    await once(file, "close");
    await rename(temporary, request.out);
    return { spans, records, withheld };
  } finally {
    dropCountedSeals(database);
    database.exec("COMMIT");
    file.destroy();
    await rm(temporary, { force: true });
  }
};
