import { mkdir, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "@mingcheng/protocols";
import { writeDurably } from "../disk/durable-file.ts";

/** Why a reading became no record. */
export type QuarantineReason = "too-large" | "invalid";

/** A reading that could not become a record. */
export interface SetAside {
  readonly wall: string;
  readonly dev: string;
  readonly kind: string;
  readonly reason: QuarantineReason;
  /** The field that is wrong, or the size. */
  readonly detail: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly raw: Uint8Array;
}

/** Figures for status and metrics. */
export interface QuarantineStats {
  readonly files: number;
  readonly bytes: number;
  /** Since the start: set aside, and deleted because the limit was reached. */
  readonly kept: number;
  readonly deleted: number;
}

const suffix = ".json";

/** File names sort by time. */
const nameOf = (wall: string, dev: string, random: Uint8Array): string =>
  `${wall.replace(/[^0-9]/g, "").slice(0, 17)}-${dev}-${toHex(random)}${suffix}`;

/** Keeps readings that cannot become records, one durable file each, oldest deleted beyond `maxBytes`. */
export class Quarantine {
  private readonly dir: string;
  private readonly maxBytes: number;
  private readonly random: (bytes: number) => Uint8Array;
  private readonly sizes = new Map<string, number>();
  private bytes = 0;
  private kept = 0;
  private deleted = 0;
  private working: Promise<void> = Promise.resolve();

  constructor(dir: string, maxBytes: number, random: (bytes: number) => Uint8Array) {
    this.dir = dir;
    this.maxBytes = maxBytes;
    this.random = random;
  }

  /** Takes stock of what is there. @throws the system's error */
  async open(): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    for (const name of (await readdir(this.dir)).sort()) {
      const path = join(this.dir, name);
      if (!name.endsWith(suffix)) await unlink(path);
      else this.count(name, (await stat(path)).size);
    }
  }

  stats(): QuarantineStats {
    return { files: this.sizes.size, bytes: this.bytes, kept: this.kept, deleted: this.deleted };
  }

  /** Resolves once the file is durable. @throws the system's error */
  keep(item: SetAside): Promise<void> {
    const next = this.working.then(() => this.write(item));
    this.working = next.catch(() => undefined);
    return next;
  }

  private textOf(item: SetAside): string {
    const { raw, ...rest } = item;
    const base64 = Buffer.from(raw).toString("base64");
    const whole = JSON.stringify({ v: 1, ...rest, raw: base64, rawBytes: raw.length });
    if (whole.length <= this.maxBytes) return whole;
    // One reading larger than the whole quarantine: the beginning of its bytes tells most.
    const { body: _body, ...head } = rest;
    const room = Math.floor(this.maxBytes / 8) * 4;
    return JSON.stringify({ v: 1, ...head, raw: base64.slice(0, room), rawBytes: raw.length });
  }

  private async write(item: SetAside): Promise<void> {
    const text = `${this.textOf(item)}\n`;
    const size = Buffer.byteLength(text);
    for (const [name, bytes] of this.sizes) {
      if (this.bytes + size <= this.maxBytes) break;
      await unlink(join(this.dir, name)).catch(() => undefined);
      this.sizes.delete(name);
      this.bytes -= bytes;
      this.deleted += 1;
    }
    const name = nameOf(item.wall, item.dev, this.random(4));
    await writeDurably(join(this.dir, name), text);
    this.count(name, size);
    this.kept += 1;
  }

  private count(name: string, size: number): void {
    this.sizes.set(name, size);
    this.bytes += size;
  }
}
