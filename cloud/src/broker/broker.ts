import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { MingchengError, type State, topics } from "@mingcheng/protocols";
import { Aedes, type AuthenticateError, type Client } from "aedes";
import type { Logger } from "pino";
import type { IngestFront } from "../ingest/ingest-front.ts";
import type { LedgerAnswer } from "../ledger/ledger-port.ts";
import { type ConnectedGateway, publishable, readClientId, subscribable } from "./access.ts";
import { AddressBook } from "./address-book.ts";
import { GuardedConnection } from "./guarded-connection.ts";

/** What the broker tells the rest of the centre about a gateway. A hint: liveness is heartbeat and line. */
export interface GatewayHint {
  readonly gw: string;
  readonly online: boolean;
  readonly atMs: number;
  readonly reason: string;
  readonly state: State | null;
}

/** Options of {@link startBroker}. */
export interface BrokerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** PEM. `cert` may be a chain. */
  readonly tls: { readonly key: string; readonly cert: string };
  readonly ingest: IngestFront;
  /** True when the credential is the gateway's. */
  authenticate(gw: string, credential: string): boolean;
  onHint(hint: GatewayHint): void;
  /** An unsettled value for screens. */
  onLive(gw: string, device: string, payload: Uint8Array): void;
  readonly log: Logger;
}

/** Counts since the start. */
export interface BrokerCounts {
  connections: number;
  refusedConnections: number;
  refusedLogins: number;
  refusedTopics: number;
  cutStreams: number;
}

/** A running broker. */
export interface Broker {
  readonly port: number;
  /** Gateways connected now. */
  connected(): readonly string[];
  counts(): Readonly<BrokerCounts>;
  close(): Promise<void>;
}

/** A reader that lets more than this pile up gets no more until it has read: an answer lost is asked for again. */
const maxUnreadBytes = 1024 * 1024;
const maxConnections = 20_000;
const connectWithinMs = 5_000;
/** Live values are small; larger ones are dropped. */
const maxLiveBytes = 4 * 1024;

const refusal = (message: string, returnCode: 2 | 4 | 5): AuthenticateError =>
  Object.assign(new Error(message), { returnCode }) as AuthenticateError;

