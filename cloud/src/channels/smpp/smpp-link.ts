import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectSecure } from "node:tls";
import { backoffMs } from "../backoff.ts";
import type { ChannelPorts } from "../channel.ts";
import { type BindFields, bindBody, command, type DeliverFields } from "./smpp-pdu.ts";
import { SmppSession } from "./smpp-session.ts";
import { smppStatus } from "./smpp-status.ts";

/** Where the SMS centre is and who signs in there. */
export interface LinkOptions {
  /** For the log. */
  readonly channel: string;
  readonly ports: ChannelPorts;
  readonly host: string;
  readonly port: number;
  /** Null: without TLS. `ca`: trusted instead of the system's authorities. */
  readonly tls: { readonly ca?: string | undefined } | null;
  readonly bind: BindFields;
  readonly timeoutMs: number;
  readonly enquireLinkMs: number;
  onDeliver(deliver: DeliverFields): Promise<boolean>;
}

/** Why there is no connection. `code`: the status with which signing in was refused. */
export interface Down {
  readonly reason: string;
  readonly code?: number;
}

/** A wrong password is offered rarely: accounts are locked for less. */
export const refusedAgainMs = 60_000;

/**
 * Keeps one connection to an SMS centre, signed in as transceiver. After an end it comes back by itself, with full jitter
 * up to a minute.
 */
export class SmppLink {
  readonly #options: LinkOptions;
  #session: SmppSession | undefined;
  #connecting: Promise<SmppSession | Down> | undefined;
  #down: Down | undefined;
  #cancel: (() => void) | undefined;
  #socket: Socket | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /**
   * The connection. The first time, and while one is being made, it is waited for; when the last try failed, why it did:
   * the next one comes by itself. Never rejects.
   */
  session(): Promise<SmppSession | Down> {
    if (this.#closed) return Promise.resolve({ reason: "closed" });
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    if (this.#connecting !== undefined) return this.#connecting;
    if (this.#cancel !== undefined && this.#down !== undefined) return Promise.resolve(this.#down);
    return this.#connect();
  }

  #connect(): Promise<SmppSession | Down> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#connecting = this.#tryOnce().then((made) => {
      this.#connecting = undefined;
      if (made instanceof SmppSession && made.isUp && !this.#closed) {
        this.#session = made;
        this.#failures = 0;
        this.#down = undefined;
        made.keepAlive();
        this.#options.ports.log.info({ channel: this.#options.channel }, "signed in at the SMS centre");
        return made;
      }
      const down = made instanceof SmppSession ? { reason: "connection closed" } : made;
      if (made instanceof SmppSession) made.end("closed");
      this.#lost(down);
      return down;
    });
    return this.#connecting;
  }

  async #tryOnce(): Promise<SmppSession | Down> {
    const { bind, timeoutMs, enquireLinkMs, ports } = this.#options;
    const socket = await this.#open();
    if ("reason" in socket) return socket;
    const session: SmppSession = new SmppSession({
      ...{ socket, ports, timeoutMs, enquireLinkMs },
      onDeliver: (deliver) => this.#options.onDeliver(deliver),
      onNonsense: (what) => ports.log.warn({ channel: this.#options.channel, what }, "the SMS centre sent nonsense"),
      onEnd: (reason) => this.#ended(session, reason),
    });
    const answer = await session.request(command.bindTransceiver, bindBody(bind));
    if (answer.type === "answered" && answer.status === 0) return session;
    session.end("closed");
    if (answer.type !== "answered") return { reason: answer.reason };
    const { name, zh, en } = smppStatus(answer.status);
    return { reason: `${name}：${zh} / ${en}`, code: answer.status };
  }

  #open(): Promise<Socket | Down> {
    const { host, port, tls, timeoutMs, ports } = this.#options;
    return new Promise((resolve) => {
      // A signature on the certificate of an address has no name to go with it.
      const ca = tls?.ca === undefined ? {} : { ca: tls.ca };
      const socket =
        tls === null ? connectPlain({ host, port }) : connectSecure({ host, port, ...ca, ...serverName(host) });
      this.#socket = socket;
      const fail = (reason: string): void => {
        cancel();
        socket.destroy();
        resolve({ reason });
      };
      const cancel = ports.later(() => fail("timeout"), timeoutMs);
      socket.setNoDelay(true);
      socket.once("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      socket.once("close", () => fail("connection closed"));
      socket.once(tls === null ? "connect" : "secureConnect", () => {
        cancel();
        resolve(socket);
      });
    });
  }

  #ended(session: SmppSession, reason: string): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#lost({ reason });
  }

  #lost(down: Down): void {
    if (this.#closed) return;
    const { ports, channel } = this.#options;
    if (this.#down?.reason !== down.reason) ports.log.warn({ channel, reason: down.reason }, "no SMS centre");
    this.#down = down;
    this.#failures++;
    const waitMs = Math.max(backoffMs(this.#failures, ports.random()), down.code === undefined ? 0 : refusedAgainMs);
    this.#cancel = ports.later(() => void this.#connect(), waitMs);
  }

  /** Says good-bye, where somebody is there; nothing is connected afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) await session.leave();
    else this.#socket?.destroy();
    await this.#connecting;
  }
}

/** Names go along in the handshake, addresses must not (RFC 6066 §3). */
const serverName = (host: string): { readonly servername?: string } =>
  /^[\d.]+$|:/u.test(host) ? {} : { servername: host };
