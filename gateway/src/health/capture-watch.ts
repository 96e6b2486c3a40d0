/** What shows whether captures get anywhere. */
export interface CaptureSigns {
  /** Bytes that wait to become durable. */
  readonly pendingBytes: number;
  /** Durable commits since the start. */
  readonly commits: number;
  /** Disk faults since the start. */
  readonly faults: number;
}

/**
 * Judges whether the way from a reading to the disk still works. It does while nothing waits, while commits go on, and
 * also while the disk refuses: a refusal is an answer. It does not once something has waited for `stallMs` and neither
 * came: a card that is busy for seconds never counts.
 */
export class CaptureWatch {
  private readonly stallMs: number;
  private last: CaptureSigns = { pendingBytes: 0, commits: -1, faults: -1 };
  private movedMs = 0;

  constructor(stallMs: number) {
    this.stallMs = stallMs;
  }

  /** To be asked more often than once in `stallMs`; `nowMs` is monotonic. */
  isMoving(signs: CaptureSigns, nowMs: number): boolean {
    const { pendingBytes, commits, faults } = signs;
    if (pendingBytes === 0 || commits !== this.last.commits || faults !== this.last.faults) this.movedMs = nowMs;
    this.last = signs;
    return nowMs - this.movedMs < this.stallMs;
  }
}
