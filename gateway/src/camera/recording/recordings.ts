import { mkdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { ChannelStore } from "./channel-store.ts";
import { type DeletedSegments, Deleter } from "./deleter.ts";
import { Holds } from "./holds.ts";
import { Recorder } from "./recorder.ts";
import { type ChannelSegment, overLimits, type RingLimits, toFree } from "./ring.ts";
import type { GapReason, RecordedGap, Segment } from "./segment.ts";
import { type Stretch, timelineOf } from "./timeline.ts";

/** A channel that is recorded. */
export interface RecordedChannel {
  readonly id: string;
  readonly limits: RingLimits;
}

/** What recordings are made with. */
export interface RecordingsOptions {
  readonly folder: string;
  /** Where the outbox is: its file system is not for video. */
  readonly dataDirectory: string;
  readonly channels: readonly RecordedChannel[];
  readonly segmentMs: number;
  /** Hard limit over all channels; null: only where the file system is not the outbox's. */
  readonly maxBytes: number | null;
  /** Recording stops before less than this is free. */
  readonly minFreeBytes: number;
  /** Centre's or system's wall clock, milliseconds since 1970. */
  readonly nowMs: () => number;
  /** The same as recordings grow old by it; left out: {@link nowMs}. */
  readonly ageMs?: () => number;
  /** What else counts in the hard limit; left out: nothing. */
  readonly otherBytes?: () => number;
  /** Free bytes of a folder's file system; tests only. */
  readonly freeBytes?: (folder: string) => Promise<number>;
  readonly onDeleted: (deleted: DeletedSegments) => Promise<void>;
  readonly onGap: (channel: string, gap: RecordedGap) => void;
  readonly onFault: (channel: string, error: unknown) => void;
}

/** Ages are looked at by the hour, so that a day's deletions are 24 entries in the ledger and not 8,640. */
const hourMs = 3_600_000;
/** What is cleared beyond the need, so that the next minute does not have to clear again. */
const clearBeyond = 0.03;

const freeOf = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

const sum = (segments: readonly Segment[]): number => segments.reduce((total, { bytes }) => total + bytes, 0);

/**
 * Ring recording of a box: every channel keeps what its zone asks for, the oldest goes first, held spans stay, every deletion
 * is told. Refuses the outbox's file system unless a hard limit is set, and stops before the disk is full.
 */
export class Recordings {
  readonly holds: Holds;
  readonly #options: RecordingsOptions;
  readonly #stores: ReadonlyMap<string, ChannelStore>;
  readonly #recorders = new Map<string, Recorder>();
  readonly #deleter: Deleter;
  #refusal: GapReason | undefined;

  private constructor(options: RecordingsOptions, stores: ReadonlyMap<string, ChannelStore>, holds: Holds) {
    this.#options = options;
    this.#stores = stores;
    this.holds = holds;
    this.#deleter = new Deleter(join(options.folder, "deleting.json"), options.onDeleted);
    for (const [id, store] of stores) {
      this.#recorders.set(
        id,
        new Recorder({
          store,
          segmentMs: options.segmentMs,
          refusal: () => this.#refusal,
          onSegment: () => undefined,
          onGap: (gap) => options.onGap(id, gap),
          onFault: (error) => options.onFault(id, error),
        }),
      );
    }
  }

  /**
   * Opens the folder: unfinished files are salvaged, a deletion that was cut off is ended.
   * @throws {MingchengError} RECORDING_SHARES_DISK, RECORDING_HOLDS_DAMAGED; the system's error
   */
  static async open(options: RecordingsOptions): Promise<Recordings> {
    const { folder, dataDirectory, channels, maxBytes } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const [own, outbox] = await Promise.all([stat(folder), stat(dataDirectory)]);
    if (own.dev === outbox.dev && maxBytes === null) {
      throw new MingchengError("RECORDING_SHARES_DISK", `${folder} and ${dataDirectory}`, {
        field: "recording.maxGiB",
      });
    }
    const stores = new Map<string, ChannelStore>();
    for (const { id } of channels) stores.set(id, await ChannelStore.open(join(folder, id)));
    const recordings = new Recordings(options, stores, await Holds.open(join(folder, "holds.json")));
    await recordings.#deleter.resume(stores);
    await recordings.#deleter.reserve();
    await recordings.prune();
    return recordings;
  }

  /** The recorder of a channel; undefined when it is not recorded. */
  recorder(channel: string): Recorder | undefined {
    return this.#recorders.get(channel);
  }

  /** Where a channel's segments are. */
  store(channel: string): ChannelStore | undefined {
    return this.#stores.get(channel);
  }

  /** Why nothing is written now; undefined: it is. */
  get refusal(): GapReason | undefined {
    return this.#refusal;
  }

  /** What all recordings take. */
  get bytes(): number {
    return [...this.#stores.values()].reduce((total, store) => total + store.bytes, 0);
  }

  get #counted(): number {
    return this.bytes + (this.#options.otherBytes?.() ?? 0);
  }

  /** What there is to see of a channel. @throws {MingchengError} RECORDING_OFF */
  async timeline(channel: string, fromMs: number, toMs: number): Promise<readonly Stretch[]> {
    const store = this.#stores.get(channel);
    if (store === undefined) throw new MingchengError("RECORDING_OFF", channel, { field: "channel" });
    // What comes is no gap.
    const asked = { fromMs, toMs: Math.min(toMs, this.#options.nowMs()) };
    const { segments, gaps } = await store.between(fromMs, asked.toMs);
    const writing = this.#recorders.get(channel)?.writing(this.#options.nowMs());
    return timelineOf(
      writing === undefined ? segments : [...segments, writing],
      [...gaps, ...this.silence(channel)],
      asked,
    );
  }

  /** True when there is less space than there has to be, or more is recorded than may be. @throws the system's error */
  async isShort(): Promise<boolean> {
    const { maxBytes, minFreeBytes, folder } = this.#options;
    const free = await (this.#options.freeBytes ?? freeOf)(folder);
    return free < minFreeBytes || (maxBytes !== null && this.#counted > maxBytes);
  }

  /** Why a channel has no picture now, since its last one; none while pictures come. */
  silence(channel: string): readonly RecordedGap[] {
    return this.#recorders.get(channel)?.silence(this.#options.nowMs()) ?? [];
  }

  /** Deletes what the limits ask for and looks at the space. Call every minute. @throws the system's error */
  async prune(): Promise<void> {
    for (const { id, limits } of this.#options.channels) await this.#pruneChannel(id, limits);
    await this.#pruneSpace();
  }

  async #pruneChannel(id: string, limits: RingLimits): Promise<void> {
    const store = this.#stores.get(id);
    if (store === undefined) return;
    const nowMs = Math.floor((this.#options.ageMs ?? this.#options.nowMs)() / hourMs) * hourMs;
    const most = limits.maxBytes;
    const target = most === null || store.bytes <= most ? most : Math.floor(most * (1 - clearBeyond));
    for (const day of store.days) {
      const segments = await store.segmentsOf(day);
      const rest = store.bytes - sum(segments);
      const allowed = target === null ? null : Math.max(0, target - rest);
      const { age, bytes } = overLimits(segments, { ...limits, maxBytes: allowed }, this.holds.spans(id), nowMs);
      if (age.length > 0) await this.#deleter.delete(store, { channel: id, cause: "age", segments: age }, day);
      if (bytes.length > 0) await this.#deleter.delete(store, { channel: id, cause: "bytes", segments: bytes }, day);
      if (age.length === 0 && bytes.length === 0) return;
    }
  }

  async #pruneSpace(): Promise<void> {
    const { maxBytes, minFreeBytes, folder } = this.#options;
    const free = await (this.#options.freeBytes ?? freeOf)(folder);
    const overQuota = maxBytes === null ? 0 : this.#counted - maxBytes;
    const need = Math.max(minFreeBytes - free, overQuota);
    let won = 0;
    if (need > 0) won = await this.#free(need + Math.floor(this.bytes * clearBeyond));
    const blocked = need > 0 && won < need;
    const held = this.holds.list().length > 0 && this.bytes > 0;
    this.#refusal = blocked ? (held ? "holds-full" : "disk-full") : undefined;
  }

  async #free(bytes: number): Promise<number> {
    let won = 0;
    for (const day of [...new Set([...this.#stores.values()].flatMap(({ days }) => days))].sort()) {
      if (won >= bytes) break;
      const all: ChannelSegment[] = [];
      for (const [channel, store] of this.#stores) {
        if (!store.days.includes(day)) continue;
        all.push(...(await store.segmentsOf(day)).map((segment) => ({ channel, segment })));
      }
      const chosen = toFree(all, bytes - won, (channel) => this.holds.spans(channel));
      for (const [channel, store] of this.#stores) {
        const segments = chosen.filter((one) => one.channel === channel).map(({ segment }) => segment);
        if (segments.length === 0) continue;
        await this.#deleter.delete(store, { channel, cause: "free-space", segments }, day);
        won += sum(segments);
      }
    }
    return won;
  }

  /** Ends all files; resolves when everything is durable. */
  async close(): Promise<void> {
    await Promise.all([...this.#recorders.values()].map((recorder) => recorder.close()));
  }
}
