import { type LineOfGateway, sameLine } from "../chain/line.ts";
import { epochBody } from "../records/bodies.ts";
import { decodeRecord } from "../records/record.ts";
import type { LedgerEffect, LedgerView } from "./ledger-view.ts";
import { wereAliveAtOnce } from "./witness.ts";

interface Leaving extends LineOfGateway {
  /** The last record of the parent that the new line knows of. */
  readonly seq: number;
}

const rollbackOf = (gw: string, line: LineOfGateway, parent: Leaving, knownHead: number): LedgerEffect => ({
  type: "rollback",
  gw,
  line: { ep: line.ep, eid: line.eid },
  parent: { ep: parent.ep, eid: parent.eid, seq: parent.seq },
  knownHead,
});

/** How much more the abandoned branch had nobody can say. */
const openEnd = (gw: string, line: LineOfGateway, heardHead: number): LedgerEffect => ({
  type: "gap-named",
  gw,
  line: { ep: line.ep, eid: line.eid },
  from: heardHead + 1,
  to: null,
  reason: "rollback",
  receipt: null,
});

/**
 * A line is heard of up to `head`. Leftovers of an abandoned branch may come in after the line that abandoned it: the
 * rollback shows only now.
 */
export const headHeard = (view: LedgerView, gw: string, line: LineOfGateway, head: number): LedgerEffect[] => {
  const heard = view.line(gw, line)?.heardHead ?? 0;
  if (head <= heard) return [];
  const effects: LedgerEffect[] = [{ type: "head-heard", gw, line: { ep: line.ep, eid: line.eid }, head }];
  for (const child of view.lines(gw)) {
    const left = child.predecessor;
    if (left === null || !sameLine(left, line) || left.seq >= head || left.seq < heard) continue;
    effects.push(rollbackOf(gw, child, left, head), openEnd(gw, line, head));
  }
  return effects;
};

/** A new box stands in the gateway's place: what the old one said of itself last is out of date. */
const boxReplaced = (view: LedgerView, gw: string, line: LineOfGateway): LedgerEffect[] =>
  view
    .lines(gw)
    .filter((other) => !sameLine(other, line))
    .map(({ ep, eid }) => ({ type: "clear-state", gw, line: { ep, eid } }));

/**
 * Who goes on from a disputed line is the same box: a restart decides nothing. Who goes on from a line that runs on beside it
 * is another: what was decided between the two stands, also when its epoch record comes in late.
 */
const inherited = (view: LedgerView, gw: string, line: LineOfGateway, parent: LineOfGateway): LedgerEffect[] => {
  const [own, before] = [view.line(gw, line), view.line(gw, parent)];
  if (before?.status !== "disputed" || own?.status === "disputed") return [];
  if (own !== undefined && wereAliveAtOnce(view, own, before)) return [];
  return [{ type: "line-status", gw, line: { ep: line.ep, eid: line.eid }, status: "disputed" }];
};

/** The epoch record says who came before: a rollback shows as a predecessor that is not its parent's tip. */
export const lineOpened = (view: LedgerView, gw: string, line: LineOfGateway, bytes: Uint8Array): LedgerEffect[] => {
  const decoded = decodeRecord(bytes);
  const body = decoded.ok && decoded.record.kind === "epoch" ? epochBody.safeParse(decoded.record.body) : undefined;
  if (body?.success !== true) return [];
  const { predecessor } = body.data;
  const effects: LedgerEffect[] = [{ type: "predecessor", gw, line, predecessor }];
  if (predecessor === null) return [...effects, ...(body.data.reason === "replace" ? boxReplaced(view, gw, line) : [])];
  const parent = { ep: predecessor.ep, eid: predecessor.eid };
  const heard = view.line(gw, parent)?.heardHead ?? 0;
  effects.push(...headHeard(view, gw, parent, predecessor.seq), ...inherited(view, gw, line, parent));
  const siblings = view
    .lines(gw)
    .filter((other) => !sameLine(other, line) && other.predecessor !== null && sameLine(other.predecessor, parent));
  const isBehind = heard > predecessor.seq;
  if (!isBehind && siblings.length === 0) return [...effects, { type: "clear-state", gw, line: parent }];
  effects.push(rollbackOf(gw, line, predecessor, heard));
  if (isBehind) effects.push(openEnd(gw, parent, heard));
  for (const sibling of siblings) effects.push(openEnd(gw, sibling, sibling.heardHead));
  return effects;
};
