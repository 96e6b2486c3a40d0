import { type FileHandle, open } from "node:fs/promises";
import { type CryptoPort, fromUtf8, gapBody, toHex, utf8 } from "@mingcheng/protocols";
import { z } from "zod";
import type { Missed } from "./missed-book.ts";

const slotBytes = 32 * 1024;
const slots = 2;

const missedSchema = z.strictObject({
  device: z.string().max(64),
  reason: gapBody.shape.reason,
  count: z.int().nonnegative().nullable(),
  since: z.string().max(64),
  until: z.string().max(64),
});
const slotSchema = z.strictObject({ revision: z.int().positive(), entries: z.array(missedSchema), sum: z.string() });

/** One device stands for all of a reason when the list is too long for a slot: its count covers them. */
const shorten = (entries: readonly Missed[]): Missed[] => {
  const byReason = new Map<string, Missed>();
  for (const entry of entries) {
    const known = byReason.get(entry.reason);
    const count =
      known === undefined || known.count === null || entry.count === null ? null : known.count + entry.count;
    byReason.set(entry.reason, known === undefined ? entry : { ...entry, count, since: known.since });
  }
  return [...byReason.values()];
};

/**
 * Keeps across a restart what was not captured during a disk fault. The file has its full size from the start and is
 * written in place, two slots in turn, so that it can be written while the disk is full; a torn slot leaves the other.
 */
export class MissedFile {
  private readonly path: string;
  private readonly sha256: CryptoPort["sha256"];
  private file: FileHandle | undefined;
  private revision = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(path: string, sha256: CryptoPort["sha256"]) {
    this.path = path;
    this.sha256 = sha256;
  }

  /** Opens the file, made when missing, and returns what an earlier process left. @throws the system's error */
  async open(): Promise<readonly Missed[]> {
    const file = await open(this.path, "r+").catch(() => open(this.path, "w+", 0o600));
    this.file = file;
    const { size } = await file.stat();
    if (size < slots * slotBytes) {
      await file.write(Buffer.alloc(slots * slotBytes - size, " "), 0, slots * slotBytes - size, size);
      await file.datasync();
    }
    let newest: z.infer<typeof slotSchema> | undefined;
    for (let slot = 0; slot < slots; slot++) {
      const found = await this.readSlot(file, slot);
      if (found !== undefined && found.revision > (newest?.revision ?? 0)) newest = found;
    }
    this.revision = newest?.revision ?? 0;
    return newest?.entries ?? [];
  }

  /** Stores `entries` in place of what was there. @throws the system's error */
  save(entries: readonly Missed[]): Promise<void> {
    const next = this.writing.then(() => this.write(entries));
    this.writing = next.catch(() => undefined);
    return next;
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file?.close();
    this.file = undefined;
  }

  private sumOf(revision: number, entries: readonly Missed[]): string {
    return toHex(this.sha256(utf8(JSON.stringify([revision, entries]))));
  }

  private async readSlot(file: FileHandle, slot: number): Promise<z.infer<typeof slotSchema> | undefined> {
    const buffer = Buffer.alloc(slotBytes);
    await file.read(buffer, 0, slotBytes, slot * slotBytes);
    try {
      const read = slotSchema.parse(JSON.parse(fromUtf8(buffer) ?? ""));
      return read.sum === this.sumOf(read.revision, read.entries) ? read : undefined;
    } catch {
      // Never written, or torn: the other slot counts.
      return undefined;
    }
  }

  private async write(entries: readonly Missed[]): Promise<void> {
    if (this.file === undefined) await this.open();
    this.revision += 1;
    const text = (list: readonly Missed[]) =>
      utf8(`${JSON.stringify({ revision: this.revision, entries: list, sum: this.sumOf(this.revision, list) })}\n`);
    let bytes = text(entries);
    if (bytes.length > slotBytes) bytes = text(shorten(entries));
    const slot = Buffer.alloc(slotBytes, " ");
    slot.set(bytes);
    await this.file?.write(slot, 0, slotBytes, (this.revision % slots) * slotBytes);
    await this.file?.datasync();
  }
}
