import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Bilingual } from "../alerts/alert.ts";
import { AlertReader } from "../alerts/alert-reader.ts";
import { AlertStore } from "../alerts/alert-store.ts";
import { alertsMigrations, alertsPath } from "../alerts/alerts-database.ts";
import type { Audit } from "../audit/audit-event.ts";
import type { Channel } from "../channels/channel.ts";
import { Dispatcher } from "../channels/dispatcher.ts";
import type { ChannelSettings } from "../channels/index.ts";
import type { NotificationBody } from "../channels/notification.ts";
import type { FollowerStep } from "../cursor/follower-runner.ts";
import { LiveFirstRunner } from "../cursor/live-first-runner.ts";
import { DutyDesk } from "../duty/duty-desk.ts";
import { replyKeyOf } from "../duty/reply-key.ts";
import { Roster } from "../duty/roster.ts";
import type { Routing } from "../duty/routing/routing.ts";
import type { Figure } from "../health/figure.ts";
import type { LedgerReader, LiveLaneReader } from "../ledger/ledger-reader.ts";
import { openLedgerReader } from "../ledger/sqlite-ledger-reader.ts";
import { zoneClock } from "../register/model/validity.ts";
import { breakFile, mendFile, type WatchedFile, watchedFiles } from "../rules/broken-file.ts";
import { decodeKinds, timeOnly } from "../rules/decode-kinds.ts";
import { HintedGateways } from "../rules/hinted-gateways.ts";
import type { Places } from "../rules/places/places.ts";
import { noPlaces, RegisterPlaces } from "../rules/places/register-places.ts";
import type { AlertRule } from "../rules/rule.ts";
import { rulesSettings } from "../rules/rules-database.ts";
import { RulesFollower } from "../rules/rules-follower.ts";
import { openForReading, openForWriting, type SqliteDatabase } from "../store/database.ts";
import { ledgerPath, projectionsPath } from "../store/store-paths.ts";
import { unsettled } from "../store/unsettled.ts";
import type { LoopTimers, OpenFollower } from "./follower-loop.ts";
import { ReconcilePace } from "./reconcile-pace.ts";
import { StepPace } from "./step-pace.ts";

/** What the thread of rules, alerts and channels is started with. */
export interface AlertsThreadOptions {
  readonly dataDirectory: string;
  /** IANA time zone of the business day, and of calendars. */
  readonly timezone: string;
  readonly rules: readonly AlertRule[];
  readonly routing: Routing;
  readonly channels: readonly ChannelSettings[];
}

/** Names the site of an alert by the register as it is now. */
const siteNames = (register: SqliteDatabase | undefined, timezone: string) => {
  const roster = new Roster(register, zoneClock(timezone));
  return ({ gw, dev, startedAt }: NotificationBody["alert"]): string => {
    const startedMs = Date.parse(startedAt);
    const site = roster.siteOf(gw, dev, startedMs);
    return site === "" ? "" : roster.siteName(site, startedMs);
  };
};

/** What it works with. */
export interface AlertsThreadPorts {
  readonly channels: readonly Channel[];
  readonly timers: LoopTimers;
  readonly log: Pick<Logger, "error">;
  /** Notes who took an alert over by text message. */
  readonly audit: Audit;
  /** Centre's clock, milliseconds since 1970. */
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
  /** The ledger has grown. */
  onAppend(): void;
  /** Alerts or their history changed. */
  onChange(): void;
}

/** Rules, alerts and channels on a thread: judges the ledger, fires what has been pending, sends notifications. */
export class AlertsThread implements OpenFollower {
  readonly #ports: AlertsThreadPorts;
  readonly #ledger: LedgerReader & LiveLaneReader;
  readonly #database: SqliteDatabase;
  readonly #follower: RulesFollower;
  readonly #register: SqliteDatabase | undefined;
  readonly #gateways: HintedGateways;
  #runner: LiveFirstRunner;
  readonly #dispatcher: Dispatcher;
  readonly #duty: DutyDesk;
  readonly #alerts: AlertReader;
  readonly #steps = new StepPace();
  readonly #pace = new ReconcilePace();
  #quarantined: number;
  #historyId = 0;

