import type { MessagePage, MessageQuery, MessageView } from "@mingcheng/protocols";
import type { Roster } from "../../duty/roster.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { legsOf, legsStatement } from "./duty-query.ts";
import { isoTime } from "./read-stores.ts";
import type { Seen } from "./seen.ts";

interface MessageRow {
  readonly id: string;
  readonly position: number;
  readonly officer: string;
  readonly template: MessageView["template"];
  readonly text: string;
  readonly code: string;
  readonly state: MessageView["state"];
  readonly reason: string | null;
  readonly alerts: number;
  readonly createdMs: number;
}

/** Messages that are looked at for one page of somebody who sees a part of them. */
const mostLooked = 5_000;
const mostAlerts = 100;

/** `138******21`: enough to tell two of them apart. */
export const maskedPhone = (phone: string): string =>
  phone.length < 7 ? "" : `${phone.slice(0, 3)}${"*".repeat(phone.length - 5)}${phone.slice(-2)}`;

const hidden = ({ text, code, template }: MessageRow): string => {
  if (template === "reply") return text.replace(/^\d{4}/u, "····");
  // Messages keep no code; one of them in its text would be a mistake of this program.
  return code === "" ? text : text.replace(/回复\d{4}签收/u, "回复····签收");
};

/**
 * Messages to people, the latest first: those about anything that `seen` contains; digests and answers for the whole centre.
 * `officer` of the query is a code, or a part of a name.
 */
export const messagePage = (
  alerts: SqliteDatabase,
  seen: Seen & { readonly roster: Roster; readonly nowMs: number },
  query: MessageQuery,
): MessagePage => {
  const { roster, nowMs, cover, places } = seen;
  const rows = alerts.prepare(
    `SELECT id, position, officer, template, text, code, state, reason, alerts, created_ms AS createdMs FROM message AS m
     WHERE position < @before AND (@state = '' OR state = @state)
       AND (@channel = '' OR EXISTS (SELECT 1 FROM leg WHERE leg.message = m.id AND leg.channel = @channel))
       AND (@alert = '' OR EXISTS (SELECT 1 FROM told WHERE told.message = m.id AND told.alert = @alert))
       AND (@officer = '' OR officer = @officer OR officer IN (SELECT value FROM json_each(@named)))
     ORDER BY position DESC LIMIT @limit`,
  );
  const told = alerts.prepare(
    `SELECT DISTINCT a.id, a.gw, a.dev, a.started_ms AS startedMs FROM told AS t JOIN alert AS a ON a.id = t.alert
     WHERE t.message = ? ORDER BY t.id LIMIT 1000`,
  );
  const legs = legsStatement(alerts);
  const { officer = "", state = "", channel = "", alert = "", limit } = query;
  const found: MessageView[] = [];
  let next: string | null = null;
  const named = JSON.stringify(roster.named(officer));
  const asked = { officer, named, state, channel, alert, before: Number(query.cursor ?? Number.MAX_SAFE_INTEGER) };
  const all = rows.all({ ...asked, limit: cover.whole ? limit + 1 : mostLooked }) as MessageRow[];
  for (const [index, row] of all.entries()) {
    if (found.length === limit) {
      next = String(all[index - 1]?.position ?? 0);
      break;
    }
    const of = told.all(row.id) as { id: string; gw: string; dev: string; startedMs: number }[];
    const own = cover.whole ? of : of.filter((one) => places.sees(cover, one.gw, one.dev, one.startedMs));
    if (!cover.whole && own.length === 0) continue;
    const isWhole = cover.whole || (own.length === of.length && row.alerts <= of.length);
    const known = roster.officer(row.officer, nowMs);
    found.push({
      ...{ id: row.id, at: isoTime(row.createdMs), template: row.template, state: row.state, reason: row.reason },
      officer: row.officer === "" ? null : { code: row.officer, name: known?.name ?? row.officer },
      phone: maskedPhone(known?.phone ?? ""),
      // What tells others' alerts, too, is not theirs to read.
      text: isWhole ? hidden(row) : "",
      alerts: isWhole ? row.alerts : own.length,
      alertIds: own.slice(0, mostAlerts).map(({ id }) => id),
      legs: legsOf(legs, row.id),
    });
  }
  if (next === null && all.length === mostLooked) next = String(all.at(-1)?.position ?? 0);
  const count = (sql: string): number => (cover.whole ? (alerts.prepare(sql).pluck().get() as number) : 0);
  return {
    ...{ asOf: isoTime(nowMs), messages: found, next },
    waiting: count("SELECT count(*) FROM told WHERE state = 'waiting'"),
    held: count(
      "SELECT count(*) FROM told WHERE state = 'waiting' AND reason IN ('quiet', 'quota', 'budget', 'interval', 'sending')",
    ),
  };
};
