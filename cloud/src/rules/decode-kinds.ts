import type { RecordTime } from "@mingcheng/protocols";
import { type DecodedLedgerRecord, decodeLedgerRecord } from "../cursor/decoded-record.ts";
import type { LedgerRecord } from "../ledger/ledger-reader.ts";
import { bufferOf, decodePlain } from "./decode-plain.ts";

/** The envelope in front of a body is shorter than this, whatever the ids. */
const envelopeBytes = 512;

/** The envelope as `encodeRecord` of the protocols writes it. Anything else is read in full. */
const envelope =
  /^\{"v":1,"gw":"([a-z0-9-]+)","ep":(\d+),"eid":"([0-9a-f]{32})","seq":(\d+),"dev":"[^"\\]+","n":\d+,"kind":"([a-z-]+)","t":\{"wall":"([0-9T:.Z+-]+)","mono_ms":(\d+(?:\.\d+)?),"boot":"([ !#-[\]-~]+)","sync":"(ntp|rtc|receipt|none)","err_ms":(?:null|\d+(?:\.\d+)?)\},/;

const headOf = ({ text, bytes }: LedgerRecord): string => {
  if (text !== undefined) return text.slice(0, envelopeBytes);
  return bytes === null ? "" : bufferOf(bytes).toString("latin1", 0, Math.min(bytes.length, envelopeBytes));
};

/** Reads a record only as far as its time when it is of another kind than asked for; undefined when it must be read in full. */
const passed = (source: LedgerRecord, kinds: ReadonlySet<string>): DecodedLedgerRecord | undefined => {
  const found = envelope.exec(headOf(source));
  if (found === null) return undefined;
  const [, gw, ep, eid, seq, kind = "", wall = "", mono, boot = "", sync] = found;
  if (kinds.has(kind) || gw !== source.gw || eid !== source.eid) return undefined;
  if (Number(ep) !== source.ep || Number(seq) !== source.seq || Number.isNaN(Date.parse(wall))) return undefined;
  const t: RecordTime = { wall, mono_ms: Number(mono), boot, sync: sync as RecordTime["sync"], err_ms: null };
  return { source, content: { type: "passed", gw: source.gw, t } };
};

const kindField = '"kind":"';

/** Whether a record seems to be of a kind that is asked for: then it is read at once. */
const isAsked = (source: LedgerRecord, kinds: ReadonlySet<string>): boolean => {
  const head = headOf(source);
  const at = head.indexOf(kindField) + kindField.length;
  return at >= kindField.length && kinds.has(head.slice(at, head.indexOf('"', at)));
};

/**
 * A decoder for followers that care for some kinds only: records of other kinds are passed over at a tenth of the cost,
 * so that a fresh test never waits behind a million weighings. Their time is read all the same, because every record is
 * evidence of its boot's clock.
 */
export const decodeKinds =
  (kinds: ReadonlySet<string>): ((source: LedgerRecord) => DecodedLedgerRecord) =>
  (source) =>
    (isAsked(source, kinds) ? undefined : passed(source, kinds)) ?? decodePlain(source) ?? decodeLedgerRecord(source);

const none: ReadonlySet<string> = new Set();

/** A record of which only the time is asked: it is evidence of its boot's clock however often it is seen. */
export const timeOnly = (source: LedgerRecord): DecodedLedgerRecord =>
  passed(source, none) ?? { source, content: { type: "withheld" } };
