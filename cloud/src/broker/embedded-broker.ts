import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { MingchengError, topics } from "@mingcheng/protocols";
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from "aedes";
import type { LedgerAnswer } from "../ledger/ledger-port.ts";
import { type ConnectedGateway, publishable, readClientId, subscribable } from "./access.ts";
import { AddressBook } from "./address-book.ts";
import type { BrokerCounts, BrokerOptions, GatewayHint } from "./broker-options.ts";
import { GuardedConnection } from "./guarded-connection.ts";
import { RefusalLog } from "./refusal-log.ts";

/** A reader that lets more than this pile up gets no more until it has read: an answer lost is asked for again. */
const maxUnreadBytes = 1024 * 1024;
/** Time for the TLS handshake, and again for CONNECT, milliseconds. */
export const connectWithinMs = 5_000;
/** Retained states per gateway; a line that has a successor is cleared anyway. */
const maxRetainedStates = 4;
/** Live values are small; larger ones are dropped. */
const maxLiveBytes = 4 * 1024;
/** Answers to commands, and pieces of bundles; larger ones are dropped. */
const maxAnswerBytes = 64 * 1024;

interface AdmittedGateway extends ConnectedGateway {
  /** When it was let in, milliseconds since 1970. */
  readonly sinceMs: number;
}

const refusal = (message: string, returnCode: 2 | 4 | 5): AuthenticateError =>
  Object.assign(new Error(message), { returnCode }) as AuthenticateError;

