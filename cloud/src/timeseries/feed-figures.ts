import type { Figure } from "../health/figure.ts";
import type { FeedStanding } from "./feed.ts";

/** Everything that is told of the feed. */
export interface FeedFigures {
  readonly standing: FeedStanding;
  readonly lag: { readonly records: number; readonly ms: number };
  readonly refused: number;
  readonly samplesWaiting: number;
  readonly faults: number;
  readonly isAvailable: boolean;
}

/** Behind for so long, and an operator must hear of it. */
const worryingLagMs = 10 * 60_000;

/** Figures for `/metrics`. */
export const feedFigures = ({ standing, lag, refused, samplesWaiting, faults, isAvailable }: FeedFigures): Figure[] => {
  const counter = (name: string, help: string, value: number): Figure => ({
    ...{ name: `mingcheng_timeseries_${name}_total`, help, type: "counter", value },
  });
  const gauge = (name: string, help: string, value: number): Figure => ({
    ...{ name: `mingcheng_timeseries_${name}`, help, type: "gauge", value },
  });
  return [
    counter("points", "Lines that the server has accepted since the start.", standing.points),
    counter("restarts", "Restarts of the server that were noticed.", standing.restarts),
    counter("points_sent_again", "Points sent again after restarts.", standing.sentAgain),
    counter("hours_fed_again", "Hours fed again because the counts differed.", standing.hoursFedAgain),
    counter("faults", "Failed attempts since the start.", faults),
    gauge("hours_differing", "Hours whose counts differ even so.", standing.differing.length),
    gauge("comparable", "1 while the server can be asked for counts.", standing.canCompare ? 1 : 0),
    gauge("available", "1 while the server takes points.", isAvailable ? 1 : 0),
    gauge("lag_records", "Ledger records not fed yet.", lag.records),
    gauge("lag_seconds", "Time since the oldest of them was received.", lag.ms / 1_000),
    gauge("refused_points", "Points that the server refused, set apart.", refused),
    gauge("samples_waiting", "Samples that wait for the server.", samplesWaiting),
  ];
};

/** What an operator must hear of; null while all is well. */
export const feedWarning = ({ standing, lag, refused }: FeedFigures, fault: string | null): string | null => {
  if (lag.ms > worryingLagMs) {
    const why = fault === null ? "" : `: ${fault}`;
    return `the time series server lags ${Math.round(lag.ms / 60_000)} minutes behind${why}`;
  }
  const [hour] = standing.differing;
  if (hour !== undefined) {
    const at = new Date(hour.startMs).toISOString();
    return `the time series server has ${hour.found} of ${hour.expected} points of ${hour.measurement} from ${at}`;
  }
  return refused === 0 ? null : `the time series server refused ${refused} points`;
};
