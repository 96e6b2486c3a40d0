import { AlertStore, type NewAlert } from "../src/alerts/alert-store.ts";
import { alertsMigrations } from "../src/alerts/alerts-database.ts";
import type { AuditEvent } from "../src/audit/audit-event.ts";
import type { Channel, Delivery, Inbound, Outgoing } from "../src/channels/channel.ts";
import { DutyDesk } from "../src/duty/duty-desk.ts";
import { builtInRouting, loadRouting, routingText } from "../src/duty/routing/load-routing.ts";
import { parseRouting } from "../src/duty/routing/parse-routing.ts";
import type { Routing } from "../src/duty/routing/routing.ts";
import type { SqliteDatabase } from "../src/store/database.ts";
import { Database } from "../src/store/sqlite-engine.ts";
import { type ShortEntry, smallCity, testedRegister } from "./tested-register.ts";

/** In milliseconds. */
export const minute = 60_000;
/** In milliseconds. */
export const hour = 60 * minute;
/** A Tuesday, ten in the morning in Shanghai. */
export const tenOClockMs = Date.parse("2026-11-24T02:00:00Z");

/** People of the small city at every tier, two at the station. */
export const cityDuties: readonly ShortEntry[] = [
  ...smallCity,
  ...(
    [
      ["op", "13800000001", "chen.op"],
      ["lin", "13800000002", "lin.st"],
      ["wang", "13800000003", ""],
      ["wu", "13800000004", "wu.di"],
      ["li", "13800000005", ""],
    ] as const
  ).map(([code, phone, login]): ShortEntry => ["officers", { code, name: `${code}名`, phone, login }]),
  ["duties", { site: "songbai", tier: "operator", rank: "1", officer: "op" }],
  ["duties", { area: "yd", tier: "station", rank: "1", officer: "lin" }],
  ["duties", { area: "yd", tier: "station", rank: "2", officer: "wang" }],
  ["duties", { area: "sm", tier: "district", rank: "1", officer: "wu" }],
  ["duties", { area: "xm", tier: "city", rank: "1", officer: "li" }],
];

/** A provider that answers as told, and keeps what it got. */
export class TestedSms implements Channel {
  readonly reach = "person";
  /** Whether it asks before it sends once more. */
  asksFirst = false;
  readonly name: string;
  readonly got: Outgoing[] = [];
  answers: (Delivery | "hold" | Error)[] = [];
  inbound: Inbound | undefined;
  /** Whether what it took can be asked for later. */
  hasReceipts = false;
  readonly held: ((delivery: Delivery) => void)[] = [];

  constructor(name = "sms") {
    this.name = name;
  }

  listen(inbound: Inbound): void {
    this.inbound = inbound;
  }

  send(outgoing: Outgoing, signal: AbortSignal): Promise<Delivery> {
    this.got.push(outgoing);
    const answer = this.answers.shift();
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer === "hold") {
      return new Promise((resolve) => {
        this.held.push(resolve);
        signal.addEventListener("abort", () => resolve({ type: "failed", outcome: "stopped", lost: true }));
      });
    }
    const receipt = this.hasReceipts ? { receiptId: `${this.name}-${outgoing.body.id}` } : {};
    return Promise.resolve(answer ?? { type: "sent", outcome: "ok", ...receipt });
  }

  texts(): string[] {
    return this.got.map(({ recipient, message }) => `${recipient?.officer ?? ""}: ${message.text}`);
  }
}

/** Every tier in turn, with quiet hours and a digest. */
export const everyTier = async (): Promise<Routing> => {
  const read = parseRouting(await routingText(builtInRouting.replace("putian", "every-tier")));
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  return read.routing;
};

/** The built-in routing. */
export const putian = (): Promise<Routing> => loadRouting(null);

const emptyAlerts = (): SqliteDatabase => {
  const database = new Database(":memory:");
  database.pragma("foreign_keys = ON");
  for (const migration of alertsMigrations) migration(database);
  return database;
};

