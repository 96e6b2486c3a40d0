import { withSegmentFile } from "./found-segments.ts";
import { recover } from "./recovery.ts";
import { ReceiptedSince } from "./segment-freeing.ts";
import { closeSegment } from "./segment-store.ts";
import { StateKeeper } from "./state-keeper.ts";
import type { Survey, SurveyOptions } from "./survey.ts";

/**
 * Does to a directory what the next open would do, without opening a line: torn tails and leftovers go, footers, headers
 * and state files are written anew, and losses found are remembered, so that the gateway reports them when it starts.
 * Returns what was found before.
 * @throws {MingchengError} OUTBOX_LOCKED while a gateway runs on it, OUTBOX_FOREIGN
 * @throws the system's error when the disk cannot be written
 */
export const repairOutbox = async (options: SurveyOptions): Promise<Survey> => {
  const { files, dir, crypto } = options;
  const unlock = await files.lock(dir);
  try {
    const { survey, active, spare, unclosed } = await recover(options);
    for (const open of [active, spare]) await open?.file.close();
    // What is damaged is not continued: closed, it says by its footer what is still in it.
    const damaged = survey.used.filter(({ damage, segment }) => damage.length > 0 && segment === active?.segment);
    for (const segment of [...unclosed, ...damaged.map((item) => item.segment)]) {
      await withSegmentFile(files, segment.path, "write", (file) => closeSegment({ segment, file }));
    }
    const { gw, book, state, marker, used } = survey;
    if (gw === undefined) return survey;
    const newestUsed = used.findLast(({ segment }) => segment.runs.length > 0)?.segment.number ?? 0;
    // No retention is judged here: what is remembered of it is written back as it is.
    const since = new ReceiptedSince(0, state?.receipted ?? []);
    const keeper = new StateKeeper({ files, sha256: crypto.sha256, dir, gw, book, since }, state, marker, newestUsed);
    keeper.addLosses(survey.losses);
    await keeper.save();
    return survey;
  } finally {
    await unlock();
  }
};
