import { concat } from "../../bytes/bytes.ts";
import { type AssayRule, judgeAssay } from "../../judgement/assay-verdict.ts";
import type { TestBody } from "../../records/bodies.ts";
import type { LisRecord, ResultEvent } from "../device-event.ts";
import { componentsOf, type Delimiters, fieldOf, unescapeText } from "./record.ts";
import type { ReceivedRecord } from "./transfer.ts";

/** The records above a result in the hierarchy of LIS02-A2 (section 5.5), as far as a result needs them. */
export interface ResultContext {
  readonly header: ReceivedRecord | null;
  /** Sequence number of the patient record; its names are not kept. */
  readonly patientSeq: string;
  readonly order: ReceivedRecord | null;
}

/** Before any header. */
export const emptyContext: ResultContext = { header: null, patientSeq: "", order: null };

/** One result with what it belongs to. */
export interface ReceivedResult {
  readonly context: ResultContext;
  readonly result: ReceivedRecord;
}

/** Follows the hierarchy: a header closes everything, a patient closes the order. */
export const descend = (context: ResultContext, received: ReceivedRecord): ResultContext => {
  if (received.record.type === "H") return { header: received, patientSeq: "", order: null };
  if (received.record.type === "P") return { ...context, patientSeq: fieldOf(received.record, 2), order: null };
  return received.record.type === "O" ? { ...context, order: received } : context;
};

const clip = (text: string, maxChars: number): string => text.slice(0, maxChars);

/** First component that says something: some instruments put rack and position before the id, or leave them empty. */
const firstOf = (record: LisRecord | undefined, n: number, delimiters: Delimiters): string =>
  componentsOf(fieldOf(record, n), delimiters)
    .map((part) => part.trim())
    .find((part) => part !== "") ?? "";

/** O.3, the id that the laboratory gave the specimen; O.4, the instrument's own, when there is none. */
const specimenOf = (order: ReceivedRecord | null): string =>
  order === null ? "" : firstOf(order.record, 3, order.delimiters) || firstOf(order.record, 4, order.delimiters);

const assayOf = (received: ReceivedRecord, order: ReceivedRecord | null): { code: string; name: string } => {
  // R.3 and O.5, universal test id: three universal components, then the maker's own code (LIS02-A2 section 5.6.1).
  // Some makers leave one component more empty before it.
  const parts = componentsOf(fieldOf(received.record, 3), received.delimiters).map((part) => part.trim());
  const ordered =
    order === null ? [] : componentsOf(fieldOf(order.record, 5), order.delimiters).map((part) => part.trim());
  const said = parts[3] || parts[4] || parts[0] || parts[1];
  const code = said || ordered[3] || ordered[4] || ordered[0] || "";
  // What else the id says; bare numbers are versions and positions.
  const more = [parts[1] ?? "", ...parts.slice(4)].filter((part) => part !== code && !/^\d*$/.test(part));
  return { code, name: more.join(" ") };
};

const localTime = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?$/;

/** LIS02-A2 section 5.6.2: YYYYMMDD[HHMM[SS]]. Anything else stays as sent. */
const timeText = (sent: string): string | null => {
  const match = localTime.exec(sent);
  if (match === null) return sent === "" ? null : sent;
  const [, year, month, day, hour, minute, second = "00"] = match;
  const date = `${year}-${month}-${day}`;
  return hour === undefined ? date : `${date}T${hour}:${minute}:${second}`;
};

/** A result as an event. Its bytes are those of the frame event before it. */
export const resultEventOf = ({ context, result }: ReceivedResult): ResultEvent => {
  const { record, delimiters } = result;
  const text = (n: number): string => unescapeText(fieldOf(record, n), delimiters).trim();
  const said = { value: text(4), unit: text(5), flags: text(7), status: text(9) };
  return {
    event: "result",
    raw: new Uint8Array(0),
    sample: specimenOf(context.order) || null,
    assay: assayOf(result, context.order).code || null,
    value: said.value || null,
    unit: said.unit || null,
    instrumentVerdict: judgeAssay(said, undefined).instrumentVerdict,
    // R.13 is the end of the test, R.12 its beginning: instruments fill one or the other.
    at: timeText(text(13) || text(12)),
  };
};

/**
 * The body of a `test` record. Values and times stay as the instrument sent them; names and telephone numbers of people
 * (P.6, R.11 and others) never enter. Texts longer than their field are cut; the whole is in the record's raw bytes.
 */
export const testBodyOf = ({ context, result }: ReceivedResult, assays: readonly AssayRule[]): TestBody => {
  const { record, delimiters } = result;
  const text = (n: number): string => unescapeText(fieldOf(record, n), delimiters);
  const sender =
    context.header === null ? [] : componentsOf(fieldOf(context.header.record, 5), context.header.delimiters);
  const order = context.order;
  const orderText = (n: number): string => (order === null ? "" : firstOf(order.record, n, order.delimiters));
  const assay = assayOf(result, order);
  const rule = assays.find(({ code }) => code === assay.code);
  const judgement = judgeAssay({ value: text(4), unit: text(5), flags: text(7), status: text(9) }, rule);
  return {
    protocol: "lis",
    instrument: {
      name: clip((sender[0] ?? "").trim(), 128),
      version: clip((sender[1] ?? "").trim(), 64),
      serial: clip((sender[2] ?? "").trim(), 64),
    },
    specimenId: clip(specimenOf(order), 128),
    item: clip(orderText(16), 128) || null,
    assay: { code: clip(assay.code, 64), name: clip(rule?.name ?? assay.name, 128) },
    value: clip(text(4), 256),
    number: judgement.number,
    unit: clip(text(5).trim(), 32),
    flags: clip(text(7).trim(), 32),
    status: clip(text(9).trim(), 8),
    verdict: judgement.verdict,
    verdictRule: judgement.rule,
    instrumentVerdict: judgement.instrumentVerdict,
    startedAt: clip(text(12).trim(), 32),
    completedAt: clip(text(13).trim(), 32),
    ...(judgement.retests === 0 ? {} : { retests: judgement.retests }),
    resendOf: null,
  };
};

/**
 * The instrument's own bytes for a result: its header, order and result record, exactly as sent, without link framing
 * (the checksum was verified). The patient record is left out, because it may hold names.
 */
export const rawOf = ({ context, result }: ReceivedResult): Uint8Array<ArrayBuffer> =>
  concat(context.header?.bytes ?? new Uint8Array(0), context.order?.bytes ?? new Uint8Array(0), result.bytes);
