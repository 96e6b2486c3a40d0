import { MingchengError } from "@mingcheng/protocols";
import { createServer, type ReceivedPdu, type Session } from "smpp";
import { idsOf, receiptOf } from "./incoming.ts";
import type { SmscMessage, SmscState, Waiting } from "./smsc-state.ts";

/** How the SMS centre is reached. */
export interface SmscOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** PEM; both, for TLS. */
  readonly key?: string | undefined;
  readonly cert?: string | undefined;
  readonly systemId: string;
  readonly password: string;
}

/** A running SMS centre. */
export interface Smsc {
  readonly port: number;
  /** Breaks every connection. */
  cut(): void;
  /** Says good-bye on every connection. */
  unbind(): void;
  /** Sends bytes as they are on every connection. */
  raw(bytes: Uint8Array): void;
  /** Hands over what waits now. */
  push(): void;
  /** How many are signed in. */
  connections(): number;
  stop(): Promise<void>;
}

/** SMPP 3.4 §5.1.3. */
const statuses = {
  ...{ throttled: 0x58, "queue-full": 0x14, "invalid-destination": 0x0b, "system-error": 0x08 },
  ...{ "wrong-password": 0x0e, "already-bound": 0x05, busy: 0x08 },
} as const;

const againMs = 200;
const longestTextUnits = 70;

class Connection {
  readonly #session: Session;
  readonly #state: SmscState;
  readonly #options: SmscOptions;
  #outstanding = 0;
  #offering = false;
  #timer: NodeJS.Timeout | undefined;
  bound = false;

