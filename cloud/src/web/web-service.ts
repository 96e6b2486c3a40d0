import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { Server as TlsServer } from "node:tls";
import { MingchengError } from "@mingcheng/protocols";
import { acknowledgeAlert } from "../alerts/alert-actions.ts";
import { alertsMigrations, alertsPath } from "../alerts/alerts-database.ts";
import type { ApiPorts } from "../api/api-routes.ts";
import { CentreReader } from "../api/centre-reader.ts";
import { EventHub } from "../api/events/event-hub.ts";
import { LiveBoard } from "../api/events/live-board.ts";
import { ExportDesk, type RunExport } from "../api/exports/export-desk.ts";
import { ReadStores } from "../api/queries/read-stores.ts";
import { auditHeadPath } from "../audit/audit-head.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { auditOver } from "../audit/open-audit.ts";
import { Seldom } from "../audit/seldom.ts";
import { type AuditReport, verifyAudit } from "../audit/verify-audit.ts";
import type { CentreCard, EnrolOptions } from "../enrol/enrol-routes.ts";
import type { FollowingPart } from "../following/progress-channel.ts";
import type { Figure } from "../health/figure.ts";
import { loadSigners } from "../keys/centre-keys.ts";
import { PlaceFinder } from "../register/attribution/place-finder.ts";
import { GatewayRegister } from "../register/gateway-register.ts";
import { zoneClock } from "../register/model/validity.ts";
import { openRegister } from "../register/register-database.ts";
import { ReportDesk, type RunReport } from "../reports/report-desk.ts";
import { KeptReports } from "../reports/shelf/kept-reports.ts";
import { software } from "../software.ts";
import { openForWriting, type SqliteDatabase } from "../store/database.ts";
import { LoginDesk } from "../users/login.ts";
import { LoginGuard } from "../users/login-guard.ts";
import { noteLogin } from "../users/login-notes.ts";
import { type PasswordCost, passwordCost } from "../users/password.ts";
import { SessionBook, type SessionLimits } from "../users/session-book.ts";
import { firstAdministrator, UserRegister } from "../users/user-register.ts";
import { type BuiltServer, buildServer, type Refusal } from "./build-server.ts";
import { followRegister } from "./follow-register.ts";
import { WebCounts } from "./web-figures.ts";
import type { WebThreadData } from "./web-messages.ts";

/** What {@link WebService} works with besides its data: injected, so that tests choose. */
export interface WebServicePorts {
  readonly nowMs: () => number;
  readonly log: (level: "info" | "warn" | "error", text: string, detail: Readonly<Record<string, unknown>>) => void;
  readonly passwordCost?: PasswordCost;
  readonly sessionLimits?: SessionLimits;
  readonly perMinute?: number;
  readonly runExport?: RunExport;
  /** Reads reports; left out: on a thread. */
  readonly runReport?: RunReport;
}

/** The same refusal of the same user is noted so often at most. */
const refusalsEveryMs = 10 * 60_000;

const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

/** The web thread's parts, wired: stores, users, API, live events, HTTPS. */
export class WebService {
  readonly #data: WebThreadData;
  readonly #ports: WebServicePorts;
  readonly #register: SqliteDatabase;
  readonly #stores: ReadStores;
  readonly #reader: CentreReader;
  readonly #live = new LiveBoard();
  readonly #hub: EventHub;
  readonly #counts = new WebCounts();
  readonly #sessions: SessionBook;
  readonly #places: PlaceFinder;
  readonly #exports: ExportDesk;
  readonly #reports: ReportDesk;
  readonly #kept: KeptReports;
  readonly #refusals = new Seldom(refusalsEveryMs);
  readonly #strangers = new Seldom(refusalsEveryMs);
  #alerts: SqliteDatabase | undefined;
  #server: BuiltServer | undefined;
  #card: CentreCard;
  #fault: string | null = null;

