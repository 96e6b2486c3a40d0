import type { CentreParts } from "../centre-parts.ts";
import type { IngestFigures } from "./ingest-sample.ts";

/** What the feed is told of the centre itself. */
export const ingestFigures = ({ ledger, broker, following }: CentreParts): IngestFigures => {
  const counts = ledger?.counts();
  const { user, system } = process.cpuUsage();
  const lagOf = (follower: string): number =>
    following
      ?.figures()
      .find(({ name, labels }) => name === "mingcheng_following_lag_records" && labels?.["follower"] === follower)
      ?.value ?? 0;
  return {
    records: counts?.records ?? 0,
    batches: counts?.batches ?? 0,
    refused: (counts?.refused ?? 0) + (counts?.damaged ?? 0),
    busy: counts?.busy ?? 0,
    quarantined: counts?.quarantined ?? 0,
    commits: counts?.commits ?? 0,
    pendingMessages: ledger?.pending() ?? 0,
    gatewaysConnected: broker?.connected().length ?? 0,
    readingsLag: lagOf("readings"),
    alertsLag: lagOf("alerts"),
    rssBytes: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1_000,
  };
};
