import { unplacedTag } from "@mingcheng/protocols";
import type { AlertState } from "../alerts/alert.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { fieldsText, lineOf } from "./line-protocol.ts";
import type { PlaceTags, TaggedPlace } from "./place-tags.ts";
import type { SeriesBook } from "./series-book.ts";

/** An entry of an alert's history with the alert. */
interface EntryRow {
  readonly id: number;
  readonly alert: string;
  readonly atMs: number;
  readonly from: AlertState | null;
  readonly to: AlertState;
  readonly reason: string;
  readonly rule: string;
  readonly severity: string;
  readonly tier: string | null;
  readonly title: string;
  readonly gw: string;
  readonly site: string;
  readonly firedMs: number | null;
}

const entries = `SELECT history.id, history.alert, history.at_ms AS atMs, from_state AS "from", to_state AS "to",
    history.reason, rule, severity, tier, title, gw, site, fired_ms AS firedMs
  FROM history JOIN alert ON alert.id = history.alert
  WHERE history.id > ? AND dry = 0 ORDER BY history.id LIMIT ?`;

const offsets = 1_000_000;
const ended: ReadonlySet<AlertState> = new Set(["resolved", "closed"]);

/** What the alert came to with this entry. Those that ended before they fired are told nobody. */
const happenings = ({ from, to, reason, firedMs, atMs }: EntryRow) => {
  const became = (state: AlertState): boolean => to === state && from !== state;
  const fired = became("firing") && (from === null || from === "pending");
  const isEnd = ended.has(to) && from !== null && !ended.has(from);
  const sinceFired = firedMs === null ? null : Math.max(0, atMs - firedMs);
  const flags = [fired, became("acknowledged"), became("handled"), isEnd, reason === "escalated"];
  return {
    flags: flags.map((flag) => (flag ? 1 : 0)),
    responseMs: became("acknowledged") ? sinceFired : null,
    handlingMs: isEnd ? sinceFired : null,
  };
};

const titleOf = (text: string): string => {
  const { zh = "" } = JSON.parse(text) as { readonly zh?: string };
  return zh;
};

/** Where an alert belongs: the site it names, else its gateway's. */
export const placeOfAlert = (
  places: PlaceTags,
  { site, gw, atMs }: { readonly site: string; readonly gw: string; readonly atMs: number },
): TaggedPlace => {
  const named = places.ofSite(site, atMs);
  return named.site === unplacedTag.code && gw !== "" ? places.ofGateway(gw, atMs) : named;
};

/** Lines of the next entries of alerts' histories behind `after`, at most `limit`, and how far that is. */
export const alertLines = (
  alerts: SqliteDatabase,
  { series, places }: { readonly series: SeriesBook; readonly places: PlaceTags },
  { after, limit }: { readonly after: number; readonly limit: number },
): { readonly lines: string[]; readonly last: number; readonly more: boolean } => {
  const rows = alerts.prepare(entries).all(after, limit) as EntryRow[];
  const lines = rows
    .filter(({ from, to, firedMs }) => to !== "pending" && !(from === "pending" && firedMs === null))
    .map((row) => {
      const { id, gw, rule, severity, tier, atMs, to, reason, title, alert } = row;
      const { place } = placeOfAlert(places, row);
      const { flags, responseMs, handlingMs } = happenings(row);
      const of = series.of("alert", [
        ...place,
        ...(gw === "" ? [] : [["gw", gw] as const]),
        ["rule", rule],
        ["severity", severity],
        ["tier", tier ?? "none"],
      ]);
      const fields = [1, ...flags, responseMs, handlingMs, to, reason, titleOf(title), alert];
      return lineOf(of.prefix, fieldsText("alert", fields), atMs, id % offsets);
    });
  return { lines, last: rows.at(-1)?.id ?? after, more: rows.length === limit };
};
