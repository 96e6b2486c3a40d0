import { join } from "node:path";
import { type CryptoPort, type EpochBody, MingchengError } from "@mingcheng/protocols";
import { systemCode } from "./disk-fault.ts";
import { scanWindowBytes } from "./frame-scan.ts";
import { LineBook, type Place } from "./line-book.ts";
import { findLosses } from "./loss-finder.ts";
import type { Loss, OutboxLog } from "./outbox.ts";
import type { OutboxFile, OutboxFiles } from "./outbox-files.ts";
import { type OutboxState, readState } from "./outbox-state.ts";
import { minSegmentBytes, type Segment, segmentNumber, segmentPath } from "./segment.ts";
import { crcOfFrames } from "./segment-format.ts";
import { type LoadedSegment, type LoadRequest, loadSegment, scanSegment } from "./segment-load.ts";
import type { OpenSegment } from "./segment-store.ts";

export interface RecoveryOptions {
  readonly files: OutboxFiles;
  readonly crypto: CryptoPort;
  readonly dir: string;
  readonly gw: string;
  readonly verifyAtOpenBytes: number;
  readonly log: OutboxLog;
}

/** What is on disk, understood; nothing was changed but torn tails overwritten with zeros and leftovers removed. */
export interface Recovered {
  readonly book: LineBook;
  /** All segments that hold or held frames, ascending, the one to continue in included. */
  readonly segments: Segment[];
  /** Where to continue; undefined when a new segment is needed. */
  readonly active: OpenSegment | undefined;
  /** A prepared segment nobody used yet. */
  readonly spare: OpenSegment | undefined;
  readonly nextNumber: number;
  readonly marker: number;
  readonly state: OutboxState | undefined;
  readonly losses: readonly Loss[];
  /** Something was damaged, whether or not records were lost by it. */
  readonly damaged: boolean;
  readonly predecessor: EpochBody["predecessor"];
  /** Ends of runs over which no seal was found. */
  readonly unsealed: readonly Place[];
  /** Segments other than the active one without a (right) footer. */
  readonly unclosed: readonly Segment[];
}

interface Found extends LoadedSegment {
  readonly file: OutboxFile;
  /** It has a footer that does not fit the frames any more. */
  readonly stale: boolean;
}

/** A segment file that cannot even be opened or read counts as destroyed; a read-only disk does not. */
const loadOne = async (
  options: RecoveryOptions,
  number: number,
  voidFrom: number | undefined,
  window: Buffer,
): Promise<Found | undefined> => {
  const { files, crypto, dir, log } = options;
  const path = segmentPath(dir, number);
  let file: OutboxFile | undefined;
  try {
    file = await files.open(path, "write");
    const request: LoadRequest = { file, number, path, voidFrom, window, sha256: crypto.sha256 };
    return { ...(await loadSegment(request)), file, stale: false };
  } catch (error) {
    await file?.close().catch(() => undefined);
    if (systemCode(error) !== "EIO") throw error;
    log.error({ segment: path, error: String(error) }, "outbox: segment cannot be read");
    return undefined;
  }
};

/** Compares closed segments with their footers' CRC, newest first, while the budget lasts. */
const verifyClosed = async (options: RecoveryOptions, found: Found[], window: Buffer): Promise<boolean> => {
  let budget = options.verifyAtOpenBytes;
  let damaged = false;
  for (let index = found.length - 1; index >= 0 && budget > 0; index--) {
    const item = found[index];
    if (item === undefined || !item.segment.closed) continue;
    const { segment, file } = item;
    budget -= segment.end;
    segment.verified = true;
    if ((await crcOfFrames(file, segment.end, window)) === segment.crc) continue;
    damaged = true;
    const { number, path, end } = segment;
    const { sha256 } = options.crypto;
    const scanned = await scanSegment({ file, number, path, voidFrom: undefined, window, sha256 }, end);
    scanned.segment.closed = true;
    found[index] = { ...scanned, tail: "clean", file, stale: true };
  }
  return damaged;
};

