import type { LiveReading, RecordView, ServerEvent, WallAct, WallList } from "@mingcheng/protocols";
import type { Cover } from "../../users/cover.ts";
import type { EventSink, RecordSlice } from "./event-stream.ts";
import { EventStream, maxReplayed } from "./event-stream.ts";
import type { LiveBoard } from "./live-board.ts";

/** What {@link EventHub} works with. */
export interface EventHubPorts {
  readonly live: LiveBoard;
  /** Records behind a ledger number, at most `limit`. May throw while the store cannot be read: it is tried again. */
  readonly recordsAfter: (lsn: number, limit: number) => RecordSlice;
  /** Ledger number that the projections contain. May throw likewise. */
  readonly position: () => number;
  /** Whether a fact of a device at a time is within what somebody may see, by the register as it is now. */
  readonly sees: (cover: Cover, gw: string, dev: string, atMs: number) => boolean;
  /** Takes in what changed in the register since the last call: sessions and scopes, or even where devices stand. */
  readonly refresh: () => "same" | "users" | "places";
  readonly nowMs: () => number;
}

/** Who opens a stream. */
export interface StreamReader {
  readonly session: string;
  /** Where the reader left off. */
  readonly from: number | undefined;
  /** What the reader may see now; undefined when the session has ended. Notes that it is in use. */
  readonly cover: () => Cover | undefined;
  /** Name of the wall that listens; left out: none. */
  readonly wall?: string | undefined;
  /** False: told only that there are records, not which, and no unsettled values. Left out: true. */
  readonly withRecords?: boolean;
}

/** One open stream, as its connection sees it. */
export interface OpenStream {
  /** The socket has been drained. */
  drained(): void;
  /** The connection is gone. */
  closed(): void;
}

/** Who listens: how many streams at most, for all and for one session. */
const maxStreams = 1_000;
const maxStreamsPerSession = 8;
/** Records per event. */
const sliceSize = 200;

interface Listener {
  readonly stream: EventStream;
  readonly session: string;
  readonly cover: StreamReader["cover"];
  readonly wall: string | undefined;
  readonly withRecords: boolean;
  /** As of the latest change of the register. */
  seen: Cover;
}

/**
 * Passes on to every open screen what happens: new records, changes, live values. Each reader has its own place in the
 * ledger; what several read at the same place is read from the store once. Nothing is kept for anybody.
 */
export class EventHub {
  readonly #ports: EventHubPorts;
  readonly #listeners = new Set<Listener>();
  #position = 0;
  #pushedOut = 0;

