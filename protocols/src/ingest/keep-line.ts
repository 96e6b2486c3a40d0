import { type LineOfGateway, lineKey, sameLine } from "../chain/line.ts";
import type { LedgerEffect, LedgerView, LineFacts } from "./ledger-view.ts";
import { wereAliveAtOnce } from "./witness.ts";

type Tree = ReadonlyMap<string, LineFacts>;

const ancestorsOf = (line: LineFacts, tree: Tree): LineFacts[] => {
  const found: LineFacts[] = [];
  for (let at = line.predecessor; at !== null; ) {
    const parent = tree.get(lineKey(at));
    if (parent === undefined || sameLine(parent, line) || found.includes(parent)) break;
    found.push(parent);
    at = parent.predecessor;
  }
  return found;
};

const statusEffect = (gw: string, { ep, eid }: LineOfGateway, status: LineFacts["status"]): LedgerEffect => ({
  type: "line-status",
  gw,
  line: { ep, eid },
  status,
});

/**
 * An operator's decision after a clone: `line` is the gateway's own. It, the lines it goes on from and those that go on from
 * it count; every line that was alive at once with one of these is disputed, with all that leads only to it or goes on from
 * it. So is a line that the kept one goes on from, if it ran on beside it: what it held before the two parted is in dispute
 * with it. Nothing is removed, and nothing happens where nothing was in dispute.
 */
export const keepLine = (view: LedgerView, gw: string, line: LineOfGateway): LedgerEffect[] => {
  const all = view.lines(gw);
  const tree: Tree = new Map(all.map((facts) => [lineKey(facts), facts] as const));
  const kept = tree.get(lineKey(line));
  if (kept === undefined) return [];
  // The copy may have been taken while the original's line ran on: of these two only one box writes the one that is kept.
  const own = new Set([kept, ...ancestorsOf(kept, tree).filter((before) => !wereAliveAtOnce(view, before, kept))]);
  for (const facts of all) {
    const isHeir = ancestorsOf(facts, tree).includes(kept);
    // Of two heirs that were alive at once nobody has decided yet.
    if (isHeir && ![...own].some((other) => wereAliveAtOnce(view, facts, other))) own.add(facts);
  }
  const rivals = new Set(
    all.filter((facts) => !own.has(facts) && [...own].some((other) => wereAliveAtOnce(view, facts, other))),
  );
  // Of a line that has no predecessor, or whose epoch record is still to come, nobody knows what the two have in common.
  for (const rival of kept.predecessor === null ? [] : [...rivals]) {
    for (const before of ancestorsOf(rival, tree)) if (!own.has(before)) rivals.add(before);
  }
  for (const facts of all) {
    if (!own.has(facts) && ancestorsOf(facts, tree).some((before) => rivals.has(before))) rivals.add(facts);
  }
  return [
    ...[...own].filter(({ status }) => status !== "ok").map((facts) => statusEffect(gw, facts, "ok")),
    ...[...rivals].filter(({ status }) => status === "ok").map((facts) => statusEffect(gw, facts, "disputed")),
  ];
};
