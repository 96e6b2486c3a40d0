import { type LineOfGateway, lineKey, MingchengError } from "@mingcheng/protocols";
import type { LedgerLine } from "../ledger/ledger-reader.ts";
import type { GatewayDecision } from "../register/gateway-decisions.ts";
import { inLanguage } from "./language.ts";

/** A place in a line: its record `seq`. */
export type LinePlace = LineOfGateway & { readonly seq: number };

/**
 * Reads `<ep>.<eid>`; of the eid the first digits are enough where no other line of the gateway begins so.
 * @throws {MingchengError} INPUT_INVALID when there is no such line, or more than one
 */
export const lineFromText = (lines: readonly LedgerLine[], text: string, field: string): LedgerLine => {
  const [, ep, eid] = /^([1-9]\d{0,15})\.([0-9a-f]{1,32})$/.exec(text) ?? [];
  const found = eid === undefined ? [] : lines.filter((line) => line.ep === Number(ep) && line.eid.startsWith(eid));
  const [line] = found;
  if (line !== undefined && found.length === 1) return line;
  const reason = found.length === 0 ? "no such line of this gateway" : "more than one line begins so";
  throw new MingchengError("INPUT_INVALID", `${text}: ${reason}; a line is written <ep>.<eid>`, { field });
};

/** Reads `<ep>.<eid>.<seq>`. @throws {MingchengError} INPUT_INVALID */
export const placeFromText = (lines: readonly LedgerLine[], text: string, field: string): LinePlace => {
  const cut = text.lastIndexOf(".");
  const seq = Number(text.slice(cut + 1));
  if (cut < 0 || !/^[1-9]\d{0,15}$/.test(text.slice(cut + 1)) || !Number.isSafeInteger(seq)) {
    throw new MingchengError("INPUT_INVALID", `${text}: a place is written <ep>.<eid>.<seq>`, { field });
  }
  const { ep, eid } = lineFromText(lines, text.slice(0, cut), field);
  return { ep, eid, seq };
};

const statusText = (status: LedgerLine["status"]): string =>
  status === "ok" ? inLanguage("正常", "ok") : inLanguage("有争议", "disputed");

/** Lines of a gateway as rows for people, in the order in which they were first heard of. */
export const lineRows = (lines: readonly LedgerLine[]): string[] => {
  const header = [
    inLanguage("线", "line"),
    inLanguage("状态", "status"),
    inLanguage("首次收到", "first heard"),
    inLanguage("已存", "stored"),
    inLanguage("末条", "head"),
    inLanguage("前一条线", "goes on from"),
  ];
  const rows = lines.map((line) => {
    const { predecessor } = line;
    const from = predecessor === null ? "-" : `${lineKey(predecessor)}.${predecessor.seq}`;
    const [stored, head] = [String(line.stored), String(line.heardHead)];
    return [lineKey(line), statusText(line.status), line.firstSeenAt, stored, head, from];
  });
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
};

/** A decision as one line for people. */
export const decisionText = ({ at, by, kind, kid, line, seq, reason }: GatewayDecision): string => {
  const place = line === null ? "" : `${lineKey(line)}${seq === null ? "" : `.${seq}`}`;
  const what = {
    "revoke-key": inLanguage(`吊销密钥 ${kid}，自 ${place} 起`, `key ${kid} revoked from ${place} on`),
    "keep-line": inLanguage(`以 ${place} 为准`, `${place} is the gateway's own`),
    replace: inLanguage("以新设备替换", "a new box takes its place"),
  }[kind];
  return `${at}  ${by}  ${what}${reason === "" ? "" : `  (${reason})`}`;
};