  constructor(session: Session, state: SmscState, options: SmscOptions) {
    this.#session = session;
    this.#state = state;
    this.#options = options;
    // After a unit that it cannot read the library reads nothing any more.
    session.on("error", () => session.destroy());
    session.on("close", () => {
      this.bound = false;
      clearTimeout(this.#timer);
    });
    session.on("bind_transceiver", (pdu: ReceivedPdu) => this.#bind(pdu));
    session.on("submit_sm", (pdu: ReceivedPdu) => this.#submit(pdu));
    session.on("enquire_link", (pdu: ReceivedPdu) => {
      state.enquiries++;
      if (state.behaviour.bind !== "silent") session.send(pdu.response());
    });
    session.on("unbind", (pdu: ReceivedPdu) => {
      session.send(pdu.response());
      session.socket.end();
    });
    for (const other of ["bind_transmitter", "bind_receiver", "data_sm", "query_sm", "unknown"]) {
      session.on(other, (pdu: ReceivedPdu) => session.send(pdu.response({ command_status: 0x03 })));
    }
  }

  get session(): Session {
    return this.#session;
  }

  #bind(pdu: ReceivedPdu): void {
    const { bind } = this.#state.behaviour;
    this.#state.binds++;
    if (bind === "silent") return;
    const isOurs = pdu["system_id"] === this.#options.systemId && pdu["password"] === this.#options.password;
    if (pdu["interface_version"] !== 0x34) this.#state.complaints.push("another version than 3.4");
    const refusal = bind === "normal" ? (isOurs ? undefined : "wrong-password") : bind;
    if (refusal !== undefined) {
      this.#session.send(pdu.response({ command_status: statuses[refusal] }));
      this.#session.socket.end();
      return;
    }
    this.bound = true;
    this.#session.send(pdu.response({ system_id: "smsc" }));
    this.push();
  }

  #submit(pdu: ReceivedPdu): void {
    this.#outstanding++;
    this.#state.mostOutstanding = Math.max(this.#state.mostOutstanding, this.#outstanding);
    const { delayMs } = this.#state.behaviour;
    const act = (): void => {
      this.#outstanding--;
      if (!this.#session.socket.destroyed) this.#answer(pdu);
    };
    if (delayMs > 0) setTimeout(act, delayMs).unref();
    else act();
  }

  #answer(pdu: ReceivedPdu): void {
    const said = this.#state.nextSubmit();
    const status = this.bound ? (statuses as Readonly<Record<string, number>>)[said] : 0x04;
    this.#state.count(said);
    if (status !== undefined) {
      this.#session.send(pdu.response({ command_status: status }));
      return;
    }
    if (said === "cut") {
      this.#session.destroy();
      return;
    }
    if (said === "nack" || said === "garbage") {
      const nack = Buffer.from("00000010800000000000000800000000", "hex");
      nack.writeUInt32BE(pdu.sequence_number, 12);
      this.#session.socket.write(said === "nack" ? nack : Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
      return;
    }
    const message = this.#accept(pdu, said === "normal");
    const early = this.#state.behaviour.receipts === "early";
    if (early) this.#receipt(message);
    if (said === "lost") this.#session.destroy();
    if (said === "normal") {
      const { answer } = idsOf(message.number, this.#state.behaviour.messageIds);
      this.#session.send(pdu.response({ message_id: answer }));
    }
    if (!early) this.#receipt(message);
  }

  #accept(pdu: ReceivedPdu, answered: boolean): SmscMessage {
    const { message } = (pdu["message_payload"] ?? pdu["short_message"]) as { readonly message: string | Buffer };
    const text = String(message);
    if (pdu["data_coding"] !== 8) this.#state.complaints.push(`data_coding ${String(pdu["data_coding"])}`);
    if (pdu["message_payload"] === undefined && text.length > longestTextUnits) {
      this.#state.complaints.push("more than one segment in short_message");
    }
    return this.#state.accept({
      ...{ phone: String(pdu["destination_addr"]), ton: Number(pdu["dest_addr_ton"]) },
      ...{ source: String(pdu["source_addr"]), text, units: text.length },
      ...{ registered: pdu["registered_delivery"] === 1, atMs: Date.now(), answered },
    });
  }

  #receipt(message: SmscMessage): void {
    const { behaviour } = this.#state;
    if (!message.registered || behaviour.receipts === "none") return;
    const receipt = receiptOf(message, behaviour, Date.now());
    this.#state.waiting.push(...(behaviour.receipts === "twice" ? [receipt, receipt] : [receipt]));
    this.push();
  }

  /** Hands over what is due, one after the other; what is refused, or not answered on this connection, comes again. */
  push(): void {
    if (this.#offering || !this.bound || this.#session.socket.destroyed) return;
    clearTimeout(this.#timer);
    const { waiting } = this.#state;
    const nowMs = Date.now();
    const next = waiting.find(({ dueMs }) => dueMs <= nowMs);
    if (next === undefined) {
      const dueMs = Math.min(...waiting.map((one) => one.dueMs));
      if (Number.isFinite(dueMs)) this.#later(dueMs - nowMs);
      return;
    }
    this.#offering = true;
    this.#session.deliver_sm(next.fields, (response) => this.#answered(next, response.command_status));
  }

  #answered(waiting: Waiting, status: number): void {
    this.#offering = false;
    this.#state.taken.push({ kind: waiting.kind, what: waiting.what, status });
    this.#state.waiting.splice(this.#state.waiting.indexOf(waiting), 1);
    // What is refused holds up nothing else.
    if (status !== 0) this.#state.waiting.push(waiting);
    if (status === 0) this.push();
    else this.#later(againMs);
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => this.push(), ms).unref();
  }
}

/**
 * Acts as the SMS centre of a network, SMPP 3.4, with the server of the npm package `smpp`: an implementation that is not
 * the centre's own. @throws {MingchengError} SIM_LINE_FAILED when the port is taken
 */
export const startSmsc = async (state: SmscState, options: SmscOptions): Promise<Smsc> => {
  const connections = new Set<Connection>();
  const { key, cert } = options;
  const server = createServer(key === undefined || cert === undefined ? {} : { key, cert }, (session) => {
    const connection = new Connection(session, state, options);
    connections.add(connection);
    session.on("close", () => connections.delete(connection));
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `127.0.0.1:${options.port} cannot be listened on`;
      reject(new MingchengError("SIM_LINE_FAILED", message, { field: "--port", cause }));
    });
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const each = (act: (connection: Connection) => void): void => {
    for (const connection of [...connections]) act(connection);
  };
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    cut: () => each(({ session }) => session.destroy()),
    unbind: () => each(({ session }) => session.unbind({})),
    raw: (bytes) => each(({ session }) => session.socket.write(bytes)),
    push: () => each((connection) => connection.push()),
    connections: () => [...connections].filter(({ bound }) => bound).length,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        each(({ session }) => session.destroy());
      }),
  };
};
