import { type Interval, MingchengError } from "@mingcheng/protocols";
import type { OutboxCondition } from "./outbox-port.ts";

/** The system's error code (`ENOSPC` …), empty when the error has none. */
export const systemCode = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/**
 * What opening or reading a file of our own fails with when that one file is beyond reading while the disk as a whole
 * works: a broken sector, a broken inode or directory entry (ext4 says EUCLEAN or EBADMSG), something else in its place.
 */
const unreadable = new Set(["EIO", "EUCLEAN", "EBADMSG", "EISDIR", "ENXIO", "ELOOP"]);

/** True when the error means that this one file cannot be read or written, not that the disk refuses everything. */
export const isUnreadable = (error: unknown): boolean => unreadable.has(systemCode(error));

/** What a failed file operation says about the disk. */
export const conditionOf = (error: unknown): Exclude<OutboxCondition, "ok"> => {
  switch (systemCode(error)) {
    // EFBIG: the file-size limit of the process. To an installer all four mean: no room.
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
    case "OUTBOX_FULL":
      return "full";
    case "EROFS":
    case "EACCES":
    case "EPERM":
    case "OUTBOX_READ_ONLY":
      return "read-only";
    default:
      return "io-error";
  }
};

const codes = { full: "OUTBOX_FULL", "read-only": "OUTBOX_READ_ONLY", "io-error": "OUTBOX_IO" } as const;

/** The error that callers get for this condition. */
export const diskError = (condition: Exclude<OutboxCondition, "ok">, detail: string, cause?: unknown): MingchengError =>
  new MingchengError(codes[condition], detail, cause === undefined ? {} : { cause });

/** A failed file operation as ours; errors that already are ours pass through. */
export const asDiskError = (error: unknown): MingchengError =>
  error instanceof MingchengError
    ? error
    : diskError(conditionOf(error), error instanceof Error ? error.message : String(error), error);

/** Code OUTBOX_DAMAGED: the records of `range` cannot be read, now or ever. */
export class OutboxDamagedError extends MingchengError {
  readonly range: Interval;
  constructor(range: Interval, message: string) {
    super("OUTBOX_DAMAGED", message);
    this.range = range;
  }
}