/** The broker library with our answers to its questions; connections come from {@link file://./broker.ts}. */
export class EmbeddedBroker {
  readonly counts: BrokerCounts = {
    connections: 0,
    refusedConnections: 0,
    refusedLogins: 0,
    refusedTopics: 0,
    cutStreams: 0,
  };
  readonly gateways = new Map<Client, AdmittedGateway>();
  readonly #options: BrokerOptions;
  readonly refusals: RefusalLog;
  readonly #connections = new Map<string, Set<AdmittedGateway>>();
  readonly #retained = new Map<string, string[]>();
  readonly #addresses = new AddressBook();
  #aedes: Aedes | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.refusals = new RefusalLog(options.log, () => performance.now());
  }

  async start(): Promise<Aedes> {
    const { authenticate, mayStay, log } = this.#options;
    const aedes = await Aedes.createBroker({
      id: "centre",
      concurrency: 0,
      connectTimeout: connectWithinMs,
      drainTimeout: connectWithinMs,
      keepaliveLimit: 600,
      maxInflightInbound: 1,
      maxTopicLevels: 8,
      maxClientsIdLength: 128,
      preConnect: (client, packet, done) => {
        const known = readClientId(packet.clientId);
        // The library types know numbers only; the packet carries the client's own.
        const fits = packet.protocolVersion === 4 && packet.clean === true && known !== undefined;
        if (fits) {
          done(null, true);
          return;
        }
        this.#refuse(client, "refusedLogins", `client id, version or session of ${packet.clientId}`);
        // Without an error the library would leave the connection open for ever.
        done(new MingchengError("ACCESS_DENIED", "client id, version or session"), false);
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
        this.recheck((gw, sinceMs) => gw !== known.gw || mayStay(gw, sinceMs));
        this.#join(client, { ...known, sinceMs: Date.now() });
        (client.conn as GuardedConnection).admit();
        done(null, true);
      },
      authorizePublish: (client, packet, done) => {
        this.#take(client, packet, (error, retain) => {
          packet.retain = retain;
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

  /** A connection came up, its TLS handshake still to come. */
  count(socket: Socket): void {
    const address = socket.remoteAddress ?? "unknown";
    if (!this.#addresses.enter(address)) {
      this.counts.refusedConnections++;
      this.refusals.write(`connections ${address}`, { address }, "refused: too many connections from one address");
      socket.destroy();
      return;
    }
    socket.once("close", () => this.#addresses.leave(address));
  }

  /** The TLS handshake succeeded. */
  admit(socket: TLSSocket): void {
    const address = socket.remoteAddress ?? "unknown";
    this.counts.connections++;
    const guarded = new GuardedConnection(socket, (fault) => {
      this.counts.cutStreams++;
      this.refusals.write(`guard ${address} ${fault}`, { address, fault }, "connection cut by the guard");
    });
    this.#aedes?.handle(guarded);
  }

  #refuse(client: Client, counter: "refusedLogins" | "refusedTopics", what: string): void {
    this.counts[counter]++;
    const { remoteAddress: address } = client.conn as GuardedConnection;
    this.refusals.write(`${counter} ${address} ${what}`, { address, client: client.id, what }, "refused");
  }

  /** `done`: after the commit; `retain`: whether the broker keeps it for later subscribers. */
  #take(client: Client | null, packet: PublishPacket, done: (error: Error | null, retain: boolean) => void): void {
    const { topic } = packet;
    const payload = packet.payload as Buffer;
    const gateway = client === null ? undefined : this.gateways.get(client);
    // QoS 2 would make the broker hold messages before anybody has seen them.
    const parsed = gateway === undefined || packet.qos === 2 ? undefined : publishable(gateway, topic);
    if (gateway === undefined || parsed === undefined) {
      if (client !== null) this.#refuse(client, "refusedTopics", `publish to ${topic}`);
      done(new MingchengError("ACCESS_DENIED", `publish to ${topic}`), false);
      return;
    }
    const { ingest } = this.#options;
    const { gw } = gateway;
    const after = (pending: Promise<LedgerAnswer>) => {
      pending.then(
        (answer) => {
          const outdated = this.#answer(gateway, answer);
          const retain = answer.state !== null && packet.retain && !outdated;
          if (retain) this.#keepFewRetained(gateway);
          done(null, retain);
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), false),
      );
    };
    switch (parsed.channel) {
      case "rec":
        after(ingest.records(gw, payload));
        break;
      case "state":
        after(ingest.state(gw, parsed.eid, payload));
        break;
      case "gone":
        after(ingest.gone(gw, payload));
        break;
      case "keys":
        after(ingest.keys(gw, payload));
        break;
      case "live":
        if (payload.length <= maxLiveBytes) this.#options.onLive(gw, parsed.device, payload);
        done(null, false);
        break;
      case "ack":
        if (payload.length <= maxAnswerBytes) this.#options.onAck?.(gw, payload);
        done(null, false);
        break;
      case "bundle":
        if (payload.length <= maxAnswerBytes) this.#options.onBundle?.(gw, parsed.command, payload);
        done(null, false);
        break;
      default:
        done(null, false);
    }
  }

  /** True when the message is the will of a connection that has been replaced: it says nothing about the gateway. */
  #answer(gateway: AdmittedGateway, answer: LedgerAnswer): boolean {
    const { gw } = gateway;
    for (const payload of answer.downlinks) this.#publish(topics.receipt(gw), Buffer.from(payload), false);
    for (const eid of answer.clearStates) this.#clear(gw, eid);
    const { state } = answer;
    if (state === null) return false;
    if (!state.online && this.#isConnected(gw, gateway)) return true;
    this.#tell({ gw, online: state.online, reason: state.online ? "state" : "will", state });
    return false;
  }

  #isConnected(gw: string, except: AdmittedGateway): boolean {
    const connections = this.#connections.get(gw);
    return connections !== undefined && (connections.size > 1 || !connections.has(except));
  }

  /** An empty retained message removes what was retained (MQTT 3.1.1 §3.3.1.3). */
  #clear(gw: string, eid: string): void {
    this.#publish(topics.state(gw, eid), Buffer.alloc(0), true);
    const kept = this.#retained.get(gw)?.filter((known) => known !== eid);
    if (kept !== undefined) this.#retained.set(gw, kept);
  }

  #keepFewRetained({ gw, eid }: AdmittedGateway): void {
    const kept = [...(this.#retained.get(gw) ?? []).filter((known) => known !== eid), eid];
    this.#retained.set(gw, kept);
    const oldest = kept.length > maxRetainedStates ? kept[0] : undefined;
    if (oldest !== undefined) this.#clear(gw, oldest);
  }

  #publish(topic: string, payload: Buffer, retain: boolean): void {
    this.#aedes?.publish({ cmd: "publish", topic, payload, qos: 1, retain, dup: false }, (error) => {
      if (error != null) this.#options.log.warn({ topic, error: error.message }, "an answer was not published");
    });
  }

  /** Sends a signed answer to every connected gateway for which there is one, whether it asked or not. */
  tell(answerFor: (gw: string) => Uint8Array | undefined): void {
    for (const gw of this.#connections.keys()) {
      const payload = answerFor(gw);
      if (payload !== undefined) this.#publish(topics.receipt(gw), Buffer.from(payload), false);
    }
  }

  /** See {@link Broker.command}. */
  command(gw: string, payload: Uint8Array): void {
    this.#publish(topics.command(gw), Buffer.from(payload), false);
  }

  /** See {@link Broker.media}. */
  media(gw: string, payload: Uint8Array, keep: boolean): void {
    this.#publish(topics.media(gw), Buffer.from(payload), keep);
  }

  /** Ends the connections of gateways that are not to be connected any more. */
  recheck(isWelcome: (gw: string, sinceMs: number) => boolean): void {
    for (const [client, { gw, sinceMs }] of this.gateways) {
      if (isWelcome(gw, sinceMs)) continue;
      this.#options.log.info({ gateway: gw }, "disconnected: disabled or enrolled anew");
      client.close();
    }
  }

  #join(client: Client, gateway: AdmittedGateway): void {
    this.gateways.set(client, gateway);
    const connections = this.#connections.get(gateway.gw) ?? new Set();
    this.#connections.set(gateway.gw, connections.add(gateway));
  }

  #left(client: Client): void {
    const gateway = this.gateways.get(client);
    this.gateways.delete(client);
    if (gateway === undefined) return;
    const connections = this.#connections.get(gateway.gw);
    connections?.delete(gateway);
    if (connections?.size === 0) this.#connections.delete(gateway.gw);
    if (!this.#isConnected(gateway.gw, gateway))
      this.#tell({ gw: gateway.gw, online: false, reason: "disconnected", state: null });
  }

  #tell(hint: Omit<GatewayHint, "atMs">): void {
    this.#options.onHint({ ...hint, atMs: Date.now() });
  }
}
