import { bodyFault, decodeRecord, type MingchengRecord, type RecordTime } from "@mingcheng/protocols";
import type { LedgerRecord } from "../ledger/ledger-reader.ts";

/** A ledger record as its followers see it. The bytes stay at hand for quarantine. */
export interface DecodedLedgerRecord {
  readonly source: LedgerRecord;
  readonly content:
    | { readonly type: "record"; readonly record: MingchengRecord }
    /** Only the digest is stored: nothing to project, the ledger names the gap. */
    | { readonly type: "withheld" }
    /** Not a record we can read: `reason` names the field, `kind` is what it claims to be where that is legible. */
    /** Erased, or of a kind that this follower did not ask for: only its time is there, the rest was not checked. */
    | { readonly type: "passed"; readonly gw: string; readonly t: RecordTime }
    | { readonly type: "unreadable"; readonly kind: string | null; readonly reason: string };
}

const matches = (source: LedgerRecord, record: MingchengRecord): boolean =>
  record.gw === source.gw && record.ep === source.ep && record.eid === source.eid && record.seq === source.seq;

/** Reads the envelope and the body. Never throws. */
export const decodeLedgerRecord = (source: LedgerRecord): DecodedLedgerRecord => {
  if (source.bytes === null) {
    const { gw, erasedTime } = source;
    if (erasedTime === undefined) return { source, content: { type: "withheld" } };
    return { source, content: { type: "passed", gw, t: erasedTime } };
  }
  const decoded = decodeRecord(source.bytes);
  if (!decoded.ok) return { source, content: { type: "unreadable", kind: null, reason: decoded.reason } };
  const { record } = decoded;
  if (!matches(source, record)) {
    const reason = "seq: the record names another place than the ledger";
    return { source, content: { type: "unreadable", kind: record.kind, reason } };
  }
  const fault = bodyFault(record.kind, record.body);
  if (fault !== undefined) return { source, content: { type: "unreadable", kind: record.kind, reason: fault } };
  return { source, content: { type: "record", record } };
};
