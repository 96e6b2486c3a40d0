import { decodeRecord, type Interval, type LineOfGateway, type RecordKind, urgentKinds } from "@mingcheng/protocols";
import { type Outbox, OutboxDamagedError } from "../outbox/outbox.ts";

/** The part of the outbox that is read from. */
export type RecallSource = Pick<Outbox, "inventory" | "read">;

const chunkRecords = 256;
const chunkBytes = 256 * 1024;
/** So many records are looked at, at most: the start must not take minutes behind a long outage. */
const maxLookedAt = 50_000;

interface Stretch extends Interval {
  readonly line: LineOfGateway;
}

const runsOf = (numbers: readonly number[]): Interval[] => {
  const runs: { from: number; to: number }[] = [];
  for (const seq of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last.to + 1 === seq) last.to = seq;
    else runs.push({ from: seq, to: seq });
  }
  return runs;
};

/** Where records of `kind` (left out: any) can lie, newest first, in pieces that one read can take. */
export const stretches = function* (source: RecallSource, kind?: RecordKind): Generator<Stretch> {
  for (const { ep, eid, held, urgent } of [...source.inventory()].reverse()) {
    const ranges = kind !== undefined && urgentKinds.includes(kind) ? runsOf(urgent) : held;
    for (const { from, to } of [...ranges].reverse()) {
      for (let last = to; last >= from; last -= chunkRecords) {
        yield { line: { ep, eid }, from: Math.max(from, last - chunkRecords + 1), to: last };
      }
    }
  }
};

/** Records of a stretch, oldest first, without what is damaged or freed. @throws the system's error */
export const readStretch = async (source: RecallSource, { line, from, to }: Stretch): Promise<Uint8Array[]> => {
  const records: Uint8Array[] = [];
  for (let next = from; next <= to; ) {
    try {
      const read = await source.read(line, next, to, { maxRecords: chunkRecords, maxBytes: chunkBytes });
      records.push(...read.records);
      next = read.last + 1;
    } catch (error) {
      // What is damaged or freed is named elsewhere; what lies around it still counts.
      if (!(error instanceof OutboxDamagedError)) throw error;
      next = Math.max(next, error.range.to) + 1;
    }
  }
  return records;
};

const asBuffer = (bytes: Uint8Array = new Uint8Array()): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Bodies of a device's last records of one kind, oldest first, at most `limit`, earlier lines included. Looks at the
 * newest 50 000 records at most.
 * @throws the system's error when the outbox cannot be read
 */
export const recallBodies = async (
  source: RecallSource,
  dev: string,
  kind: RecordKind,
  limit: number,
): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const found: Readonly<Record<string, unknown>>[] = [];
  // Most records are another device's: looking for a text in them costs a hundredth of reading them.
  const marks = [Buffer.from(`"dev":"${dev}"`), Buffer.from(`"kind":"${kind}"`)];
  let lookedAt = 0;
  for (const stretch of stretches(source, kind)) {
    if (found.length >= limit || lookedAt >= maxLookedAt) break;
    const records = await readStretch(source, stretch);
    lookedAt += stretch.to - stretch.from + 1;
    for (let at = records.length - 1; at >= 0 && found.length < limit; at--) {
      const bytes = asBuffer(records[at]);
      if (!marks.every((mark) => bytes.includes(mark))) continue;
      const decoded = decodeRecord(bytes);
      if (decoded.ok && decoded.record.dev === dev && decoded.record.kind === kind) found.push(decoded.record.body);
    }
  }
  return found.reverse();
};
