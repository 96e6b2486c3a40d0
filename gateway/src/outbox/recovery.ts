import { join } from "node:path";
import { isUnreadable } from "./disk-fault.ts";
import { type FoundSegment, withSegmentFile } from "./found-segments.ts";
import type { Segment } from "./segment.ts";
import { encodeHeader, headerBytes } from "./segment-format.ts";
import type { OpenSegment } from "./segment-store.ts";
import { type Survey, type SurveyOptions, surveyOutbox } from "./survey.ts";

/** A directory that was read back and is fit to be continued. */
export interface Recovered {
  readonly survey: Survey;
  /** All segments that hold or held frames, ascending, the one to continue in included. */
  readonly segments: readonly Segment[];
  /** Where to continue; undefined when a new segment is needed. */
  readonly active: OpenSegment | undefined;
  /** A prepared segment nobody used yet. */
  readonly spare: OpenSegment | undefined;
  /** Segments other than the active one without a (right) footer. */
  readonly unclosed: readonly Segment[];
}

/** Overwrites a torn tail with zeros and syncs what was read back. False when the disk refuses that place. */
const settle = async ({ files, log }: SurveyOptions, { segment, dirtyEnd }: FoundSegment): Promise<boolean> => {
  const zeros = Buffer.alloc(64 * 1024);
  try {
    await withSegmentFile(files, segment.path, "write", async (file) => {
      for (let at = segment.end; at < dirtyEnd; at += zeros.length) {
        await file.write(zeros, Math.min(zeros.length, dirtyEnd - at), at);
      }
      await file.datasync();
    });
    return true;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    log.error({ segment: segment.path, error: String(error) }, "outbox: segment cannot be written any more");
    return false;
  }
};

/** What cannot be removed stays and is left out at the next start too: no reason not to start. */
const removeLeftover = async ({ files, log }: SurveyOptions, path: string): Promise<void> => {
  try {
    await files.remove(path);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    log.warn({ path, error: String(error) }, "outbox: a leftover cannot be removed");
  }
};

/** Gives a segment whose header is damaged a new one: what it holds is known from its frames. */
const mendHeader = async ({ files }: SurveyOptions, gw: string, { segment }: FoundSegment): Promise<void> => {
  const header = encodeHeader(gw, segment.size);
  await withSegmentFile(files, segment.path, "write", async (file) => {
    await file.write(header, header.length, 0);
    await file.datasync();
  });
};

/** Settles every segment that has no footer and says in which one to continue. */
const settleAll = async (options: SurveyOptions, { gw, used, state }: Survey): Promise<FoundSegment | undefined> => {
  let active: FoundSegment | undefined;
  for (const item of used) {
    if (item.gw === undefined && gw !== undefined && item.segment.size >= headerBytes)
      await mendHeader(options, gw, item);
    if (item.segment.closed) continue;
    const settled = await settle(options, item);
    const isVoid = state?.voids.some(([number]) => number === item.segment.number) === true;
    const canContinue = settled && !isVoid && item.tail !== "cut" && item.gw !== undefined;
    if (canContinue && item === used.at(-1)) active = item;
  }
  return active;
};

const openSegment = async (
  { files }: SurveyOptions,
  found: FoundSegment | undefined,
): Promise<OpenSegment | undefined> =>
  found === undefined ? undefined : { segment: found.segment, file: await files.open(found.segment.path, "commit") };

/**
 * Reads an outbox directory back and makes it fit to be continued: torn tails are overwritten with zeros, leftovers
 * removed, and what was read back is synced, so that nothing built on it can stand on what the next power cut removes.
 * @throws {MingchengError} OUTBOX_FOREIGN when it belongs to another gateway
 * @throws the system's error when the disk cannot be written
 */
export const recover = async (options: SurveyOptions): Promise<Recovered> => {
  const { files, dir } = options;
  const survey = await surveyOutbox(options);
  const { used, leftovers, temporary, spare } = survey;
  const paths = [...temporary.map((name) => join(dir, name)), ...leftovers.map(({ segment }) => segment.path)];
  for (const path of paths) await removeLeftover(options, path);
  const active = await settleAll(options, survey);
  await files.syncDirectory(dir);
  return {
    survey,
    segments: used.map(({ segment }) => segment),
    active: await openSegment(options, active),
    spare: await openSegment(options, spare),
    unclosed: used.flatMap((item) => (item !== active && (!item.segment.closed || item.stale) ? [item.segment] : [])),
  };
};
