import type { FeedStores } from "./feed-stores.ts";
import { type FeedLag, type IngestFigures, IngestSampler } from "./ingest-sample.ts";
import { type Sample, sampleLine, standing } from "./samples.ts";

/** Samples that wait at most: five days of a city's gateways. The oldest go first. */
const mostWaiting = 2_000_000;

/** How often, and how long what was sent is kept to be sent again. */
export interface SamplingPace {
  readonly sampleMs: number;
  readonly overlapMs: number;
}

/** Takes a sample of everything once in every step, mostly a minute, and keeps it for the server. Call between transactions. */
export class Sampling {
  readonly #stores: FeedStores;
  readonly #pace: SamplingPace;
  readonly #ingest = new IngestSampler();
  #figures: IngestFigures | undefined;
  #lastMs = 0;

  constructor(stores: FeedStores, pace: SamplingPace) {
    this.#stores = stores;
    this.#pace = pace;
  }

  /** What the main thread says of the intake. */
  takeIngest(figures: IngestFigures): void {
    this.#figures = figures;
  }

  /** Takes the sample of this step, once, and dates it at its beginning. False when it was taken. */
  take(nowMs: number, lag: Pick<FeedLag, "records" | "ms" | "refused">): boolean {
    const atMs = Math.floor(nowMs / this.#pace.sampleMs) * this.#pace.sampleMs;
    if (atMs === this.#lastMs) return false;
    const { database, projections, register, places, spans } = this.#stores;
    if (this.#stores.records() === undefined) return false;
    this.#stores.refreshPlaces();
    const sources = { projections, register, alerts: this.#stores.alerts(), feed: database, places };
    const samples = standing(sources, nowMs);
    const ingest = this.#ingestSample(nowMs, lag);
    if (ingest !== undefined) samples.push(ingest);
    const insert = database.prepare("INSERT INTO sample (at_ms, line) VALUES (?, ?)");
    database.transaction(() => {
      for (const sample of samples) {
        insert.run(atMs, sampleLine(sample, atMs));
        spans.add(sample, atMs);
      }
      this.#tidy(nowMs);
    })();
    this.#lastMs = atMs;
    return true;
  }

  #ingestSample(nowMs: number, lag: Pick<FeedLag, "records" | "ms" | "refused">): Sample | undefined {
    if (this.#figures === undefined) return undefined;
    const known = this.#stores.projections.prepare("SELECT count(*) FROM gateway_hint").pluck().get();
    const fields = this.#ingest.take(this.#figures, { ...lag, gatewaysKnown: Number(known) }, nowMs);
    return fields === null ? undefined : { name: "ingest", tags: [], fields };
  }

  #tidy(nowMs: number): void {
    const { database, state, spans } = this.#stores;
    const sent = state.cursor("samples");
    const beforeMs = nowMs - 2 * this.#pace.overlapMs - this.#pace.sampleMs;
    database.prepare("DELETE FROM sample WHERE id <= ? AND at_ms < ?").run(sent, beforeMs);
    spans.tidy(beforeMs, state.cursor("spans"));
    database.prepare("DELETE FROM sample WHERE id <= (SELECT max(id) FROM sample) - ?").run(mostWaiting);
  }

  /** Samples that the server does not have yet. */
  waiting(): number {
    const { database, state } = this.#stores;
    return Number(database.prepare("SELECT count(*) FROM sample WHERE id > ?").pluck().get(state.cursor("samples")));
  }
}
