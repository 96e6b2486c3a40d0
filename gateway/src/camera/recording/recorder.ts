import type { ChannelStore } from "./channel-store.ts";
import type { GapReason, RecordedGap, Segment } from "./segment.ts";
import { SegmentFile } from "./segment-file.ts";

/** A piece of a stream as it is relayed and recorded: fragments of a movie behind one beginning. */
export interface RecordedFragment {
  /** What a player needs first (`ftyp`, `moov`). The same object as long as nothing changed. */
  readonly begin: Uint8Array;
  /** One or more pairs of `moof` and `mdat`. */
  readonly bytes: Uint8Array;
  /** True when it begins with a key frame. */
  readonly key: boolean;
  readonly durationMs: number;
  /** When its first picture came in: by the wall clock, and by the one that never jumps. */
  readonly wallMs: number;
  readonly monoMs: number;
}

/** What a recorder works with. */
export interface RecorderOptions {
  readonly store: ChannelStore;
  /** A file is closed at the first key frame after so long. */
  readonly segmentMs: number;
  /** Why nothing may be written now; undefined: it may. */
  readonly refusal: () => GapReason | undefined;
  readonly onSegment: (segment: Segment) => void;
  readonly onGap: (gap: RecordedGap) => void;
  /** The disk failed; recording is tried again by itself. */
  readonly onFault: (error: unknown) => void;
}

/** More than this waits for no disk: what comes then is a gap. */
const mostWaitingBytes = 8 * 1024 * 1024;
/** After a fault of the disk the next try comes so much later. */
const tryAgainMs = 10_000;
/** Less than this between two segments is no gap. */
const seamMs = 1_500;
/** A fragment that takes so long to come makes a silence of it. */
const quietMs = 3_000;
/** The wall clock was set when it went so much faster or slower than the monotonic one. */
const clockStepMs = 2_000;

/** More changes of what is wrong in one silence are not told apart. */
const mostSilences = 50;
const mostUnlisted = 100;

interface Silence {
  readonly reason: GapReason;
  readonly fromMs: number;
}

const isFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");

