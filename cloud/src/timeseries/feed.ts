import { seriesLayout } from "@mingcheng/protocols";
import { closeOldRecords } from "./closing.ts";
import { feedRound, type RoundDone } from "./feed-round.ts";
import type { FeedStores } from "./feed-stores.ts";
import { type DifferingHour, reconcile } from "./reconcile.ts";
import { resend } from "./resend.ts";
import type { SeriesServer } from "./series-server.ts";
import type { TimeseriesSettings } from "./settings.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** What the feed works with. */
export interface FeedPorts {
  readonly stores: FeedStores;
  readonly server: SeriesServer;
  /** Centre's clock, milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

/**
 * Single points before this are not sent. A server lets go of whole shards, and refuses what falls into one that is gone: an hour
 * less than it keeps is always taken.
 */
export const oldestKeptMs = (keepDays: number, nowMs: number): number => nowMs - keepDays * dayMs + 3_600_000;

/** How the feed stands. */
export interface FeedStanding {
  readonly points: number;
  readonly restarts: number;
  readonly sentAgain: number;
  readonly hoursFedAgain: number;
  readonly differing: readonly DifferingHour[];
  /** False after the server was asked for counts and knew no InfluxQL. */
  readonly canCompare: boolean;
}

/** Looks at the server itself so often, for a restart that no write has noticed. */
const lookEveryMs = 10_000;
const closeEveryMs = 600_000;
const reconcileEveryMs = 6 * 3_600_000;
const batchesPerRound = 8;
/** While gateways are sending, a round is short, so that it can be rested after. */
const batchesBesideOthers = 1;
const pointsBesideOthers = 500;

/**
 * Feeds a time series server from the ledger. One step at a time, driven from outside: it holds no timers and tries nothing
 * again by itself. A step that throws has changed nothing, and the next one does what it was to do.
 */
export class Feed {
  readonly #ports: FeedPorts;
  readonly #settings: TimeseriesSettings;
  #isReady = false;
  /** A request failed since the server accepted something last: it may have been away. */
  #isInDoubt = true;
  #closedMs = Number.NEGATIVE_INFINITY;
  #lookedMs = Number.NEGATIVE_INFINITY;
  /** Ledger number up to which the server has accepted everything. */
  #position: number;
  #head: number | undefined;
  #standing: FeedStanding = {
    ...{ points: 0, restarts: 0, sentAgain: 0, hoursFedAgain: 0, differing: [], canCompare: true },
  };

  constructor(ports: FeedPorts, settings: TimeseriesSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#position = ports.stores.state.cursor("records");
  }

  get standing(): FeedStanding {
    return this.#standing;
  }

  /**
   * Does what comes next: sets the server up, finds out whether it was started anew and sends the overlap again, feeds what is
   * new, compares. `more`: there is more to be fed at once.
   * @throws {ServerUnavailable} the server takes or answers nothing now; SqliteError when a store fails
   */
  async step(): Promise<RoundDone & { readonly isBesideOthers: boolean }> {
    try {
      await this.#look();
      const isBesideOthers = this.#isLedgerGrowing();
      const done = await this.#round(isBesideOthers ? batchesBesideOthers : batchesPerRound);
      if (!done.more) {
        await this.#compare();
        this.#close();
      }
      return { ...done, isBesideOthers };
    } catch (error) {
      this.#isInDoubt = true;
      throw error;
    }
  }

