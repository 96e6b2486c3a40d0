import { encodeRecord, type MingchengRecord, type RecordTime } from "@mingcheng/protocols";
import type { LedgerGap, LedgerLine, LedgerReader, LedgerRecord } from "../src/ledger/ledger-reader.ts";

/** A ledger in memory with the reader's contract: commits in order, gap-free numbers from 1. */
export class MemoryLedgerReader implements LedgerReader {
  readonly records: LedgerRecord[] = [];
  readonly knownLines: LedgerLine[] = [];
  readonly knownGaps: LedgerGap[] = [];
  readonly #listeners = new Set<() => void>();

  /** Commits one record. */
  append(record: Omit<LedgerRecord, "lsn">): LedgerRecord {
    const committed = { ...record, lsn: this.records.length + 1 };
    this.records.push(committed);
    for (const listener of this.#listeners) listener();
    return committed;
  }

  readAfter(lsn: number, limit: number): readonly LedgerRecord[] {
    return this.records.slice(lsn, lsn + limit);
  }

  head(): number {
    return this.records.length;
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  gaps(): readonly LedgerGap[] {
    return this.knownGaps;
  }

  lines(): readonly LedgerLine[] {
    return this.knownLines;
  }

  close(): void {
    this.#listeners.clear();
  }
}

/** Line of every sample record unless it names another. */
export const sampleEid = "0123456789abcdef0123456789abcdef";

/** 2026-11-23 14:05:00 in Shanghai. */
export const sampleNowMs = Date.parse("2026-11-23T14:05:00+08:00");

/** A record's time that is trusted, at `atMs`. */
export const trustedTime = (atMs: number, bootMs: number = sampleNowMs - 3_600_000): RecordTime => ({
  wall: new Date(atMs).toISOString(),
  mono_ms: atMs - bootMs,
  boot: `boot-${bootMs}`,
  sync: "ntp",
  err_ms: 10,
});

/** A time of a gateway that does not know what time it is, `monoMs` after boot `boot`. */
export const unknownTime = (monoMs: number, boot: string): RecordTime => ({
  wall: new Date(monoMs).toISOString(),
  mono_ms: monoMs,
  boot,
  sync: "none",
  err_ms: null,
});

/** What a sample record may choose. */
export type Sample = Partial<Omit<MingchengRecord, "body" | "kind">> & {
  readonly kind: string;
  readonly body: Record<string, unknown>;
};

/** A whole record around a kind and a body. */
export const sampleRecord = ({ kind, body, ...rest }: Sample): MingchengRecord => ({
  v: 1,
  gw: "market-a",
  ep: 1,
  eid: sampleEid,
  seq: 1,
  dev: "scale-01",
  n: 1,
  t: trustedTime(sampleNowMs),
  salt: "00000000000000000000000000000000",
  raw: "",
  ...rest,
  kind,
  body,
});

/** The record as the ledger hands it out. */
export const committed = (
  record: MingchengRecord,
  receivedMs: number,
  rest: Partial<LedgerRecord> = {},
): Omit<LedgerRecord, "lsn"> => ({
  gw: record.gw,
  ep: record.ep,
  eid: record.eid,
  seq: record.seq,
  bytes: encodeRecord(record),
  receivedMs,
  lane: "live",
  lineStatus: "ok",
  ...rest,
});

/** Body of a settled net weight of `grams` grams. */
export const weighingOf = (grams: string): Record<string, unknown> => ({
  protocol: "mt-continuous",
  value: grams,
  unit: "g",
  grams,
  mode: "net",
  stable: "reported-stable",
  tare: null,
  tareGrams: null,
  settling: { samples: 12, durationMs: 800, rule: "reported" },
});

/** Body of a rapid test of `specimenId`. */
export const testOf = (
  specimenId: string,
  verdict: "positive" | "negative" | "suspect" | "invalid" | "none",
  rest: Record<string, unknown> = {},
): Record<string, unknown> => ({
  protocol: "lis",
  instrument: { name: "NY-8", version: "1.2", serial: "77" },
  specimenId,
  item: "韭菜",
  assay: { code: "OPC", name: "有机磷" },
  value: verdict === "positive" ? "62.5" : "12.1",
  number: verdict === "positive" ? "62.5" : "12.1",
  unit: "%",
  flags: "",
  status: "F",
  verdict,
  verdictRule: "GB/T 5009.199-2003: positive >= 50",
  instrumentVerdict: verdict,
  startedAt: "",
  completedAt: "20261123140500",
  resendOf: null,
  ...rest,
});

/** Body of a device record. */
export const deviceOf = (status: "online" | "offline" | "silent" | "parked"): Record<string, unknown> => ({
  status,
  previous: null,
  reason: "test",
});