/**
 * Records a channel: a file of some seconds after the other, cut at key frames, each durable before it is counted. Never
 * throws and never holds up the stream: a disk that is slow, full or broken makes a gap that says so.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  /** Fragments, and between them why nothing came, in their order. */
  readonly #waiting: (RecordedFragment | Silence)[] = [];
  #waitingBytes = 0;
  #working: Promise<void> | undefined;
  #file: SegmentFile | undefined;
  /** The beginning that the file has. */
  #written: Uint8Array | undefined;
  #lastEnd: { wallMs: number; monoMs: number | null } | undefined;
  /** Why nothing came, and since when, after the last picture; what the first one says holds from that picture on. */
  #silences: Silence[] = [{ reason: "gateway-down", fromMs: 0 }];
  #notBeforeMonoMs = Number.NEGATIVE_INFINITY;
  #overrun = false;
  /** Files that are whole and could not be entered in the index. */
  readonly #unlisted: Segment[] = [];
  /** Who waits for the present file to be whole. */
  #wanted: (() => void)[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
    const { lastEndMs } = options.store;
    if (lastEndMs !== null) this.#lastEnd = { wallMs: lastEndMs, monoMs: null };
  }

  /** Says why nothing will come from now on; the next gap names it. */
  explain(reason: GapReason, wallMs: number): void {
    const silence = { reason, fromMs: wallMs };
    const last = this.#waiting.at(-1);
    if (this.#working === undefined) this.#silence(silence);
    // Once for each silence, however often it is said: what waits stays bounded.
    else if (last !== undefined && "reason" in last) this.#waiting[this.#waiting.length - 1] = silence;
    else this.#waiting.push(silence);
  }

  #silence(silence: Silence): void {
    if (this.#silences.at(-1)?.reason === silence.reason) return;
    if (this.#silences.length >= mostSilences) this.#silences.pop();
    this.#silences.push(silence);
  }

  /** Why nothing has come since the last picture, up to now; none while pictures come. */
  silence(nowMs: number): readonly RecordedGap[] {
    const isQuiet = nowMs - (this.#lastEnd?.wallMs ?? nowMs) > quietMs;
    return this.#file === undefined || isQuiet ? this.#gapsUntil(nowMs) : [];
  }

  /** Resolves when what is being written now is whole: the file ends with the next key frame. At once when nothing is. */
  cut(): Promise<void> {
    const isIdle = this.#file === undefined && this.#working === undefined;
    return isIdle ? Promise.resolve() : new Promise((resolve) => this.#wanted.push(resolve));
  }

  /** What is being written and in no index yet, up to now while pictures come; undefined: nothing is. */
  writing(nowMs: number): { readonly startMs: number; readonly durationMs: number } | undefined {
    if (this.#file === undefined) return undefined;
    const { startMs, durationMs } = this.#file;
    const endMs = this.#lastEnd?.wallMs ?? startMs + durationMs;
    return { startMs, durationMs: (nowMs - endMs > quietMs ? endMs : Math.max(endMs, nowMs)) - startMs };
  }

  /** From the last picture until then, each stretch with what was known of it. */
  #gapsUntil(toMs: number): RecordedGap[] {
    const last = this.#lastEnd;
    if (last === undefined) return [];
    const silences: Silence[] = this.#silences.length > 0 ? this.#silences : [{ reason: "unknown", fromMs: 0 }];
    return silences.flatMap(({ reason, fromMs }, index) => {
      const next = silences[index + 1];
      const gap = {
        fromMs: Math.round(Math.max(last.wallMs, index === 0 ? 0 : fromMs)),
        toMs: Math.round(Math.min(toMs, next === undefined ? toMs : Math.max(next.fromMs, last.wallMs))),
        reason,
      };
      return gap.toMs > gap.fromMs ? [gap] : [];
    });
  }

  /** Takes a fragment; returns at once. */
  take(fragment: RecordedFragment): void {
    if (this.#overrun && (!fragment.key || this.#waitingBytes > 0)) return;
    this.#overrun = false;
    if (this.#waitingBytes + fragment.bytes.length > mostWaitingBytes) {
      this.#overrun = true;
      this.explain("disk-error", fragment.wallMs);
      return;
    }
    this.#waiting.push(fragment);
    this.#waitingBytes += fragment.bytes.length;
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if ("reason" in next) {
        this.#silence(next);
        continue;
      }
      await this.#write(next);
      this.#waitingBytes -= next.bytes.length;
    }
    this.#working = undefined;
  }

  async #write(fragment: RecordedFragment): Promise<void> {
    if (fragment.monoMs < this.#notBeforeMonoMs) return;
    const refusal = this.#options.refusal();
    if (refusal !== undefined) {
      await this.#end();
      this.#silence({ reason: refusal, fromMs: fragment.wallMs });
      return;
    }
    try {
      if (this.#mustCut(fragment)) await this.#finish();
      if (this.#file === undefined && !(await this.#begin(fragment))) return;
      await this.#file?.add(fragment.bytes, fragment.durationMs);
      this.#lastEnd = { wallMs: fragment.wallMs + fragment.durationMs, monoMs: fragment.monoMs + fragment.durationMs };
    } catch (error) {
      await this.#fail(error, fragment);
    }
  }

  #mustCut(fragment: RecordedFragment): boolean {
    const file = this.#file;
    if (file === undefined) return false;
    if (this.#clockMoved(fragment) || this.#written !== fragment.begin) return true;
    const silent = fragment.wallMs - (this.#lastEnd?.wallMs ?? fragment.wallMs) > seamMs;
    const isDue = file.durationMs >= this.#options.segmentMs || this.#wanted.length > 0;
    return silent || (fragment.key && isDue);
  }

  #clockMoved({ wallMs, monoMs }: RecordedFragment): boolean {
    const last = this.#lastEnd;
    if (last === undefined || last.monoMs === null) return false;
    return Math.abs(wallMs - last.wallMs - (monoMs - last.monoMs)) > clockStepMs;
  }

  /** Opens a file at a key frame; false: this fragment is none, and nothing can be played from it. */
  async #begin(fragment: RecordedFragment): Promise<boolean> {
    if (!fragment.key) return false;
    await this.#noteGap(fragment);
    const at = { number: this.#options.store.nextNumber(), startMs: Math.round(fragment.wallMs) };
    this.#file = await SegmentFile.create(this.#options.store.pathOf(at), at, fragment.begin);
    this.#written = fragment.begin;
    return true;
  }

  async #noteGap(fragment: RecordedFragment): Promise<void> {
    const last = this.#lastEnd;
    const moved = this.#clockMoved(fragment);
    if (moved) this.#silences = [{ reason: "clock-moved", fromMs: 0 }];
    const gaps = this.#gapsUntil(fragment.wallMs);
    this.#silences = [];
    if (last === undefined || fragment.wallMs - last.wallMs <= seamMs) return;
    for (const gap of gaps) {
      await this.#options.store.addGap(gap);
      this.#options.onGap(gap);
    }
    // Said once, even when the file that follows cannot be made.
    this.#lastEnd = { wallMs: fragment.wallMs, monoMs: fragment.monoMs };
  }

  async #finish(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    try {
      this.#unlisted.push(await file.finish());
      await this.#list();
    } finally {
      for (const resolve of this.#wanted.splice(0)) resolve();
    }
  }

  /** Enters what is whole: also what a full disk had no place for before. What is not entered now is found at the next start. */
  async #list(): Promise<void> {
    if (this.#unlisted.length > mostUnlisted) this.#unlisted.shift();
    for (let segment = this.#unlisted[0]; segment !== undefined; segment = this.#unlisted[0]) {
      await this.#options.store.add(segment);
      this.#unlisted.shift();
      this.#options.onSegment(segment);
    }
  }

  async #fail(error: unknown, { monoMs, wallMs }: RecordedFragment): Promise<void> {
    this.#notBeforeMonoMs = monoMs + tryAgainMs;
    this.#silence({ reason: isFull(error) ? "disk-full" : "disk-error", fromMs: wallMs });
    this.#options.onFault(error);
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    const path = await file.abandon();
    // What is whole in it counts; should that fail as well, it is found when the channel is opened again.
    await this.#options.store.salvage(path, file).catch(() => undefined);
  }

  async #end(): Promise<void> {
    try {
      await this.#finish();
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  /** Writes what waits, ends the file, resolves when it is durable. */
  async close(): Promise<void> {
    await this.#working;
    await this.#end();
  }
}
