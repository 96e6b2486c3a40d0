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
  const [lost, twice, invented]: [string[], string[], string[]] = [[], [], []];
  const places = new Map<string, StoredPlace[]>();
  for (const place of stored) {
    const sameLine = places.get(place.eid);
    if (sameLine === undefined) places.set(place.eid, [place]);
    else sameLine.push(place);
  }
  for (const { line, digests, receipted } of gateways) {
    const counts = new Uint8Array(digests.length + 1);
    for (const { seq, digest, gw } of places.get(line.eid) ?? []) {
      if (gw !== line.gw || digests[seq - 1] !== digest) invented.push(`${gw} ${seq}`);
      else {
        const count = (counts[seq] ?? 0) + 1;
        counts[seq] = count;
        if (count === 2) twice.push(`${gw} ${seq}`);
      }
    }
    places.delete(line.eid);
    const due = new Uint8Array(digests.length + 1);
    for (const { from, to, atMs: knownMs } of receipted) if (knownMs <= atMs) due.fill(1, from, to + 1);
    for (const [seq, isDue] of due.entries()) if (isDue === 1 && counts[seq] === 0) lost.push(`${line.gw} ${seq}`);
  }
  for (const unknown of [...places.values()].flat()) invented.push(`${unknown.gw} ${unknown.seq}`);
  return { lost, twice, invented };
};
