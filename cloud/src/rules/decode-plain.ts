import { bodyFault, type MingchengRecord, maxRecordBytes } from "@mingcheng/protocols";
import type { DecodedLedgerRecord } from "../cursor/decoded-record.ts";
import type { LedgerRecord } from "../ledger/ledger-reader.ts";
import { isPlainBody } from "./plain-body.ts";

const device = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const salt = /^[0-9a-f]{32}$/;
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** ISO 8601 with offset; the last days of a month are left to the schema. */
const wall =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const clocks: ReadonlySet<unknown> = new Set(["ntp", "rtc", "receipt", "none"]);

const recordFields = 12;
const timeFields = 5;

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isLength = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value) && value >= 0;

const isTime = (t: unknown): boolean =>
  isObject(t) &&
  Object.keys(t).length === timeFields &&
  typeof t["wall"] === "string" &&
  wall.test(t["wall"]) &&
  isLength(t["mono_ms"]) &&
  typeof t["boot"] === "string" &&
  t["boot"].length > 0 &&
  t["boot"].length <= 64 &&
  clocks.has(t["sync"]) &&
  (t["err_ms"] === null || isLength(t["err_ms"]));

const isPlain = (value: unknown, { gw, ep, eid, seq }: LedgerRecord): value is MingchengRecord =>
  isObject(value) &&
  Object.keys(value).length === recordFields &&
  value["v"] === 1 &&
  value["gw"] === gw &&
  value["ep"] === ep &&
  value["eid"] === eid &&
  value["seq"] === seq &&
  typeof value["dev"] === "string" &&
  device.test(value["dev"]) &&
  Number.isSafeInteger(value["n"]) &&
  Number(value["n"]) > 0 &&
  typeof value["kind"] === "string" &&
  isTime(value["t"]) &&
  typeof value["salt"] === "string" &&
  salt.test(value["salt"]) &&
  isObject(value["body"]) &&
  typeof value["raw"] === "string" &&
  value["raw"].length % 4 === 0 &&
  base64.test(value["raw"]);

/** The same octets as a buffer; those that SQLite hands out are one already. */
export const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

const textOf = (source: LedgerRecord): string | undefined => {
  if (source.text !== undefined) return source.text;
  return source.bytes === null ? undefined : bufferOf(source.bytes).toString("utf8");
};

/** A character of a text is at most three octets, two characters of the pairs among them four. */
const isLarge = (text: string): boolean => text.length * 3 > maxRecordBytes && Buffer.byteLength(text) > maxRecordBytes;

/**
 * Reads a record in which nothing is unusual, at a fraction of what the schema's own check of the envelope costs. Undefined
 * for every other one: the schema judges it. What is returned is what {@link decodeLedgerRecord} returns.
 */
export const decodePlain = (source: LedgerRecord): DecodedLedgerRecord | undefined => {
  const text = textOf(source);
  if (text === undefined || isLarge(text)) return undefined;
  // Said twice: bytes that are no UTF-8, and those of this very character.
  if (text.includes("\ufffd")) return undefined;
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isPlain(record, source)) return undefined;
  if (!isPlainBody(record.kind, record.body) && bodyFault(record.kind, record.body) !== undefined) return undefined;
  return { source, content: { type: "record", record } };
};
