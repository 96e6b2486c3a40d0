import type { Figure } from "../health/figure.ts";
import type { SqliteDatabase } from "../store/database.ts";

const counted = (database: SqliteDatabase, sql: string): number => database.prepare(sql).pluck().get() as number;

/** Figures of who has alerts and of messages to people. `ended`: messages since the start, by outcome. */
export const dutyFigures = (database: SqliteDatabase, ended: ReadonlyMap<string, number>): readonly Figure[] => [
  {
    name: "mingcheng_alerts_last_resort",
    help: "Open alerts that the last resort has, because nobody on duty has them.",
    type: "gauge",
    value: counted(
      database,
      `SELECT count(*) FROM care JOIN alert ON alert.id = care.alert
       WHERE care.tier = 'last-resort' AND alert.ended_ms IS NULL`,
    ),
  },
  {
    name: "mingcheng_messages_waiting",
    help: "Things that people are still to be told, quotas and quiet hours included.",
    type: "gauge",
    value: counted(database, "SELECT count(*) FROM told WHERE state = 'waiting'"),
  },
  ...["sent", "delivered", "undelivered", "unconfirmed", "refused", "expired", "withdrawn"].map(
    (outcome): Figure => ({
      name: "mingcheng_messages_total",
      help: "Messages to people since the start, by what became of them.",
      type: "counter",
      value: ended.get(outcome) ?? 0,
      labels: { outcome },
    }),
  ),
];