  /** @throws {MingchengError} STORE_TOO_NEW; SqliteError when the register cannot be opened */
  constructor(data: WebThreadData, ports: WebServicePorts) {
    this.#data = data;
    this.#card = data.card;
    this.#ports = ports;
    this.#register = openRegister(data.dataDirectory);
    this.#stores = new ReadStores(data.dataDirectory);
    this.#places = new PlaceFinder({
      database: () => this.#stores.database("register"),
      version: () => this.#stores.version("register"),
    });
    this.#exports = new ExportDesk(data.dataDirectory, ports.runExport);
    const { runReport: run } = ports;
    this.#reports = new ReportDesk({
      ...{ dataDirectory: data.dataDirectory, timezone: data.config.timezone, nowMs: ports.nowMs },
      ...(run === undefined ? {} : { run }),
    });
    this.#kept = new KeptReports({
      ...{ dataDirectory: data.dataDirectory, settings: data.config.reports, timezone: data.config.timezone },
      ...{ register: this.#register, desk: this.#reports, nowMs: ports.nowMs, log: ports.log },
    });
    this.#sessions = new SessionBook(this.#register, ports.sessionLimits);
    const { nowMs } = ports;
    this.#reader = new CentreReader({
      ...{ stores: this.#stores, places: this.#places, timezone: data.config.timezone, nowMs },
      onAlertsUnreadable: (error) => this.#note(error),
    });
    this.#hub = new EventHub({
      ...{ live: this.#live, nowMs },
      recordsAfter: (lsn, limit) => this.#reader.recordSlice(lsn, limit),
      position: () => this.#reader.position(),
      sees: (cover, gw, dev, atMs) => this.#places.sees(cover, gw, dev, atMs),
      refresh: followRegister(this.#stores, this.#places),
    });
  }

  /**
   * Makes the first administrator when there is no user, and listens.
   * @throws {MingchengError} LISTEN_FAILED
   */
  async start(): Promise<{ port: number; firstLogin: { user: string; password: string } | null }> {
    const { tls, hosts, screens, config } = this.#data;
    const audit = await auditOver(this.#data.dataDirectory, this.#register, {
      nowMs: this.#ports.nowMs,
      onHeadFault: (error) =>
        this.#ports.log("error", "the head of the audit log was not written", { error: textOf(error) }),
    });
    const { passwordCost: cost } = this.#ports;
    const users = new UserRegister(this.#register, { audit, ...(cost === undefined ? {} : { cost }) });
    const firstLogin = await firstAdministrator(users, this.#ports.nowMs());
    audit.append({ actor: "centre", action: "centre.started", subject: "centre", detail: { software } });
    this.#places.refresh();
    await this.#exports.open();
    this.#kept.begin(audit);
    const server = await buildServer({
      ...{ tls, hosts: new Set(hosts.map((host) => host.toLowerCase())), screens },
      ...(this.#ports.perMinute === undefined ? {} : { perMinute: this.#ports.perMinute }),
      ...{ mediaPort: this.#data.media?.port ?? null },
      api: this.#api(users, audit),
      enrol: this.#enrol(audit),
      onRefusal: (refusal) => this.#noteRefusal(audit, refusal),
      onFault: ({ reference, route, error }) => {
        this.#ports.log("error", "a request could not be answered", { reference, route, error: textOf(error) });
      },
      onAnswer: (status) => this.#counts.answered(status),
    });
    this.#server = server;
    try {
      await server.app.listen({ host: config.https.host, port: config.https.port });
    } catch (cause) {
      const message = `${config.https.host}:${config.https.port}: ${textOf(cause)}`;
      throw new MingchengError("LISTEN_FAILED", message, { field: "https", cause });
    }
    const { port } = server.app.addresses()[0] as AddressInfo;
    return { port, firstLogin };
  }

  /** Every route that is served, for those who check them. */
  routes(): ReturnType<BuiltServer["routes"]> {
    return this.#server?.routes() ?? [];
  }

  async #verifyAudit(): Promise<AuditReport> {
    const { dataDirectory } = this.#data;
    const { manifest } = await loadSigners(dataDirectory);
    const keys = new Map([[manifest.kid, manifest.publicKey]]);
    return verifyAudit(this.#register, { keys, headPath: auditHeadPath(dataDirectory) });
  }

  #noteRefusal(audit: AuditLog, { user, address, route }: Refusal): void {
    const held = this.#refusals.pass(`${user} ${route}`, this.#ports.nowMs());
    if (held === undefined) return;
    const detail = { held };
    audit.append({ actor: user, address, action: "access.refused", subject: route, outcome: "refused", detail });
  }

  #api(users: UserRegister, audit: AuditLog): ApiPorts {
    const { nowMs, log } = this.#ports;
    const { centreName, timezone } = this.#data.config;
    const guard = new LoginGuard(this.#register);
    const ports = { users, sessions: this.#sessions, guard, nowMs };
    return {
      desk: new LoginDesk({ ...ports, cost: this.#ports.passwordCost ?? passwordCost }),
      ...{ sessions: this.#sessions, centreName, timezone, nowMs, reader: this.#reader, hub: this.#hub },
      ...{ register: this.#register, clock: zoneClock(timezone), places: this.#places, users, audit },
      ...{ exports: this.#exports, reports: this.#reports, kept: this.#kept, media: this.#data.media ?? null },
      verifyAudit: () => this.#verifyAudit(),
      ...{ version: software, manifestKey: this.#card.manifestKey, dataDirectory: this.#data.dataDirectory },
      onLogin: (attempt) => {
        this.#counts[attempt.error === null ? "logins" : "refusedLogins"]++;
        log(attempt.error === null ? "info" : "warn", "login", attempt);
        noteLogin({ audit, users, guard, strangers: this.#strangers, nowMs }, attempt);
      },
      retention: this.#data.config.retention,
      alertsForReading: () =>
        existsSync(alertsPath(this.#data.dataDirectory)) ? this.#stores.database("alerts") : null,
      alertsForWriting: () => this.#alertsForWriting(),
      onAlertsChanged: () => {
        this.#reader.changed();
        this.#hub.changed(["alerts"]);
      },
      acknowledge: (id, by) => {
        const outcome = acknowledgeAlert(this.#alertsForWriting(), { id, by: by.actor, nowMs: nowMs() });
        this.#reader.changed();
        if (outcome.outcome !== "done") return outcome;
        this.#hub.changed(["alerts"]);
        audit.append({ ...by, action: "alert.acknowledged", subject: `alert:${id}` });
        return outcome;
      },
    };
  }

  #enrol(audit: AuditLog): EnrolOptions {
    const card = (): CentreCard => this.#card;
    return {
      register: new GatewayRegister(this.#register),
      get card() {
        return card();
      },
      nowMs: () => this.#ports.nowMs(),
      onAttempt: (attempt) => {
        this.#counts[attempt.error === null ? "enrolments" : "refusedEnrolments"]++;
        this.#ports.log(attempt.error === null ? "info" : "warn", "enrolment", attempt);
        if (attempt.error === null) {
          audit.append({
            ...{ actor: `gateway:${attempt.gw}`, address: attempt.address, action: "gateway.enrolled" },
            subject: `gateway:${attempt.gw}`,
          });
        }
      },
    };
  }

  #alertsForWriting(): SqliteDatabase {
    this.#alerts ??= openForWriting({ path: alertsPath(this.#data.dataDirectory), migrations: alertsMigrations });
    return this.#alerts;
  }

  /** Serves with another certificate from the next connection on; those who enrol get the authority that issued it. */
  renewTls(tls: WebThreadData["tls"], authorityPem: string): void {
    const server = this.#server?.app.server as unknown as TlsServer | undefined;
    server?.setSecureContext({ ...tls, minVersion: "TLSv1.2" });
    this.#card = { ...this.#card, authorityPem };
  }

  /** Takes a live value of a gateway. */
  live(gw: string, device: string, payload: Uint8Array): void {
    this.#live.take(gw, device, payload, this.#ports.nowMs());
  }

  /** The projections hold more records. */
  recordsMoved(): void {
    this.#attempt(() => this.#hub.pump());
  }

  /** Rows that were there before changed. */
  changed(parts: readonly FollowingPart[]): void {
    this.#attempt(() => this.#hub.changed([...parts]));
  }

  /** To be called some times a second. */
  pumpLive(): void {
    this.#attempt(() => this.#hub.pumpLive());
  }

  /** To be called every few seconds. */
  check(): void {
    this.#attempt(() => this.#hub.check());
    this.#attempt(() => {
      this.#reader.position();
      this.#fault = null;
    });
  }

  /** To be called every minute: makes the reports that are due. */
  async makeReports(): Promise<void> {
    await this.#kept.check();
  }

  /** Why it cannot answer now; null when all is well. */
  fault(): string | null {
    return this.#fault;
  }

  figures(): readonly Figure[] {
    const { size: open, pushedOut } = this.#hub;
    return [...this.#counts.figures({ open, pushedOut, refusedLive: this.#live.refused }), ...this.#kept.figures()];
  }

  #attempt(body: () => void): void {
    try {
      body();
    } catch (error) {
      this.#note(error);
    }
  }

  #note(error: unknown): void {
    const text = textOf(error);
    if (text !== this.#fault) this.#ports.log("error", "a store cannot be read now", { error: text });
    this.#fault = text;
  }

  async close(): Promise<void> {
    this.#hub.close();
    await this.#exports.close();
    await this.#server?.app.close();
    await this.#kept.close();
    this.#alerts?.close();
    this.#stores.close();
    this.#register.close();
  }
}
