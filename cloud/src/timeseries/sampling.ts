import type { FeedStores } from "./feed-stores.ts";
import { type FeedLag, type IngestFigures, IngestSampler } from "./ingest-sample.ts";
import { sampleLine, standingLines } from "./samples.ts";

const minuteMs = 60_000;
/** Samples that wait at most: five days of a city's gateways. The oldest go first. */
const mostWaiting = 2_000_000;

/** Takes a sample of everything once a minute and keeps it for the server. Call between transactions. */
export class Sampling {
  readonly #stores: FeedStores;
  readonly #overlapMs: number;
  readonly #ingest = new IngestSampler();
  #figures: IngestFigures | undefined;
  #minute = 0;

  constructor(stores: FeedStores, overlapMs: number) {
    this.#stores = stores;
    this.#overlapMs = overlapMs;
  }

  /** What the main thread says of the intake. */
  takeIngest(figures: IngestFigures): void {
    this.#figures = figures;
  }

  /** Takes the sample of this minute, once. False when it was taken. */
  take(nowMs: number, lag: Pick<FeedLag, "records" | "ms" | "refused">): boolean {
    const minute = Math.floor(nowMs / minuteMs);
    if (minute === this.#minute) return false;
    const { database, projections, register, places } = this.#stores;
    if (this.#stores.records() === undefined) return false;
    this.#stores.refreshPlaces();
    const sources = { projections, register, alerts: this.#stores.alerts(), feed: database, places };
    const lines = standingLines(sources, nowMs);
    const ingest = this.#ingestLine(nowMs, lag);
    if (ingest !== undefined) lines.push(ingest);
    const insert = database.prepare("INSERT INTO sample (at_ms, line) VALUES (?, ?)");
    database.transaction(() => {
      for (const line of lines) insert.run(minute * minuteMs, line);
      this.#tidy(nowMs);
    })();
    this.#minute = minute;
    return true;
  }

  #ingestLine(nowMs: number, lag: Pick<FeedLag, "records" | "ms" | "refused">): string | undefined {
    if (this.#figures === undefined) return undefined;
    const known = this.#stores.projections.prepare("SELECT count(*) FROM gateway_hint").pluck().get();
    const fields = this.#ingest.take(this.#figures, { ...lag, gatewaysKnown: Number(known) }, nowMs);
    return fields === null ? undefined : sampleLine("ingest", [], fields, nowMs);
  }

  #tidy(nowMs: number): void {
    const { database, state } = this.#stores;
    const sent = state.cursor("samples");
    const beforeMs = nowMs - 2 * this.#overlapMs - minuteMs;
    database.prepare("DELETE FROM sample WHERE id <= ? AND at_ms < ?").run(sent, beforeMs);
    database.prepare("DELETE FROM sample WHERE id <= (SELECT max(id) FROM sample) - ?").run(mostWaiting);
  }

  /** Samples that the server does not have yet. */
  waiting(): number {
    const { database, state } = this.#stores;
    return Number(database.prepare("SELECT count(*) FROM sample WHERE id > ?").pluck().get(state.cursor("samples")));
  }
}
