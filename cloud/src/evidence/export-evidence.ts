import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { fromUtf8, type Signer, toHex } from "@mingcheng/protocols";
import { type EvidenceManifest, evidenceLines } from "@mingcheng/protocols/evidence";
import { KeyStore } from "../ledger/key-store.ts";
import type { RestoreGap } from "../ledger/restore-mark.ts";
import { keyHistory } from "../register/key-history.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { dropCountedSeals, layCountedSeals } from "./counted-seals.ts";
import { askedOf, type ExportRequest } from "./export-request.ts";
import { type Plan, type PlannedSpan, planSpans, sealRows } from "./plan-spans.ts";
import type { WithholdRule } from "./withhold-rule.ts";

/** What was written. */
export interface ExportResult {
  readonly spans: number;
  readonly records: number;
  readonly withheld: number;
  /** Rules that withheld something. */
  readonly used: readonly WithholdRule[];
}

/** Every sealing key, and the rotation statement that brought it in where one did. */
const keysOf = (database: SqliteDatabase, { gateway, revokedFrom }: ExportRequest) => {
  const store = new KeyStore(database);
  const keys = keyHistory(gateway, revokedFrom, store);
  const statements = new Map(store.statements(gateway.gw).map(({ kid, statement }) => [kid, fromUtf8(statement)]));
  return keys.map((key) => ({ ...key, rotation: statements.get(key.kid) ?? null }));
};

const restoresOf = (database: SqliteDatabase): { from: string; to: string }[] => {
  const rows = database.prepare("SELECT from_ms AS fromMs, to_ms AS toMs FROM restore ORDER BY id").all();
  const iso = (ms: number): string => new Date(ms).toISOString();
  return (rows as RestoreGap[]).map(({ fromMs, toMs }) => ({ from: iso(fromMs), to: iso(toMs) }));
};

const manifestOf = (
  database: SqliteDatabase,
  request: ExportRequest,
  keys: ReturnType<typeof keysOf>,
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
    asked: askedOf(request),
    spans,
    gaps: [...gaps, ...unproven],
    restores: restoresOf(database),
    keys: keys.map(({ kid, publicKey, since, revokedFrom, rotation }) => ({
      kid,
      publicKey: toHex(publicKey),
      since,
      revokedFrom,
      rotation,
    })),
    records: spans.reduce((sum, { from, to }) => sum + to - from + 1, 0),
    software: request.software,
  };
};

/** Lines of one span, in the order of the format. */
function* spanLines(
  database: SqliteDatabase,
  index: number,
  { line, span, withheld }: PlannedSpan,
): Generator<Uint8Array> {
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
      yield bytes === null || withheld.has(seq) ? evidenceLines.withheld(digest) : evidenceLines.record(bytes);
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

/** Lines of the whole file, with what the manifest says of them. */
const planExport = (database: SqliteDatabase, signer: Signer, request: ExportRequest, asOf: string) => {
  // From the very state of the ledger that is exported: no seal in it is by a key that is missing here.
  const keys = keysOf(database, request);
  layCountedSeals(database, request.gateway.gw, keys);
  const plan = planSpans(database, request);
  const { planned } = plan;
  const manifest = manifestOf(database, request, keys, plan, asOf);
  const withheld = planned.reduce((sum, { withheld: places }) => sum + places.size, 0);
  function* all(): Generator<Uint8Array> {
    yield evidenceLines.manifest(manifest, signer);
    for (const [index, each] of planned.entries()) yield* spanLines(database, index, each);
  }
  const result = {
    spans: planned.length,
    records: manifest.records - withheld,
    withheld,
    used: request.withhold.filter((rule) => plan.used.has(rule)),
  };
  return { lines: all(), result };
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
    const { lines, result } = planExport(database, signer, request, options.asOf);
    let done = 0;
    for (const line of lines) {
      if (!file.write(line)) await once(file, "drain");
      if (line[0] === recordMark && ++done % 1_000 === 0) options.onProgress?.(done, result.records);
    }
    file.end();
    await once(file, "close");
    await rename(temporary, request.out);
    return result;
  } finally {
    dropCountedSeals(database);
    database.exec("COMMIT");
    file.destroy();
    await rm(temporary, { force: true });
  }
};
