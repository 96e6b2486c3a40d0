import type { StoredPlace } from "./ledger-reading.ts";
import type { WatchedGateway } from "./watched-gateway.ts";

/** What is wrong with a ledger, as `<gateway> <seq>`. All empty: nothing. */
export interface LedgerVerdict {
  /** Receipted and not there. */
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  /** There, but never captured by that gateway, or not with these bytes. */
  readonly invented: readonly string[];
}

/** The verdict on a ledger in which everything is as it should be. */
export const faultless: LedgerVerdict = { lost: [], twice: [], invented: [] };

/** Holds the stored records against what gateways captured and saw receipted until `atMs` (milliseconds since 1970). */
export const judgeLedger = (
  stored: readonly StoredPlace[],
  gateways: readonly WatchedGateway[],
  atMs = Number.POSITIVE_INFINITY,
): LedgerVerdict => {
  const counts = new Map<string, number>();
  const invented: string[] = [];
  const byLine = new Map(gateways.map((watched) => [watched.line.eid, watched]));
  for (const { gw, eid, seq, digest } of stored) {
    const name = `${gw}/${eid} ${seq}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (byLine.get(eid)?.digests[seq - 1] !== digest) invented.push(name);
  }
  const lost = new Set<string>();
  for (const { line, receipted } of gateways) {
    for (const { from, to, atMs: knownMs } of receipted) {
      if (knownMs > atMs) continue;
      for (let seq = from; seq <= to; seq++) {
        const name = `${line.gw}/${line.eid} ${seq}`;
        if (!counts.has(name)) lost.add(name);
      }
    }
  }
  const twice = [...counts].filter(([, count]) => count > 1).map(([name]) => name);
  return { lost: [...lost], twice, invented };
};
