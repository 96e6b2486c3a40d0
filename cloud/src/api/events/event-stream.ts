import type { LiveReading, RecordView, ServerEvent, WallAct } from "@mingcheng/protocols";
import { eventText, keepAlive, streamHead } from "./event-text.ts";

/** Where a stream's text goes: a response that is being written. */
export interface EventSink {
  /** Hands text on. */
  write(text: string): void;
  /** Octets that the reader has not taken yet. */
  unreadBytes(): number;
  /** Ends it; `hard`: at once, whatever is unread. */
  end(hard: boolean): void;
}

/** A piece of the ledger as streams pass it on. */
export interface RecordSlice {
  /** Everything up to this ledger number is in it, or is no record that can be shown. */
  readonly lsn: number;
  readonly records: readonly RecordView[];
}

/** A reader with more than this unread gets nothing more until it has read. */
export const maxUnreadBytes = 256 * 1024;
/** One that does not read for so long is cut off. */
const maxStuckMs = 30_000;
/** Who missed more records than this reads everything again: that is quicker than to be told of each. */
export const maxReplayed = 2_000;

type Part = Extract<ServerEvent, { name: "changed" }>["data"]["parts"][number];

/** One reader of live events: how far it is, what it missed. Never holds more than the socket's bounded buffer. */
export class EventStream {
  readonly #sink: EventSink;
  #lsn: number;
  #stuckSinceMs: number | null = null;
  #missed = false;

  constructor(sink: EventSink) {
    this.#sink = sink;
    this.#lsn = 0;
  }

  /** Ledger number up to which the reader knows everything. */
  get lsn(): number {
    return this.#lsn;
  }

  /** Greets the reader. `from`: where it left off; `lsn`: where the projections are now. */
  start(from: number | undefined, lsn: number, nowMs: number): void {
    const at = new Date(nowMs).toISOString();
    const resumed = from !== undefined && from <= lsn && lsn - from <= maxReplayed;
    this.#lsn = resumed ? from : lsn;
    this.#sink.write(`${streamHead}${eventText({ name: "hello", data: { at, lsn, resumed } }, this.#lsn)}`);
    if (from !== undefined && !resumed) this.#reload("too-old", lsn, nowMs);
  }

  /** True while the reader is behind `lsn` and takes more. */
  wants(lsn: number): boolean {
    return this.#lsn < lsn && this.#stuckSinceMs === null;
  }

  /** Passes on what follows the reader's place. */
  records({ lsn, records }: RecordSlice, nowMs: number): void {
    if (lsn <= this.#lsn) return;
    this.#lsn = lsn;
    if (records.length === 0) return;
    this.#send(eventText({ name: "records", data: { lsn, records: [...records] } }, lsn), nowMs);
  }

  /** Says that there is something behind the reader's place, not what. */
  moved(lsn: number, nowMs: number): void {
    this.#lsn = lsn;
    this.#send(eventText({ name: "records", data: { lsn, records: [] } }, lsn), nowMs);
  }

  /** Passes on what somebody wants this wall to show. */
  wall({ by, act }: { readonly by: string; readonly act: WallAct }, nowMs: number): void {
    this.#send(eventText({ name: "wall", data: { at: new Date(nowMs).toISOString(), by, act } }), nowMs);
  }

  changed(parts: readonly Part[], nowMs: number): void {
    const at = new Date(nowMs).toISOString();
    this.#send(eventText({ name: "changed", data: { at, parts: [...parts] } }), nowMs);
  }

  /** Unsettled values: a reader that is stuck simply does not get them. */
  live(readings: readonly LiveReading[], nowMs: number): void {
    if (readings.length === 0 || this.#stuckSinceMs !== null) return;
    this.#send(readings.map((data) => eventText({ name: "live", data })).join(""), nowMs);
  }

  /** Tells a reader that is too far behind to read everything again. */
  skipTo(lsn: number, nowMs: number): void {
    this.#reload("too-old", lsn, nowMs);
  }

  /** To be called now and then. Returns false when the reader was cut off. */
  check(lsn: number, nowMs: number): boolean {
    if (this.#stuckSinceMs === null) {
      if (this.#sink.unreadBytes() === 0) this.#sink.write(keepAlive(this.#lsn));
      return true;
    }
    this.recover(lsn, nowMs);
    if (this.#stuckSinceMs === null || nowMs - this.#stuckSinceMs < maxStuckMs) return true;
    this.#sink.end(true);
    return false;
  }

  /** The reader may have read on: goes on where it is, or tells it to read everything again. */
  recover(lsn: number, nowMs: number): void {
    if (this.#stuckSinceMs === null || this.#sink.unreadBytes() > maxUnreadBytes / 4) return;
    this.#stuckSinceMs = null;
    if (this.#missed || lsn - this.#lsn > maxReplayed) this.#reload("too-slow", lsn, nowMs);
  }

  /** The session is over. */
  signOut(nowMs: number): void {
    this.#sink.write(eventText({ name: "signed-out", data: { at: new Date(nowMs).toISOString() } }));
    this.#sink.end(false);
  }

  end(): void {
    this.#sink.end(false);
  }

  #reload(reason: "too-old" | "too-slow", lsn: number, nowMs: number): void {
    this.#lsn = lsn;
    this.#missed = false;
    const at = new Date(nowMs).toISOString();
    this.#send(eventText({ name: "reload", data: { at, lsn, reason } }, lsn), nowMs);
  }

  #send(text: string, nowMs: number): void {
    if (this.#stuckSinceMs !== null) {
      this.#missed = true;
      return;
    }
    this.#sink.write(text);
    if (this.#sink.unreadBytes() > maxUnreadBytes) this.#stuckSinceMs = nowMs;
  }
}
