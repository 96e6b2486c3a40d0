import type { Sha256 } from "@mingcheng/protocols";
import { scanWindowBytes } from "./frame-scan.ts";
import type { LineBook } from "./line-book.ts";
import { findLosses } from "./loss-finder.ts";
import type { OutboxFile, OutboxFiles } from "./outbox-files.ts";
import type { Loss, OutboxLog } from "./outbox-port.ts";
import type { Segment } from "./segment.ts";
import { crcOfFrames } from "./segment-format.ts";
import { scanSegment } from "./segment-load.ts";
import { closeSegment } from "./segment-store.ts";

export interface SegmentInspectorOptions {
  readonly files: OutboxFiles;
  readonly sha256: Sha256;
  readonly book: LineBook;
  readonly log: OutboxLog;
}

/** Looks at closed segments again after open, and brings the book in line with what is still readable. */
export class SegmentInspector {
  private readonly options: SegmentInspectorOptions;

  constructor(options: SegmentInspectorOptions) {
    this.options = options;
  }

  /** Compares a closed segment with its footer's CRC; losses found, none when it is as it was written. */
  async verify(segment: Segment): Promise<readonly Loss[]> {
    return this.withFile(segment, async (file) => {
      const window = Buffer.allocUnsafe(scanWindowBytes / 4);
      const intact = (await crcOfFrames(file, segment.end, window)) === segment.crc;
      segment.verified = true;
      return intact ? [] : this.rescan(segment, file);
    });
  }

  /** Reads a closed segment frame by frame; losses found. */
  inspect(segment: Segment): Promise<readonly Loss[]> {
    return this.withFile(segment, (file) => this.rescan(segment, file));
  }

  private async withFile(segment: Segment, look: (file: OutboxFile) => Promise<readonly Loss[]>) {
    let file: OutboxFile;
    try {
      file = await this.options.files.open(segment.path, "write");
    } catch (error) {
      // Freed meanwhile, most likely.
      this.options.log.warn({ segment: segment.path, error: String(error) }, "outbox: segment cannot be opened");
      return [];
    }
    try {
      return await look(file);
    } finally {
      await file.close();
    }
  }

  private async rescan(segment: Segment, file: OutboxFile): Promise<readonly Loss[]> {
    const { sha256, book, log } = this.options;
    const { number, path, end } = segment;
    const window = Buffer.allocUnsafe(scanWindowBytes);
    const found = await scanSegment({ file, number, path, voidFrom: undefined, window, sha256 }, end);
    book.removeSegment(segment);
    segment.runs.splice(0, segment.runs.length, ...found.segment.runs);
    segment.crc = found.segment.crc;
    segment.end = found.segment.end;
    for (const run of segment.runs) book.addRun(segment, run);
    for (const evidence of [...found.heads.values(), ...found.laterSeals]) book.heard(evidence);
    const losses = findLosses(book, { cut: false, damaged: true });
    log.error({ segment: path, damage: found.damage, losses: losses.length }, "outbox: segment is damaged");
    await closeSegment({ segment, file });
    return losses;
  }
}
