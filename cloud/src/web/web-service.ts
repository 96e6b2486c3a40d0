import type { AddressInfo } from "node:net";
import type { Server as TlsServer } from "node:tls";
import { MingchengError } from "@mingcheng/protocols";
import { acknowledgeAlert } from "../alerts/alert-actions.ts";
import { alertsMigrations, alertsPath } from "../alerts/alerts-database.ts";
import type { ApiPorts } from "../api/api-routes.ts";
import { CentreReader } from "../api/centre-reader.ts";
import { EventHub } from "../api/events/event-hub.ts";
import { LiveBoard } from "../api/events/live-board.ts";
import { ReadStores } from "../api/queries/read-stores.ts";
import type { CentreCard, EnrolOptions } from "../enrol/enrol-routes.ts";
import type { FollowingPart } from "../following/progress-channel.ts";
import type { Figure } from "../health/figure.ts";
import { GatewayRegister } from "../register/gateway-register.ts";
import { zoneClock } from "../register/model/validity.ts";
import { openRegister } from "../register/register-database.ts";
import { software } from "../software.ts";
import { openForWriting, type SqliteDatabase } from "../store/database.ts";
import { LoginDesk } from "../users/login.ts";
import { LoginGuard } from "../users/login-guard.ts";
import { type PasswordCost, passwordCost } from "../users/password.ts";
import { SessionBook, type SessionLimits } from "../users/session-book.ts";
import { firstAdministrator, UserRegister } from "../users/user-register.ts";
import { type BuiltServer, buildServer } from "./build-server.ts";
import { WebCounts } from "./web-figures.ts";
import type { WebThreadData } from "./web-messages.ts";

/** What {@link WebService} works with besides its data: injected, so that tests choose. */
export interface WebServicePorts {
  readonly nowMs: () => number;
  readonly log: (level: "info" | "warn" | "error", text: string, detail: Readonly<Record<string, unknown>>) => void;
  readonly passwordCost?: PasswordCost;
  readonly sessionLimits?: SessionLimits;
  readonly perMinute?: number;
}

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
  readonly #users: UserRegister;
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
    this.#users = new UserRegister(this.#register, ports.passwordCost);
    this.#sessions = new SessionBook(this.#register, ports.sessionLimits);
    const { nowMs } = ports;
    this.#reader = new CentreReader({
      ...{ stores: this.#stores, timezone: data.config.timezone, nowMs },
      onAlertsUnreadable: (error) => this.#note(error),
    });
    this.#hub = new EventHub({
      ...{ live: this.#live, nowMs },
      recordsAfter: (lsn, limit) => this.#reader.recordSlice(lsn, limit),
      position: () => this.#reader.position(),
    });
  }

  /**
   * Makes the first administrator when there is no user, and listens.
   * @throws {MingchengError} LISTEN_FAILED
   */
  async start(): Promise<{ port: number; firstLogin: { user: string; password: string } | null }> {
    const { tls, hosts, screens, config } = this.#data;
    const firstLogin = await firstAdministrator(this.#users, this.#ports.nowMs());
    const server = await buildServer({
      ...{ tls, hosts: new Set(hosts.map((host) => host.toLowerCase())), screens },
      ...(this.#ports.perMinute === undefined ? {} : { perMinute: this.#ports.perMinute }),
      api: this.#api(),
      enrol: this.#enrol(),
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

  #api(): ApiPorts {
    const { nowMs, log } = this.#ports;
    const { centreName, timezone } = this.#data.config;
    const guard = new LoginGuard(this.#register);
    const ports = { users: this.#users, sessions: this.#sessions, guard, nowMs };
    return {
      desk: new LoginDesk({ ...ports, cost: this.#ports.passwordCost ?? passwordCost }),
      ...{ sessions: this.#sessions, centreName, timezone, nowMs, reader: this.#reader, hub: this.#hub },
      ...{ register: this.#register, clock: zoneClock(timezone) },
      version: software,
      onLogin: (attempt) => {
        this.#counts[attempt.error === null ? "logins" : "refusedLogins"]++;
        log(attempt.error === null ? "info" : "warn", "login", attempt);
      },
      acknowledge: (id, by) => {
        const outcome = acknowledgeAlert(this.#alertsForWriting(), { id, by, nowMs: nowMs() });
        this.#reader.changed();
        if (outcome.outcome === "done") this.#hub.changed(["alerts"]);
        return outcome;
      },
    };
  }

  #enrol(): EnrolOptions {
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

  /** Why it cannot answer now; null when all is well. */
  fault(): string | null {
    return this.#fault;
  }

  figures(): readonly Figure[] {
    const { size: open, pushedOut } = this.#hub;
    return this.#counts.figures({ open, pushedOut, refusedLive: this.#live.refused });
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
    await this.#server?.app.close();
    this.#alerts?.close();
    this.#stores.close();
    this.#register.close();
  }
}
