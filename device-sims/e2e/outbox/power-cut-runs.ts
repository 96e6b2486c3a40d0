import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { readDisk, writeDiskImage } from "../power-cut/disk-image.ts";
import { drawPowerCut, type Recording, readRecording, recordingCommand } from "../power-cut/recording.ts";
import { addToLog, type CaptureLog, emptyLog, judge, type Verdict } from "./capture-log.ts";
import { type Plant, recoverOutboxes, startCapturing } from "./outbox-runs.ts";

/** One capturing process of a recording: how many records it captures, and whether it then closes or is killed. */
export interface Life {
  readonly records: number;
  readonly ends: "closes" | "killed";
}

/** What is recorded. */
export interface RecordedCapture {
  /** Where the disk is: the outbox is `outbox` in it, made by the first process unless it is there. */
  readonly root: string;
  readonly keyFile: string;
  readonly lives: readonly Life[];
  readonly free?: boolean;
  readonly plant?: Plant;
}

/** Lets one process after the other capture into the same outbox, with every write and sync recorded. */
export const recordCapture = async (capture: RecordedCapture): Promise<Recording> => {
  const { root, keyFile, lives, free = false, plant } = capture;
  const before = readDisk(root);
  const files: string[] = [];
  for (const { records, ends } of lives) {
    const file = `${root}.${files.length}.strace`;
    const { program } = startCapturing({
      dir: join(root, "outbox"),
      keyFile,
      log: emptyLog(),
      free,
      plant,
      under: recordingCommand(file),
      ...(ends === "closes" ? { records } : { dieAfter: records }),
    });
    await program.exited;
    files.push(file);
  }
  return readRecording(root, before, files);
};

/** What the processes had said when the power went, added to what was said before the recording. */
const saidUntil = (atMs: number, recording: Recording, earlier: CaptureLog): CaptureLog => {
  const log: CaptureLog = {
    ...emptyLog(),
    said: new Set(earlier.said),
    acknowledged: [...earlier.acknowledged],
    freeable: new Map(earlier.freeable),
  };
  for (const line of recording.said) if (line.atMs <= atMs) addToLog(log, line.text);
  return log;
};

/** A disk as a power cut left it, and what has to be on it. */
export interface CutDisk {
  readonly root: string;
  readonly log: CaptureLog;
}

/** Writes `count` disk images of power cuts at random instants of the recording into `target`. */
export const cutPower = (
  recording: Recording,
  target: string,
  count: number,
  random: () => number,
  earlier = emptyLog(),
): CutDisk[] =>
  Array.from({ length: count }, (_, index) => {
    const root = join(target, String(index));
    const cut = drawPowerCut(recording, random);
    writeDiskImage(recording.history.root, cut, root);
    mkdirSync(join(root, "outbox"), { recursive: true });
    return { root, log: saidUntil(cut.atMs, recording, earlier) };
  });

/** What is wrong with the disks after recovery, all together. */
export interface CutReport extends Verdict {
  readonly acknowledged: number;
  /** Disks on which the outbox did not open. */
  readonly unopened: readonly string[];
}

/** Lets the outbox recover on every disk and holds what it then serves against what was said and acknowledged. */
export const recoverAndJudge = async (disks: readonly CutDisk[], keyFile: string): Promise<CutReport> => {
  const recoveries = await recoverOutboxes(
    disks.map(({ root }) => join(root, "outbox")),
    keyFile,
  );
  const verdicts: Verdict[] = [];
  const unopened: string[] = [];
  for (const [index, recovery] of recoveries.entries()) {
    const log = disks[index]?.log ?? emptyLog();
    if ("error" in recovery) unopened.push(`${recovery.dir}: ${recovery.error}`);
    else verdicts.push(judge(log, recovery.held, recovery.losses));
  }
  return {
    acknowledged: disks.reduce((total, { log }) => total + log.acknowledged.length, 0),
    unopened,
    lost: verdicts.flatMap(({ lost }) => lost),
    twice: verdicts.flatMap(({ twice }) => twice),
    invented: verdicts.flatMap(({ invented }) => invented),
    orphaned: verdicts.flatMap(({ orphaned }) => orphaned),
    falselyLost: verdicts.flatMap(({ falselyLost }) => falselyLost),
  };
};