/** Overwrites a torn tail with zeros and syncs what was read back. False when the disk refuses that place. */
const settle = async ({ file, segment, dirtyEnd }: Found, log: OutboxLog): Promise<boolean> => {
  const zeros = Buffer.alloc(64 * 1024);
  try {
    for (let at = segment.end; at < dirtyEnd; at += zeros.length) {
      await file.write(zeros, Math.min(zeros.length, dirtyEnd - at), at);
    }
    await file.datasync();
    return true;
  } catch (error) {
    if (systemCode(error) !== "EIO") throw error;
    log.error({ segment: segment.path, error: String(error) }, "outbox: segment cannot be written any more");
    return false;
  }
};

const refuseForeign = (gw: string, found: string | undefined): void => {
  if (found !== undefined && found !== gw) throw new MingchengError("OUTBOX_FOREIGN", `it belongs to ${found}`);
};

/** Reads everything in disk order. */
const loadAll = async (
  options: RecoveryOptions,
  numbers: readonly number[],
  state: OutboxState | undefined,
): Promise<{ found: Found[]; damaged: boolean }> => {
  const window = Buffer.allocUnsafe(scanWindowBytes);
  const voids = new Map(state?.voids);
  const found: Found[] = [];
  for (const number of numbers) {
    const item = await loadOne(options, number, voids.get(number), window);
    refuseForeign(options.gw, item?.gw);
    if (item !== undefined) found.push(item);
  }
  const unreadable = found.length < numbers.length;
  const damaged = await verifyClosed(options, found, window);
  return { found, damaged: damaged || unreadable };
};

const isFreed = (book: LineBook, { segment }: Found): boolean =>
  segment.runs.length > 0 &&
  segment.runs.every(({ line, from, to }) =>
    book.line(line).freed.some((freed) => freed.from <= from && freed.to >= to),
  );

/** Ends of runs that no seal covers and no further run continues. */
const findUnsealed = (book: LineBook, found: readonly Found[]): Place[] => {
  const sealed = new Set<string>();
  for (const { laterSeals } of found) {
    for (const { line, seq, h } of laterSeals) sealed.add(`${line.ep}.${line.eid}.${seq}.${h}`);
  }
  const unsealed: Place[] = [];
  for (const { line, places } of book.all()) {
    for (const [index, place] of places.entries()) {
      const { run } = place;
      const next = places[index + 1]?.run;
      const continued = next !== undefined && next.from <= run.to + 1;
      if (run.sealed >= run.to || continued) continue;
      if (sealed.has(`${line.ep}.${line.eid}.${run.to}.${run.h}`)) run.sealed = run.to;
      else unsealed.push(place);
    }
  }
  return unsealed;
};

const lastIntact = (book: LineBook, segments: readonly Segment[]): EpochBody["predecessor"] => {
  const run = segments.findLast((segment) => segment.runs.length > 0)?.runs.at(-1);
  if (run !== undefined) return { ...run.line, seq: run.to, h: run.h };
  // Nothing is on disk: freed, or the segments were deleted. What the state file remembers is still proof.
  const entry = [...book.all()].findLast(({ head, headH }) => head > 0 && headH !== null);
  return entry === undefined ? null : { ...entry.line, seq: entry.head, h: entry.headH ?? "" };
};

/** Sorts the files into those in use and the prepared one; others hold nothing and are removed. */
const sortOut = async (
  options: RecoveryOptions,
  found: readonly Found[],
): Promise<{ used: Found[]; spare: Found | undefined }> => {
  const lastUsed = found.findLastIndex(({ segment, tail }) => segment.runs.length > 0 || tail === "torn");
  let spare: Found | undefined;
  for (const item of found.slice(lastUsed + 1)) {
    const { segment, gw, tail } = item;
    if (spare === undefined && gw !== undefined && tail === "clean" && segment.size >= minSegmentBytes) {
      spare = item;
      continue;
    }
    await item.file.close();
    await options.files.remove(segment.path);
  }
  return { used: found.slice(0, lastUsed + 1), spare };
};

const loadBook = (found: readonly Found[], state: OutboxState | undefined): LineBook => {
  const book = new LineBook();
  for (const line of state?.lines ?? []) if (line.head > 0 || line.lost.length > 0) book.load(line);
  for (const { segment, heads, laterSeals } of found) {
    for (const run of segment.runs) book.addRun(segment, run);
    for (const evidence of [...heads.values(), ...laterSeals]) book.heard(evidence);
  }
  return book;
};