class EmbeddedBroker {
  readonly counts: BrokerCounts = {
    connections: 0,
    refusedConnections: 0,
    refusedLogins: 0,
    refusedTopics: 0,
    cutStreams: 0,
  };
  readonly gateways = new Map<Client, ConnectedGateway>();
  readonly #options: BrokerOptions;
  readonly #addresses = new AddressBook();
  #aedes: Aedes | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  async start(): Promise<Aedes> {
    const { authenticate, log } = this.#options;
    const aedes = await Aedes.createBroker({
      id: "centre",
      concurrency: 0,
      connectTimeout: connectWithinMs,
      drainTimeout: connectWithinMs,
      keepaliveLimit: 600,
      maxTopicLevels: 8,
      maxClientsIdLength: 128,
      preConnect: (client, packet, done) => {
        const known = readClientId(packet.clientId);
        // The library types know numbers only; the packet carries the client's own.
        const fits = packet.protocolVersion === 4 && packet.clean === true && known !== undefined;
        if (!fits) this.#refuse(client, "refusedLogins", `client id, version or session of ${packet.clientId}`);
        done(null, fits);
      },
      authenticate: (client, username, password, done) => {
        const known = readClientId(client.id);
        const given = password?.toString("utf8") ?? "";
        const fits = known !== undefined && username === known.gw && authenticate(known.gw, given);
        if (!fits) {
          this.#refuse(client, "refusedLogins", `credential of ${username ?? "nobody"}`);
          done(refusal("bad user name or password", 4), false);
          return;
        }
        this.gateways.set(client, known);
        (client.conn as GuardedConnection).admit();
        done(null, true);
      },
      authorizePublish: (client, packet, done) => {
        this.#take(client, packet.topic, packet.payload as Buffer, (error) => {
          // Only a state is ever retained: nobody subscribes to the rest, and the ledger has it.
          if (!packet.topic.includes("/state/")) packet.retain = false;
          done(error);
        });
      },
      authorizeSubscribe: (client, subscription, done) => {
        const gateway = this.gateways.get(client);
        const fits = gateway !== undefined && subscribable(gateway, subscription.topic);
        if (!fits) this.#refuse(client, "refusedTopics", `subscription to ${subscription.topic}`);
        done(null, fits ? subscription : null);
      },
      authorizeForward: (client, packet) =>
        (client.conn as GuardedConnection).writableLength > maxUnreadBytes ? null : packet,
    });
    aedes.on("clientReady", (client) => {
      const gateway = this.gateways.get(client);
      if (gateway !== undefined) this.#tell({ gw: gateway.gw, online: true, reason: "connected", state: null });
    });
    aedes.on("clientDisconnect", (client) => this.#left(client));
    aedes.on("clientError", (client, error) => log.debug({ client: client.id, error: error.message }, "client"));
    this.#aedes = aedes;
    return aedes;
  }

  /** A TLS connection came up. */
  admit(socket: TLSSocket): void {
    const address = socket.remoteAddress ?? "unknown";
    if (!this.#addresses.enter(address)) {
      this.counts.refusedConnections++;
      socket.destroy();
      return;
    }
    this.counts.connections++;
    socket.once("close", () => this.#addresses.leave(address));
    const guarded = new GuardedConnection(socket, (fault) => {
      this.counts.cutStreams++;
      this.#options.log.warn({ address, fault }, "connection cut by the guard");
    });
    this.#aedes?.handle(guarded);
  }

  #refuse(client: Client, counter: "refusedLogins" | "refusedTopics", what: string): void {
    this.counts[counter]++;
    const { remoteAddress } = client.conn as GuardedConnection;
    this.#options.log.warn({ address: remoteAddress, client: client.id, what }, "refused");
  }

  #take(client: Client | null, topic: string, payload: Buffer, done: (error: Error | null) => void): void {
    const gateway = client === null ? undefined : this.gateways.get(client);
    const parsed = gateway === undefined ? undefined : publishable(gateway, topic);
    if (client === null || gateway === undefined || parsed === undefined) {
      if (client !== null) this.#refuse(client, "refusedTopics", `publish to ${topic}`);
      done(new MingchengError("ACCESS_DENIED", `publish to ${topic}`));
      return;
    }
    const { ingest } = this.#options;
    const { gw } = gateway;
    const after = (answer: Promise<LedgerAnswer>) => {
      answer.then(
        (outcome) => {
          this.#answer(gw, outcome);
          done(null);
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    };
    switch (parsed.channel) {
      case "rec":
        return after(ingest.records(gw, payload));
      case "state":
        return after(ingest.state(gw, parsed.eid, payload));
      case "gone":
        return after(ingest.gone(gw, payload));
      case "live":
        if (payload.length <= maxLiveBytes) this.#options.onLive(gw, parsed.device, payload);
        return done(null);
      default:
        return done(null);
    }
  }

  #answer(gw: string, answer: LedgerAnswer): void {
    for (const payload of answer.downlinks) this.#publish(topics.receipt(gw), Buffer.from(payload), false);
    // An empty retained message removes what was retained (MQTT 3.1.1 §3.3.1.3).
    for (const eid of answer.clearStates) this.#publish(topics.state(gw, eid), Buffer.alloc(0), true);
    const { state } = answer;
    if (state !== null) this.#tell({ gw, online: state.online, reason: state.online ? "state" : "will", state });
  }

  #publish(topic: string, payload: Buffer, retain: boolean): void {
    this.#aedes?.publish({ cmd: "publish", topic, payload, qos: 1, retain, dup: false }, (error) => {
      if (error != null) this.#options.log.warn({ topic, error: error.message }, "an answer was not published");
    });
  }

  #left(client: Client): void {
    const gateway = this.gateways.get(client);
    this.gateways.delete(client);
    if (gateway === undefined) return;
    const others = [...this.gateways.values()].some(({ gw }) => gw === gateway.gw);
    if (!others) this.#tell({ gw: gateway.gw, online: false, reason: "disconnected", state: null });
  }

  #tell(hint: Omit<GatewayHint, "atMs">): void {
    this.#options.onHint({ ...hint, atMs: Date.now() });
  }
}

/**
 * Starts the embedded broker: MQTT 3.1.1 over TLS, per-gateway credentials, each gateway confined to its own subtree,
 * PUBACK only after the ledger's commit. Nothing but gateways connects to it.
 * @throws {MingchengError} LISTEN_FAILED
 */
export const startBroker = async (options: BrokerOptions): Promise<Broker> => {
  const broker = new EmbeddedBroker(options);
  const aedes = await broker.start();
  const { key, cert } = options.tls;
  const server = createServer({ key, cert, minVersion: "TLSv1.2", handshakeTimeout: connectWithinMs });
  const sockets = new Set<TLSSocket>();
  server.maxConnections = maxConnections;
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    broker.admit(socket);
  });
  server.on("tlsClientError", (error, socket) => {
    options.log.info({ address: socket.remoteAddress, error: error.message }, "TLS handshake failed");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new MingchengError("LISTEN_FAILED", `mqtts ${options.host}:${options.port}: ${cause.message}`, { cause })),
    );
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    connected: () => [...new Set([...broker.gateways.values()].map(({ gw }) => gw))].sort(),
    counts: () => broker.counts,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