/** A desk over stores in memory and a clock that is turned by hand. */
export const testedDuty = (options: {
  readonly routing: Routing;
  readonly channels?: readonly Channel[];
  readonly duties?: readonly ShortEntry[];
  readonly database?: SqliteDatabase;
  /** Left out: a fault ends the test. */
  readonly faults?: (error: unknown) => void;
  /** True: the clock stands still. */
  readonly isCut?: () => boolean;
}) => {
  const { routing, channels = [new TestedSms()] } = options;
  const database = options.database ?? emptyAlerts();
  const register = testedRegister();
  register.put(...(options.duties ?? cityDuties));
  const clock = { nowMs: tenOClockMs };
  const audited: AuditEvent[] = [];
  let timers: { readonly task: () => void; readonly atMs: number }[] = [];
  let seed = 1;
  const start = (): DutyDesk => {
    const desk = new DutyDesk({
      replyKey: new Uint8Array(32).fill(7),
      ...{ database, register: register.database, channels, routing, timezone: "Asia/Shanghai" },
      audit: { append: (event) => audited.push(event) },
      nowMs: () => clock.nowMs,
      random: () => {
        seed = (seed * 16_807) % 2_147_483_647;
        return seed / 2_147_483_647;
      },
      later: (task, afterMs) => {
        const timer = { task, atMs: clock.nowMs + afterMs };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
      onChange: () => undefined,
      onFault:
        options.faults ??
        ((error) => {
          throw error;
        }),
    });
    database.transaction(() => desk.start()).immediate();
    desk.listen();
    return desk;
  };
  const state = { desk: start() };
  /** Lets everything that is under way come to its end. */
  const rest = async (): Promise<void> => {
    for (let turn = 0; turn < 12; turn++) await Promise.resolve();
  };
  const wake = async (): Promise<void> => {
    state.desk.wake();
    await rest();
  };
  /** Turns the clock on, from timer to timer. */
  const pass = async (ms: number): Promise<void> => {
    const untilMs = clock.nowMs + ms;
    await wake();
    for (;;) {
      const next = timers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > untilMs) break;
      timers = timers.filter((other) => other !== next);
      clock.nowMs = Math.max(clock.nowMs, next.atMs);
      next.task();
      await rest();
      if (options.isCut?.() === true) return;
    }
    clock.nowMs = untilMs;
    await wake();
  };
  const alerts = new AlertStore(database);
  const raise = (id: string, more: Partial<NewAlert> = {}): void => {
    const text = { zh: `快检阳性${id}`, en: `Positive ${id}` };
    const alert: NewAlert = {
      ...{
        id,
        rule: "test-positive",
        groupKey: JSON.stringify({ id }),
        labels: { specimen: id },
        severity: "attention",
      },
      ...{ title: text, next: text, runbook: "test-positive", owner: "role:inspector", ownerReason: "rule" },
      ...{ gw: "gw-1", dev: "tester-1", lsn: 7, late: false, startedMs: clock.nowMs, openedMs: clock.nowMs },
      ...{ site: "songbai", tier: "operator" },
      ...more,
    };
    database
      .transaction(() => alerts.open(alert, { to: "firing", reason: "condition-met", atMs: clock.nowMs }))
      .immediate();
  };
  const rows = (sql: string, ...values: unknown[]): unknown[] =>
    database
      .prepare(sql)
      .raw()
      .all(...values);
  return {
    ...{ database, register, clock, audited, alerts, raise, rows, pass, wake, rest },
    desk: () => state.desk,
    /** As after a crash: what was in memory is gone, and attempts under way are forgotten. */
    crash: (): void => {
      timers = [];
      state.desk = start();
    },
    /** Reasons of an alert's history, with who is concerned. */
    history: (id: string): string[] =>
      (
        database
          .prepare(
            `SELECT reason, json_extract(detail, '$.officer') AS officer, json_extract(detail, '$.why') AS why
             FROM history WHERE alert = ? ORDER BY id`,
          )
          .all(id) as { reason: string; officer: string | null; why: string | null }[]
      ).map(({ reason, officer, why }) => [reason, officer, why].filter((part) => part !== null).join(" ")),
  };
};
