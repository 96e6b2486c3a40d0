import type { LineOfGateway, Sha256 } from "@mingcheng/protocols";
import type { LineBook } from "./line-book.ts";
import type { OutboxFiles } from "./outbox-files.ts";
import type { Loss } from "./outbox-port.ts";
import { type OutboxState, writeState } from "./outbox-state.ts";
import type { ReceiptedSince } from "./segment-freeing.ts";

export interface StateKeeperOptions {
  readonly files: OutboxFiles;
  readonly sha256: Sha256;
  readonly dir: string;
  readonly gw: string;
  readonly book: LineBook;
  readonly since: ReceiptedSince;
}

/** Holds what the state file says and writes it, one write at a time. */
export class StateKeeper {
  marker: number;
  /** Newest segment known to hold durable records. */
  active: number;
  /** The line that has not ended; undefined before the first is opened and after a clean close. */
  running: LineOfGateway | undefined;
  voids: OutboxState["voids"];
  private unreported: Loss[];
  /** Once this seq of the running line is durable, the caller's `gap` records are. */
  private reportedAt = Number.MAX_SAFE_INTEGER;
  private revision: number;
  private readonly options: StateKeeperOptions;
  private writing: Promise<void> = Promise.resolve();

  constructor(options: StateKeeperOptions, state: OutboxState | undefined, marker: number, active: number) {
    this.options = options;
    this.marker = marker;
    this.active = active;
    this.voids = [...(state?.voids ?? [])];
    this.revision = state?.revision ?? 0;
    this.unreported = (state?.unreported ?? []).map(({ ep, eid, ...rest }) => ({ line: { ep, eid }, ...rest }));
  }

  /** Takes losses found now; returns all that still have to be reported. */
  addLosses(losses: readonly Loss[]): readonly Loss[] {
    this.unreported.push(...losses);
    return [...this.unreported];
  }

  /** The caller is told of all losses now; its gap records are the next ones behind `seq`. */
  expectReports(seq: number): void {
    if (this.unreported.length > 0) this.reportedAt = seq + this.unreported.length;
  }

  /** `seq` of the running line is durable. True when that changes what the state should say. */
  settleReports(seq: number): boolean {
    if (seq < this.reportedAt || this.unreported.length === 0) return false;
    this.unreported = [];
    this.reportedAt = Number.MAX_SAFE_INTEGER;
    return true;
  }

  /** Writes the state as it is when its turn comes. @throws the system's error */
  save(): Promise<void> {
    const next = this.writing.then(() => this.write());
    this.writing = next.catch(() => undefined);
    return next;
  }

  private write(): Promise<void> {
    const { files, sha256, dir, gw, book, since } = this.options;
    this.revision += 1;
    return writeState(files, sha256, dir, {
      v: 1,
      revision: this.revision,
      gw,
      marker: this.marker,
      active: this.active,
      lines: book.remember(this.running),
      voids: this.voids,
      unreported: this.unreported.map(({ line, ...rest }) => ({ ep: line.ep, eid: line.eid, ...rest })),
      receipted: [...since.times],
    });
  }
}