  /** True while gateways are sending: their receipts go first. */
  #isLedgerGrowing(): boolean {
    const head = this.#ports.stores.ledgerHead();
    const isGrowing = this.#head !== undefined && head > this.#head;
    this.#head = head;
    return isGrowing;
  }

  async #round(batches: number): Promise<RoundDone> {
    const { stores, server, nowMs } = this.#ports;
    const { batchPoints: most, overlapMinutes, reconcileDays: placesDays } = this.#settings;
    const batchPoints = batches === batchesBesideOthers ? Math.min(most, pointsBesideOthers) : most;
    const limits = { batchPoints, batches, placesDays, overlapMs: overlapMinutes * minuteMs };
    const done = await feedRound(stores, server, limits, nowMs());
    this.#position = stores.state.cursor("records");
    this.#standing = { ...this.#standing, points: this.#standing.points + done.lines };
    return done;
  }

  /** Sees to it that the server is there and still the one that took what was sent. */
  async #look(): Promise<void> {
    const { server, stores, monotonicMs } = this.#ports;
    const isDue = this.#isInDoubt || monotonicMs() - this.#lookedMs >= lookEveryMs;
    if (!isDue && stores.state.meta("resend-from") === undefined) return;
    const mark = await server.startMark();
    if (!this.#isReady) await server.setUp();
    this.#isReady = true;
    this.#settleRebuild(await this.#clearForRebuild());
    const { state, database } = stores;
    const known = state.meta("start-mark");
    const isAnew = known !== undefined && (mark === null ? this.#isInDoubt : mark !== known);
    database.transaction(() => {
      if (isAnew) this.#noteRestart();
      state.note("start-mark", mark ?? "");
    })();
    if (isAnew) await server.setUp();
    await this.#sendAgain();
    this.#lookedMs = monotonicMs();
    this.#isInDoubt = false;
  }

  #noteRestart(): void {
    const { state, database } = this.#ports.stores;
    this.#standing = { ...this.#standing, restarts: this.#standing.restarts + 1 };
    const acceptedMs = state.lastAcceptedMs();
    if (acceptedMs === null) return;
    const sinceMs = acceptedMs - this.#settings.overlapMinutes * minuteMs;
    const from = Math.min(state.markedAt(sinceMs), Number(state.meta("resend-from") ?? Number.POSITIVE_INFINITY));
    state.note("resend-from", String(from));
    state.drop("reconciled-at");
    // Samples and alerts of that time are sent again by their cursors.
    const sample = database.prepare("SELECT min(id) - 1 FROM sample WHERE at_ms >= ?").pluck().get(sinceMs);
    if (typeof sample === "number") state.move("samples", Math.min(sample, state.cursor("samples")));
    const spans = this.#ports.stores.spans.changesSince(sinceMs);
    if (spans !== undefined) state.move("spans", Math.min(spans, state.cursor("spans")));
    const alerts = this.#ports.stores.alerts();
    const entry = alerts?.prepare("SELECT min(id) - 1 FROM history WHERE at_ms >= ?").pluck().get(sinceMs);
    if (typeof entry === "number") state.move("alerts", Math.min(entry, state.cursor("alerts")));
  }

  async #sendAgain(): Promise<void> {
    const { stores, server, nowMs } = this.#ports;
    const { state, database } = stores;
    const from = state.meta("resend-from");
    if (from === undefined) return;
    const { batchPoints } = this.#settings;
    const range = { after: Number(from), last: state.cursor("records") };
    const sent = await resend(stores, server, range, { batchPoints, keepFromMs: this.#keepFromMs(nowMs()) });
    database.transaction(() => state.drop("resend-from"))();
    this.#standing = { ...this.#standing, sentAgain: this.#standing.sentAgain + sent };
  }

  /** Lets go of what is known of points that the server has let go of. */
  #close(): void {
    const now = this.#ports.nowMs();
    if (Math.abs(now - this.#closedMs) < closeEveryMs) return;
    if (!closeOldRecords(this.#ports.stores, this.#keepFromMs(now))) this.#closedMs = now;
  }

  #keepFromMs(nowMs: number): number {
    return oldestKeptMs(this.#settings.keepDays, nowMs);
  }

  /** True when everything is to be fed anew, and the server has let go of what it had. */
  async #clearForRebuild(): Promise<boolean> {
    const { stores, server, nowMs } = this.#ports;
    const { state } = stores;
    const place = JSON.stringify([this.#settings.api, this.#settings.url, this.#settings.database]);
    const known = state.meta("place");
    // Another server knows nothing of what this one was sent.
    const isElsewhere = known !== undefined && known !== place;
    if (known !== place) stores.database.transaction(() => state.note("place", place))();
    if (!isElsewhere && state.meta("rebuild") === undefined) return false;
    for (const [name, { origin, retention }] of Object.entries(seriesLayout)) {
      if (origin !== "sample" && !isElsewhere) await server.remove(name, retention, 0, nowMs() + 400 * dayMs);
    }
    return true;
  }

  #settleRebuild(isCleared: boolean): void {
    if (!isCleared) return;
    const { database, state } = this.#ports.stores;
    database.transaction(() => state.startOver())();
    this.#position = 0;
    this.#ports.stores.forget();
  }

  async #compare(): Promise<void> {
    const { stores, server, nowMs } = this.#ports;
    const { state, database } = stores;
    const now = nowMs();
    const last = state.meta("reconciled-at");
    if (!this.#standing.canCompare || (last !== undefined && now - Number(last) < reconcileEveryMs)) return;
    const { batchPoints, reconcileDays } = this.#settings;
    const span = { fromMs: now - reconcileDays * dayMs, nowMs: now, keepFromMs: this.#keepFromMs(now), batchPoints };
    const { compared, fedAgain, differing } = await reconcile(stores, server, span);
    database.transaction(() => state.note("reconciled-at", String(now)))();
    const { hoursFedAgain } = this.#standing;
    this.#standing = { ...this.#standing, canCompare: compared, hoursFedAgain: hoursFedAgain + fedAgain, differing };
  }

  /** Ledger records that were not fed yet, and how long the oldest of them has been there. */
  lag(): { readonly records: number; readonly ms: number } {
    const { stores, nowMs } = this.#ports;
    const [position, head] = [this.#position, stores.ledgerHead()];
    if (head <= position) return { records: 0, ms: 0 };
    const receivedMs = stores.receivedMs(position + 1);
    return { records: head - position, ms: receivedMs === null ? 0 : Math.max(0, nowMs() - receivedMs) };
  }
}
