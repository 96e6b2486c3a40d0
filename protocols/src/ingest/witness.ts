import { type LineOfGateway, lineKey, sameLine } from "../chain/line.ts";
import type { Witness } from "../messages/batch.ts";
import type { LedgerEffect, LedgerView, LineFacts } from "./ledger-view.ts";

/** Facts about a line the ledger has never heard of. */
export const unknownLine = (line: LineOfGateway): LineFacts => ({
  ep: line.ep,
  eid: line.eid,
  heardHead: 0,
  bornAt: null,
  shown: null,
  status: "ok",
  predecessor: null,
});

/** True when `a` was issued at or after `b`. A witness of a generation the ledger does not know is older than all. */
const notBefore = (view: LedgerView, a: Witness | null, b: Witness | null): boolean => {
  if (a === null || b === null) return false;
  const orderA = view.generationOrder(a.gen) ?? -1;
  const orderB = view.generationOrder(b.gen) ?? -1;
  return orderA > orderB || (orderA === orderB && orderA >= 0 && a.n >= b.n);
};

interface Step extends LineOfGateway {
  /** Where the next line of the descent left this one; infinite for the line itself. */
  readonly leftAt: number;
}

const descent = (start: LineFacts, byKey: ReadonlyMap<string, LineFacts>): Step[] => {
  const steps: Step[] = [{ ep: start.ep, eid: start.eid, leftAt: Number.POSITIVE_INFINITY }];
  const seen = new Set([lineKey(start)]);
  for (let at = start.predecessor; at !== null; at = byKey.get(lineKey(at))?.predecessor ?? null) {
    if (seen.has(lineKey(at))) break;
    seen.add(lineKey(at));
    steps.push({ ep: at.ep, eid: at.eid, leftAt: at.seq });
  }
  return steps;
};

/** True when `a` descends from the further tip at the place where the two parted; undecided goes to the one seen first. */
const isFurther = (view: LedgerView, a: LineFacts, b: LineFacts, all: readonly LineFacts[]): boolean => {
  const byKey = new Map(all.map((facts) => [lineKey(facts), facts] as const));
  const stepsB = descent(b, byKey);
  for (const step of descent(a, byKey)) {
    const other = stepsB.find((candidate) => sameLine(candidate, step));
    if (other !== undefined && other.leftAt !== step.leftAt) return step.leftAt > other.leftAt;
    if (other !== undefined) break;
  }
  return !notBefore(view, a.bornAt, b.bornAt);
};

/** What hearing from a running line brings about. */
export interface Hearing {
  readonly effects: readonly LedgerEffect[];
  /** Witness to show in the answers. */
  readonly witness: Witness;
}

/**
 * A running line was heard, showing the last witness it had received. New lines make the counter grow. Two lines that
 * each show a witness issued after the other was first seen were both alive at once: a clone. Leftovers, wills, replays
 * and rollbacks cannot show this.
 */
export const hearLine = (view: LedgerView, gw: string, line: LineOfGateway, shown: Witness | null): Hearing => {
  const effects: LedgerEffect[] = [];
  const known = view.line(gw, line) ?? unknownLine(line);
  let count = view.witnessCount();
  let facts = known;
  if (known.bornAt === null) {
    count++;
    const born = { gen: view.gen, n: count };
    effects.push({ type: "line-seen", gw, line, born });
    facts = { ...facts, bornAt: born };
  }
  if (shown !== null && view.generationOrder(shown.gen) !== undefined && !notBefore(view, known.shown, shown)) {
    effects.push({ type: "witness-shown", gw, line, witness: shown });
    facts = { ...facts, shown };
  }
  const all = view.lines(gw).map((other) => (sameLine(other, line) ? facts : other));
  if (effects.length > 0) effects.push(...clonesOf(view, gw, facts, all));
  return { effects, witness: { gen: view.gen, n: count } };
};

/** True when each of two lines has shown a witness issued after the other was first seen: both were alive at once. */
export const wereAliveAtOnce = (view: LedgerView, a: LineFacts, b: LineFacts): boolean =>
  a.bornAt !== null && b.bornAt !== null && notBefore(view, a.shown, b.bornAt) && notBefore(view, b.shown, a.bornAt);

const clonesOf = (view: LedgerView, gw: string, facts: LineFacts, all: readonly LineFacts[]): LedgerEffect[] => {
  const found: LedgerEffect[] = [];
  for (const other of all) {
    if (sameLine(other, facts) || !wereAliveAtOnce(view, facts, other)) continue;
    if (facts.status === "disputed" || other.status === "disputed") continue;
    const further = isFurther(view, facts, other, all);
    const [kept, disputed] = further ? [facts, other] : [other, facts];
    found.push({
      type: "clone",
      gw,
      kept: { ep: kept.ep, eid: kept.eid },
      disputed: { ep: disputed.ep, eid: disputed.eid },
    });
  }
  return found;
};
