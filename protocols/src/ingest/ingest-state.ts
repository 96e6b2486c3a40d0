import { toHex } from "../bytes/bytes.ts";
import { type LineOfGateway, lineKey } from "../chain/line.ts";
import { type Interval, IntervalSet } from "../link/interval-set.ts";
import type { FullReceipt, Gone, State } from "../messages/link-messages.ts";
import type { IngestOutcome, LedgerEffect, LedgerView } from "./ledger-view.ts";
import { headHeard } from "./lineage.ts";
import { hearLine } from "./witness.ts";

type FullLine = FullReceipt["lines"][number];

/**
 * What the ledger holds whole, and what as a bare digest, which must never be freed. A gateway that was rolled back cannot
 * check h of a record it does not have any more, so a range that goes on behind its `head` is cut there.
 */
const heldRanges = (
  view: LedgerView,
  gw: string,
  line: LineOfGateway,
  head: number,
): Pick<FullLine, "ranges" | "digests"> => {
  const gaps = new IntervalSet(view.gaps(gw, line));
  const ranges: FullLine["ranges"] = [];
  const digests: FullLine["digests"] = [];
  const add = (from: number, to: number, known?: Uint8Array): void => {
    const h = known ?? view.hash(gw, line, to);
    if (h !== undefined && from <= to) ranges.push([from, to, toHex(h)]);
  };
  for (const run of view.allRuns(gw, line)) {
    for (const { from, to } of gaps.missing(run.from, run.to)) {
      if (from <= head && head < to) add(from, head);
      add(from <= head && head < to ? head + 1 : from, to, to === run.to ? run.h : undefined);
    }
    for (const { from, to } of gaps.within(run.from, run.to)) digests.push([from, to]);
  }
  return { ranges, digests };
};

/** Records of a line that are stored, named as gone or kept apart: nothing is missing there. */
const explainedOf = (view: LedgerView, gw: string, line: LineOfGateway): IntervalSet => {
  const explained = new IntervalSet(view.allRuns(gw, line));
  for (const part of [...view.gaps(gw, line), ...view.disputed(gw, line)]) explained.add(part.from, part.to);
  return explained;
};

/** The parts of [from, to] that are missing, up to the furthest record ever heard of, be it a disputed one. */
const missingWithin = (
  view: LedgerView,
  gw: string,
  line: LineOfGateway,
  range: Interval,
  head: number,
): Interval[] => {
  const explained = explainedOf(view, gw, line);
  return explained.missing(range.from, Math.min(range.to, Math.max(head, explained.last ?? 0)));
};

const everything: Interval = { from: 1, to: Number.MAX_SAFE_INTEGER };

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
  const named = new Map(state.lines.map((line) => [lineKey(line), line.head]));
  const heads = new Map<string, LineOfGateway & { readonly head: number }>();
  for (const { ep, eid, heardHead } of view.lines(gw)) heads.set(lineKey({ ep, eid }), { ep, eid, head: heardHead });
  for (const { ep, eid, head } of state.lines) {
    effects.push(...headHeard(view, gw, { ep, eid }, head));
    const known = heads.get(lineKey({ ep, eid }))?.head ?? 0;
    heads.set(lineKey({ ep, eid }), { ep, eid, head: Math.max(known, head) });
  }
  const lines: FullLine[] = [];
  for (const [key, { ep, eid, head }] of heads) {
    const line = { ep, eid };
    const missing = missingWithin(view, gw, line, everything, head).map(({ from, to }): [number, number] => [from, to]);
    const ownHead = named.get(key);
    if (ownHead === undefined && missing.length === 0) continue;
    const disputed = view.disputed(gw, line).map(({ from, to }): [number, number] => [from, to]);
    const held = ownHead === undefined ? { ranges: [], digests: [] } : heldRanges(view, gw, line, ownHead);
    lines.push({ ep, eid, ...held, missing, disputed });
  }
  return {
    effects,
    answers: [{ v: 1, type: "full", nonce: state.nonce, lines, gen: view.gen, witness: heard.witness }],
  };
};

/** Names what nobody has any more. A gap is a statement, not an occupant: what arrives later and verifies fills it. */
export const ingestGone = (view: LedgerView, message: { readonly gw: string; readonly gone: Gone }): IngestOutcome => {
  const { gw, gone } = message;
  // Only what was ever heard of can be missing: a statement about more would be an invention.
  const head = view.line(gw, gone.line)?.heardHead ?? 0;
  const effects = missingWithin(view, gw, gone.line, gone, head).map(
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