  constructor(ports: EventHubPorts) {
    this.#ports = ports;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Readers that were cut off because they did not read. */
  get pushedOut(): number {
    return this.#pushedOut;
  }

  /** Opens a stream; undefined when there are too many already. */
  open(sink: EventSink, who: StreamReader): OpenStream | undefined {
    this.#follow();
    const seen = who.cover();
    const own = [...this.#listeners].filter(({ session }) => session === who.session).length;
    if (this.#listeners.size >= maxStreams || own >= maxStreamsPerSession || seen === undefined) return undefined;
    const { nowMs, position, live } = this.#ports;
    this.#position = position();
    const stream = new EventStream(sink);
    const { session, cover, wall, withRecords = true } = who;
    const listener: Listener = { stream, session, cover, wall, withRecords, seen };
    this.#listeners.add(listener);
    stream.start(who.from, this.#position, nowMs());
    if (withRecords) stream.live(this.#liveFor(seen, live.fresh(nowMs())), nowMs());
    this.pump();
    return {
      drained: () => {
        stream.recover(this.#position, nowMs());
        this.pump();
      },
      closed: () => this.#listeners.delete(listener),
    };
  }

  /** The projections have moved: passes on what is new. */
  pump(): void {
    if (this.#listeners.size === 0) return;
    const { nowMs, position, recordsAfter } = this.#ports;
    this.#follow();
    this.#position = position();
    const slices = new Map<number, RecordSlice>();
    for (const { stream, seen, withRecords } of this.#listeners) {
      if (!withRecords) {
        if (stream.lsn !== this.#position) stream.moved(this.#position, nowMs());
        continue;
      }
      // A projection that was made anew starts from the beginning; so does the reader.
      if (stream.lsn > this.#position || this.#position - stream.lsn > maxReplayed) {
        if (stream.wants(Number.MAX_SAFE_INTEGER)) stream.skipTo(this.#position, nowMs());
        continue;
      }
      while (stream.wants(this.#position)) {
        const slice = slices.get(stream.lsn) ?? recordsAfter(stream.lsn, sliceSize);
        slices.set(stream.lsn, slice);
        if (slice.lsn <= stream.lsn) break;
        stream.records({ lsn: slice.lsn, records: this.#recordsFor(seen, slice.records) }, nowMs());
      }
    }
  }

  /** Something else than a new record changed. */
  changed(parts: Extract<ServerEvent, { name: "changed" }>["data"]["parts"]): void {
    this.#follow();
    for (const { stream } of this.#listeners) stream.changed(parts, this.#ports.nowMs());
  }

  /** Passes on the live values that moved since the last call. */
  pumpLive(): void {
    this.#follow();
    const moved = this.#ports.live.takeMoved();
    for (const { stream, seen, withRecords } of this.#listeners) {
      if (withRecords) stream.live(this.#liveFor(seen, moved), this.#ports.nowMs());
    }
  }

  /** Walls of a name that show nothing which `cover` does not contain. */
  #wallsFor(cover: Cover): Listener[] {
    this.#follow();
    return [...this.#listeners].filter(
      ({ wall, seen }) => wall !== undefined && (cover.whole || seen.key === cover.key),
    );
  }

  /** Open walls by name, as somebody with `cover` may tell them something. */
  walls(cover: Cover): WallList["walls"] {
    const screens = new Map<string, number>();
    for (const { wall = "" } of this.#wallsFor(cover)) screens.set(wall, (screens.get(wall) ?? 0) + 1);
    return [...screens].map(([name, count]) => ({ name, screens: count })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Tells every wall of a name what to show; returns how many there are. */
  tellWall(name: string, cover: Cover, { by, act }: { readonly by: string; readonly act: WallAct }): number {
    const walls = this.#wallsFor(cover).filter(({ wall }) => wall === name);
    for (const { stream } of walls) stream.wall({ by, act }, this.#ports.nowMs());
    return walls.length;
  }

  /** To be called every few seconds: keeps connections alive, ends those of ended sessions and of readers that are stuck. */
  check(): void {
    const nowMs = this.#ports.nowMs();
    this.#lookAtSessions();
    for (const listener of this.#listeners) {
      if (!listener.stream.check(this.#position, nowMs)) {
        this.#pushedOut++;
        this.#listeners.delete(listener);
      }
    }
    this.pump();
  }

  /** What changed in the register counts before anything more is passed on. */
  #follow(): void {
    const moved = this.#ports.refresh();
    if (moved === "same") return;
    this.#lookAtSessions();
    if (moved !== "places") return;
    // Names and places of what is shown already may be others now.
    for (const { stream } of this.#listeners) stream.changed(["readings", "alerts", "gateways"], this.#ports.nowMs());
  }

  #lookAtSessions(): void {
    for (const listener of this.#listeners) {
      const seen = listener.cover();
      if (seen === undefined) {
        listener.stream.signOut(this.#ports.nowMs());
        this.#listeners.delete(listener);
      } else listener.seen = seen;
    }
  }

  #recordsFor(cover: Cover, records: readonly RecordView[]): readonly RecordView[] {
    if (cover.whole) return records;
    return records.filter(({ gw, dev, at }) => this.#ports.sees(cover, gw, dev, Date.parse(at)));
  }

  #liveFor(cover: Cover, readings: readonly LiveReading[]): readonly LiveReading[] {
    if (cover.whole) return readings;
    return readings.filter(({ gw, dev, at }) => this.#ports.sees(cover, gw, dev, Date.parse(at)));
  }

  /** Ends every stream. */
  close(): void {
    for (const { stream } of this.#listeners) stream.end();
    this.#listeners.clear();
  }
}
