import type { FieldValue } from "./line-protocol.ts";

/** Counts since the start of the centre, and what is so now; the main thread tells them to the feed. */
export interface IngestFigures {
  readonly records: number;
  readonly batches: number;
  readonly refused: number;
  readonly busy: number;
  readonly quarantined: number;
  readonly commits: number;
  readonly pendingMessages: number;
  readonly gatewaysConnected: number;
  readonly readingsLag: number;
  readonly alertsLag: number;
  readonly rssBytes: number;
  /** Processor time of the process so far. */
  readonly cpuMs: number;
}

/** What the feed itself adds. */
export interface FeedLag {
  readonly gatewaysKnown: number;
  readonly records: number;
  readonly ms: number;
  readonly refused: number;
}

const counted = ["records", "batches", "refused", "busy", "quarantined", "commits"] as const;

/** Fields of a sample of `ingest`: what is counted is counted since the sample before. */
export class IngestSampler {
  #before: { readonly figures: IngestFigures; readonly atMs: number } | undefined;

  /** Null at the first call: there is nothing to compare with. */
  take(figures: IngestFigures, lag: FeedLag, atMs: number): FieldValue[] | null {
    const before = this.#before;
    this.#before = { figures, atMs };
    if (before === undefined || atMs <= before.atMs) return null;
    const since = counted.map((name) => Math.max(0, figures[name] - before.figures[name]));
    const cpu = ((figures.cpuMs - before.figures.cpuMs) / (atMs - before.atMs)) * 100;
    return [
      ...since,
      ...[
        figures.pendingMessages,
        figures.gatewaysConnected,
        lag.gatewaysKnown,
        figures.readingsLag,
        figures.alertsLag,
      ],
      ...[lag.records, lag.ms, lag.refused, Math.round(atMs - lag.ms), figures.rssBytes],
      Math.max(0, Math.round(cpu * 10) / 10),
    ];
  }
}
