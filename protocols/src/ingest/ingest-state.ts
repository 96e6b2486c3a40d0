import { toHex } from "../bytes/bytes.ts";
import { type LineOfGateway, lineKey } from "../chain/line.ts";
import { type Interval, IntervalSet } from "../link/interval-set.ts";
import type { FullReceipt, Gone, State } from "../messages/link-messages.ts";
import type { IngestOutcome, LedgerEffect, LedgerView } from "./ledger-view.ts";
import { hearLine } from "./witness.ts";

type FullLine = FullReceipt["lines"][number];

/** Ranges that the ledger holds whole; what is held as a bare digest is left out, so that it is never freed. */
const provenRanges = (view: LedgerView, gw: string, line: LineOfGateway): FullLine["ranges"] => {
  const gaps = new IntervalSet(view.gaps(gw, line));
  const ranges: FullLine["ranges"] = [];
  for (const run of view.allRuns(gw, line)) {
    for (const part of gaps.missing(run.from, run.to)) {
      const h = part.to === run.to ? run.h : view.hash(gw, line, part.to);
      if (h !== undefined) ranges.push([part.from, part.to, toHex(h)]);
    }
  }
  return ranges;
};

const missingRanges = (view: LedgerView, gw: string, line: LineOfGateway, head: number): Interval[] => {
  const explained = new IntervalSet(view.allRuns(gw, line));
  for (const gap of view.gaps(gw, line)) explained.add(gap.from, gap.to);
  for (const part of view.disputed(gw, line)) explained.add(part.from, part.to);
  return explained.missing(1, Math.max(head, explained.last ?? 0));
};

/**
 * Answers a state with the full receipt: exactly what the centre has of every line the gateway names, and what it misses
 * of any line of that gateway it ever heard of.
 */
export const ingestState = (
  view: LedgerView,
  message: { readonly gw: string; readonly state: State },
): IngestOutcome => {
  const { gw, state } = message;
  const heard = hearLine(view, gw, state.line, state.witness);
  const effects: LedgerEffect[] = [...heard.effects];
  if (!state.online) return { effects, answers: [] };
  const heads = new Map<string, LineOfGateway & { head: number; named: boolean }>();
  for (const facts of view.lines(gw)) {
    heads.set(lineKey(facts), { ep: facts.ep, eid: facts.eid, head: facts.heardHead, named: false });
  }
  for (const line of state.lines) {
    const known = heads.get(lineKey(line))?.head ?? 0;
    if (line.head > known) {
      effects.push({ type: "head-heard", gw, line: { ep: line.ep, eid: line.eid }, head: line.head });
    }
    heads.set(lineKey(line), { ep: line.ep, eid: line.eid, head: Math.max(known, line.head), named: true });
  }
  const lines: FullLine[] = [];
  for (const { ep, eid, head, named } of heads.values()) {
    const line = { ep, eid };
    const missing = missingRanges(view, gw, line, head).map(({ from, to }): [number, number] => [from, to]);
    if (!named && missing.length === 0) continue;
    const disputed = view.disputed(gw, line).map(({ from, to }): [number, number] => [from, to]);
    lines.push({ ep, eid, ranges: named ? provenRanges(view, gw, line) : [], missing, disputed });
  }
  return {
    effects,
    answers: [{ v: 1, type: "full", nonce: state.nonce, lines, gen: view.gen, witness: heard.witness }],
  };
};

/** Names what nobody has any more. A gap is a statement, not an occupant: what arrives later and verifies fills it. */
export const ingestGone = (view: LedgerView, message: { readonly gw: string; readonly gone: Gone }): IngestOutcome => {
  const { gw, gone } = message;
  const explained = new IntervalSet(view.allRuns(gw, gone.line));
  for (const gap of view.gaps(gw, gone.line)) explained.add(gap.from, gap.to);
  // Only what was ever heard of can be missing: a statement about more would be an invention.
  const head = view.line(gw, gone.line)?.heardHead ?? 0;
  const effects = explained.missing(gone.from, Math.min(gone.to, head)).map(
    ({ from, to }): LedgerEffect => ({
      type: "gap-named",
      gw,
      line: gone.line,
      from,
      to,
      reason: gone.reason,
      receipt: gone.receipt,
    }),
  );
  return { effects, answers: [] };
};