  /** @throws SqliteError when a store does not open now; MingchengError STORE_TOO_NEW */
  constructor(options: Omit<AlertsThreadOptions, "channels">, ports: AlertsThreadPorts) {
    const { dataDirectory, timezone, rules, routing } = options;
    this.#ports = ports;
    this.#ledger = openLedgerReader(ledgerPath(dataDirectory), { asTexts: true });
    const registerPath = join(dataDirectory, "register.db");
    this.#register = existsSync(registerPath) ? openForReading(registerPath) : undefined;
    this.#gateways = new HintedGateways(projectionsPath(dataDirectory), ports.nowMs());
    let database: SqliteDatabase | undefined;
    try {
      const opened = openForWriting({ path: alertsPath(dataDirectory), migrations: alertsMigrations });
      database = opened;
      const places: Places =
        this.#register === undefined ? noPlaces(timezone) : new RegisterPlaces(this.#register, timezone);
      this.#follower = new RulesFollower({
        ...{ database: opened, rules, places, gateways: this.#gateways, nowMs: () => ports.nowMs() },
        ledgerHead: () => this.#ledger.head(),
        recordAt: (lsn) => this.#ledger.readAfter(lsn - 1, 1).find((record) => record.lsn === lsn),
      });
      this.#runner = this.#openRunner(opened);
      this.#alerts = new AlertReader(opened);
      for (const setting of rulesSettings) opened.pragma(setting);
      this.#dispatcher = new Dispatcher({
        database: opened,
        channels: ports.channels.filter(({ reach }) => reach === "room"),
        siteOf: siteNames(this.#register, timezone),
        nowMs: () => ports.nowMs(),
        random: () => ports.random(),
        later: (task, afterMs) => ports.timers.later(task, afterMs),
        onSettled: () => this.#tellChanges(),
        onFault: (error) => ports.log.error({ err: error }, "the outcome of a notification cannot be written now"),
      });
      this.#duty = new DutyDesk({
        ...{ database: opened, register: this.#register, routing, timezone, audit: ports.audit },
        channels: ports.channels.filter(({ reach }) => reach === "person"),
        replyKey: replyKeyOf(dataDirectory),
        nowMs: () => ports.nowMs(),
        random: () => ports.random(),
        later: (task, afterMs) => ports.timers.later(task, afterMs),
        onChange: () => this.#tellRooms(),
        onFault: (error) => ports.log.error({ err: error }, "what people are to be told cannot be written now"),
      });
      this.#quarantined = Number(opened.prepare("SELECT count(*) FROM quarantine").pluck().get());
      opened
        .transaction(() => {
          this.#follower.start();
          this.#dispatcher.start();
          this.#duty.start();
          // Nothing starts with files that are not good.
          for (const file of watchedFiles) mendFile(new AlertStore(opened), file, ports.nowMs());
        })
        .immediate();
      this.#database = opened;
    } catch (error) {
      database?.close();
      this.#register?.close();
      this.#ledger.close();
      throw error;
    }
    this.#ledger.onAppend(() => ports.onAppend());
    this.#duty.listen();
    this.#duty.wake();
    this.#dispatcher.wake();
  }

  #openRunner(database: SqliteDatabase): LiveFirstRunner {
    const decoders = { decode: decodeKinds(this.#follower.kinds), passOver: timeOnly };
    return new LiveFirstRunner(database, this.#ledger, this.#follower, decoders);
  }

  /** A file of rules or routing is not good: the administrator hears of it, what was before goes on. */
  fileInvalid(file: WatchedFile, reason: Bilingual): void {
    this.#transaction(() => breakFile(new AlertStore(this.#database), file, reason, this.#ports.nowMs()));
    this.#tellChanges();
  }

  #fileMended(file: WatchedFile): void {
    mendFile(new AlertStore(this.#database), file, this.#ports.nowMs());
  }

  /** Other rules from now on; their state goes on where they mean the same. */
  useRules(rules: readonly AlertRule[]): void {
    this.#transaction(() => {
      this.#follower.useRules(rules);
      this.#fileMended("rules");
    });
    // What was read for the rules before may lack kinds that are asked for now.
    this.#runner = this.#openRunner(this.#database);
    this.#tellChanges();
  }

  /** Another routing from now on; what is under way keeps its deadlines. */
  useRouting(routing: Routing): void {
    this.#transaction(() => {
      this.#duty.useRouting(routing);
      this.#fileMended("routing");
    });
    this.#tellChanges();
  }

  step(): FollowerStep {
    const step = unsettled(this.#database, () => this.#steps.run((limit) => this.#runner.step(limit)));
    this.#quarantined += step.refused;
    this.#pace.run(() => this.#reconcile());
    if (step.taken > 0) this.#tellChanges();
    return step;
  }

  /** The ledger was read to its end: what has been pending for long enough fires. */
  idle(): number | null {
    const nowMs = this.#ports.nowMs();
    const dueMs = this.#follower.nextDueMs();
    if (dueMs !== null && dueMs <= nowMs) this.#transaction(() => this.#follower.tick());
    this.#tellChanges();
    const nextMs = this.#follower.nextDueMs();
    return nextMs === null ? null : nextMs - this.#ports.nowMs();
  }

  #reconcile(): void {
    const lines = this.#ledger.lines();
    this.#transaction(() => this.#follower.reconcile(lines));
  }

  #transaction(body: () => unknown): void {
    try {
      this.#database.transaction(body).immediate();
    } catch (error) {
      this.#follower.forget();
      throw error;
    }
  }

  /**
   * Whoever changed the alerts, another thread included: notifications go out, screens are told. Who sends counts the attempt
   * first, in a commit that waits for the disk: it takes along what steps have committed without.
   */
  #tellChanges(): void {
    this.#duty.wake();
    this.#tellRooms();
  }

  #tellRooms(): void {
    this.#dispatcher.wake();
    const historyId = this.#alerts.lastEntryId();
    if (historyId !== this.#historyId) this.#ports.onChange();
    this.#historyId = historyId;
  }

  head(): number {
    return this.#ledger.head();
  }

  position(): number {
    return this.#runner.lsn;
  }

  quarantined(): number {
    return this.#quarantined;
  }

  figures(): readonly Figure[] {
    const alerts = Object.entries(this.#alerts.counts()).map(
      ([state, value]): Figure => ({
        name: "mingcheng_alerts",
        help: "Open alerts by state.",
        type: "gauge",
        value,
        labels: { state },
      }),
    );
    const ended = Object.entries(this.#dispatcher.ended()).map(
      ([outcome, value]): Figure => ({
        name: "mingcheng_notifications_total",
        help: "Notifications that left the queue since the start, by outcome.",
        type: "counter",
        value,
        labels: { outcome },
      }),
    );
    const queued: Figure = {
      name: "mingcheng_notifications_queued",
      help: "Notifications that wait or are being sent.",
      type: "gauge",
      value: this.#dispatcher.queued(),
    };
    return [...alerts, ...ended, queued, ...this.#duty.figures()];
  }

  async close(): Promise<void> {
    this.#ledger.close();
    await Promise.all([this.#dispatcher.close(), this.#duty.close()]);
    this.#register?.close();
    this.#gateways.close();
    this.#database.close();
  }
}