const readStateAnyway = async (options: RecoveryOptions, names: readonly string[]) => {
  const { files, crypto, dir, log } = options;
  try {
    return await readState(files, crypto.sha256, dir, names);
  } catch (error) {
    log.error({ error: String(error) }, "outbox: state file cannot be read");
    return { state: undefined, damaged: ["state"] };
  }
};

/** True when the last line certainly had records behind the last intact one and nothing tells how many. */
const isTailGone = (book: LineBook, used: readonly Found[], state: OutboxState | undefined): boolean => {
  const tip = [...book.all()].at(-1);
  if (tip === undefined || tip.ended) return false;
  const last = used.findLast(({ segment }) => segment.runs.length > 0);
  // A footer is written, and the state names a segment, only after (the next of it) holds durable records.
  if (last?.tail === "cut" || last?.segment.closed === true) return true;
  if ((state?.active ?? 0) > (last?.segment.number ?? 0)) return true;
  const remembered = state?.lines.find(({ ep, eid }) => ep === tip.line.ep && eid === tip.line.eid)?.head ?? 0;
  const seen = Math.max(0, ...tip.places.map(({ run }) => run.to), ...tip.freed.map(({ to }) => to));
  return remembered > seen;
};

/** Removes what was already freed: the process ended between remembering that and removing the file. */
const removeFreed = async (options: RecoveryOptions, book: LineBook, used: readonly Found[]): Promise<Found[]> => {
  const remaining: Found[] = [];
  for (const item of used) {
    if (item === used.at(-1) || !isFreed(book, item)) {
      remaining.push(item);
      continue;
    }
    await item.file.close();
    book.removeSegment(item.segment);
    await options.files.remove(item.segment.path);
  }
  return remaining;
};

/** Settles every segment that has no footer and says in which one to continue. */
const settleAll = async (
  options: RecoveryOptions,
  used: readonly Found[],
  state: OutboxState | undefined,
): Promise<Found | undefined> => {
  let active: Found | undefined;
  for (const item of used) {
    if (item.segment.closed) continue;
    const settled = await settle(item, options.log);
    const isVoid = state?.voids.some(([number]) => number === item.segment.number) === true;
    const canContinue = settled && !isVoid && item.tail !== "cut" && item.gw !== undefined;
    if (canContinue && item === used.at(-1)) active = item;
  }
  await options.files.syncDirectory(options.dir);
  return active;
};

/**
 * Reads an outbox directory back: every intact record is found again, every loss named, torn tails are gone, and what was
 * read back is synced.
 * @throws {MingchengError} OUTBOX_FOREIGN when it belongs to another gateway
 * @throws the system's error when the disk cannot be written
 */
export const recover = async (options: RecoveryOptions): Promise<Recovered> => {
  const { files, dir } = options;
  const names = await files.list(dir);
  for (const name of names) if (name.endsWith(".tmp")) await files.remove(join(dir, name));
  const { state, damaged: damagedCopies } = await readStateAnyway(options, names);
  refuseForeign(options.gw, state?.gw);
  const numbers = names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b);
  const loaded = await loadAll(options, numbers, state);
  const sorted = await sortOut(options, loaded.found);
  const book = loadBook(sorted.used, state);
  const used = await removeFreed(options, book, sorted.used);
  const active = await settleAll(options, used, state);

  const cut = isTailGone(book, used, state);
  const damaged = loaded.damaged || damagedCopies.length > 0 || cut || used.some((item) => item.damage.length > 0);
  const losses = findLosses(book, { cut, damaged });
  const unsealed = findUnsealed(book, used);
  for (const item of used) if (item !== active) await item.file.close();
  const segments = used.map(({ segment }) => segment);
  const { spare } = sorted;
  return {
    book,
    segments,
    active: active === undefined ? undefined : { segment: active.segment, file: active.file },
    spare: spare === undefined ? undefined : { segment: spare.segment, file: spare.file },
    nextNumber: Math.max(0, state?.active ?? 0, ...numbers) + 1,
    marker: Math.max(state?.marker ?? 0, ...[...book.all()].map(({ line }) => line.ep)),
    state,
    losses,
    damaged: damaged || losses.length > 0,
    predecessor: lastIntact(book, segments),
    unsealed,
    unclosed: used.flatMap((item) => (item !== active && (!item.segment.closed || item.stale) ? [item.segment] : [])),
  };
};
