import { MingchengError } from "@mingcheng/protocols";
import type { RecordDraft } from "./record-builder.ts";

/** More than any fault brings about; beyond it the oldest go. */
const maxWaiting = 1024;

interface Entry {
  readonly number: number;
  readonly draft: RecordDraft;
}

/**
 * Records of the gateway about itself and its devices' states. They must not be lost to a disk fault, and nobody waits for
 * them: they keep their time and are appended, in order, once the outbox takes records again.
 */
export class OwnRecords {
  private readonly append: (draft: RecordDraft) => Promise<unknown>;
  private readonly log: { error(detail: object, message: string): void };
  private waiting: Entry[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private numbered = 0;
  private discarded = 0;

  /** `append` is called in order and must take its place in the line synchronously. */
  constructor(append: (draft: RecordDraft) => Promise<unknown>, log: { error(detail: object, message: string): void }) {
    this.append = append;
    this.log = log;
  }

  /** Records that wait for the outbox, and how many had to be given up because too many waited. */
  stats(): { readonly waiting: number; readonly discarded: number } {
    return { waiting: this.waiting.length, discarded: this.discarded };
  }

  /** Appends the record now, or, while others wait, behind them. */
  add(draft: RecordDraft): void {
    this.numbered += 1;
    const entry = { number: this.numbered, draft };
    if (this.waiting.length === 0) this.attempt(entry);
    else this.wait(entry);
  }

  /** Resolves when what waited is durable, or cannot be written now. */
  async retry(): Promise<void> {
    await Promise.all(this.underWay);
    const entries = this.waiting;
    this.waiting = [];
    for (const entry of entries) this.attempt(entry);
    await Promise.all(this.underWay);
  }

  private attempt(entry: Entry): void {
    const done: Promise<void> = this.append(entry.draft)
      .then(
        () => undefined,
        (error: unknown) => {
          if (error instanceof MingchengError && error.retryable) return this.wait(entry);
          const { kind, dev } = entry.draft;
          this.log.error({ kind, dev, err: error }, "capture: a record is refused");
        },
      )
      .finally(() => this.underWay.delete(done));
    this.underWay.add(done);
  }

  private wait(entry: Entry): void {
    this.waiting.push(entry);
    this.waiting.sort((a, b) => a.number - b.number);
    if (this.waiting.length <= maxWaiting) return;
    this.waiting.shift();
    this.discarded += 1;
  }
}
