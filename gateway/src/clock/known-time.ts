import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeDurably } from "../disk/durable-file.ts";
import type { ClockLog } from "./gateway-clock.ts";

/** No machine runs this program before this instant. Raised with releases. */
export const releasedAt = "2026-11-25T00:00:00.000Z";

const fileSchema = z.strictObject({ v: z.literal(1), lastReceiptAt: z.iso.datetime() });

/** Written so often at most: an SD card wears out. */
const saveEveryMs = 600_000;

/**
 * The latest instant known to have passed: the release, the enrolment, the centre's last answer. Survives restarts in
 * `clock.json` of the data directory; a file that cannot be read or written costs nothing but this knowledge.
 */
export class KnownTime {
  private readonly path: string;
  private readonly log: ClockLog;
  private readonly leastMs: number;
  private receiptMs = 0;
  private savedMs = 0;
  private saving: Promise<void> = Promise.resolve();

  constructor(dataDirectory: string, notBefore: string | undefined, log: ClockLog) {
    this.path = join(dataDirectory, "clock.json");
    this.log = log;
    const enrolledMs = Date.parse(notBefore ?? releasedAt);
    this.leastMs = Math.max(Date.parse(releasedAt), Number.isNaN(enrolledMs) ? 0 : enrolledMs);
  }

  async load(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch {
      return;
    }
    try {
      this.receiptMs = this.savedMs = Date.parse(fileSchema.parse(JSON.parse(text)).lastReceiptAt);
    } catch {
      this.log.warn({ path: this.path }, "clock: the last known time cannot be read and is left out");
    }
  }

  get floorMs(): number {
    return Math.max(this.leastMs, this.receiptMs);
  }

  /** The centre's answer to our own question: the last one counts, whether it is later than those before or not. */
  learn(centreMs: number): void {
    this.receiptMs = centreMs;
    if (Math.abs(centreMs - this.savedMs) >= saveEveryMs) this.save();
  }

  /** Resolves when everything is stored that can be. */
  async close(): Promise<void> {
    if (this.receiptMs !== this.savedMs) this.save();
    await this.saving;
  }

  private save(): void {
    this.savedMs = this.receiptMs;
    const text = `${JSON.stringify({ v: 1, lastReceiptAt: new Date(this.receiptMs).toISOString() })}\n`;
    this.saving = this.saving
      .then(() => writeDurably(this.path, text))
      .catch((error: unknown) => {
        this.log.warn({ path: this.path, error: String(error) }, "clock: the last known time was not stored");
      });
  }
}
