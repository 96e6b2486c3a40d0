import { type LineOfGateway, sameLine } from "../chain/line.ts";
import type { State } from "../messages/link-messages.ts";
import type { GatewayKey, LedgerView } from "./ledger-view.ts";

/**
 * True when a seal over `seq` of `line` by this key no longer counts. A revocation names one place. Behind it lies the rest
 * of its line, every line first heard of after that line, and of an earlier line whatever lies behind the head that was
 * heard of: whoever stole the key can open lines and extend them, but cannot have been heard of before.
 */
export const isRevokedAt = (
  view: LedgerView,
  gw: string,
  { revokedFrom }: GatewayKey,
  line: LineOfGateway,
  seq: number,
): boolean => {
  if (revokedFrom === null) return false;
  if (sameLine(revokedFrom, line)) return seq >= revokedFrom.seq;
  const lines = view.lines(gw);
  const at = lines.findIndex((facts) => sameLine(facts, line));
  const named = lines.findIndex((facts) => sameLine(facts, revokedFrom));
  return at < 0 || (named >= 0 && at > named) || seq > (lines[at]?.heardHead ?? 0);
};

/**
 * What a state says that is signed by a revoked key: of lines and heads only what was heard of before, so that nobody can
 * push the place of the revocation forward.
 */
export const withoutNews = (view: LedgerView, gw: string, state: State): State => {
  const lines = state.lines.flatMap((line) => {
    const heard = view.line(gw, line)?.heardHead ?? 0;
    return heard === 0 ? [] : [{ ...line, head: Math.min(line.head, heard) }];
  });
  return { ...state, lines };
};
