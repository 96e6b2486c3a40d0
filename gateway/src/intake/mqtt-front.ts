import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { MingchengError } from "@mingcheng/protocols";
import { intakeChannelOfTopic, intakeTopics } from "@mingcheng/protocols/intake";
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from "aedes";
import { type IntakeListener, isPlain } from "../config/intake-config.ts";
import {
  addressOf,
  connectWithinMs,
  enters,
  type Front,
  type FrontParts,
  maxConnections,
  type TlsTexts,
} from "./front.ts";
import { GuardedConnection } from "./guarded-connection.ts";

/** A device that does not read its answers gets no more: it may send the message again and is answered again. */
const maxUnreadBytes = 64 * 1024;

const connack = (message: string, returnCode: 2 | 4 | 5): AuthenticateError =>
  Object.assign(new Error(message), { returnCode }) as AuthenticateError;

/** A device may call itself what it likes behind its own name, so that nobody can take another's connection. */
const isClientIdOf = (clientId: string, device: string): boolean =>
  clientId === device || clientId.startsWith(`${device}/`);

/** The broker library with our answers to its questions. Devices publish to it; nobody but the gateway reads them. */
class MqttFront {
  readonly clients = new Map<Client, string>();
  private readonly listener: IntakeListener;
  private readonly parts: FrontParts;
  private readonly stopping = new AbortController();
  private aedes: Aedes | undefined;

  constructor(listener: IntakeListener, parts: FrontParts) {
    this.listener = listener;
    this.parts = parts;
  }

  async start(): Promise<void> {
    this.aedes = await Aedes.createBroker({
      id: "intake",
      concurrency: 0,
      connectTimeout: connectWithinMs,
      drainTimeout: connectWithinMs,
      queueLimit: 4,
      maxInflightInbound: 1,
      maxTopicLevels: 8,
      maxClientsIdLength: 128,
      preConnect: (client, packet, done) => {
        // Only sessions that end with the connection: nothing is kept for a device that is away.
        const fits = packet.clean === true && packet.clientId.length <= 128;
        if (!fits) this.refuse(client, "login", `a lasting session of ${packet.clientId.slice(0, 64)}`);
        done(fits ? null : new MingchengError("ACCESS_DENIED", "clean session is needed"), fits);
      },
      authenticate: (client, username, password, done) => void this.authenticate(client, username, password, done),
      authorizePublish: (client, packet, done) => {
        packet.retain = false;
        this.take(client, packet).then(done, (error: unknown) =>
          done(error instanceof Error ? error : new Error(String(error))),
        );
      },
      authorizeSubscribe: (client, subscription, done) => {
        const device = this.clients.get(client);
        const fits = device !== undefined && subscription.topic === intakeTopics.answers(device);
        if (!fits) this.refuse(client, "topic", `subscription to ${subscription.topic.slice(0, 128)}`);
        done(null, fits ? subscription : null);
      },
      authorizeForward: (client, packet) =>
        (client.conn as GuardedConnection).writableLength > maxUnreadBytes ? null : packet,
    });
    this.aedes.on("clientDisconnect", (client) => this.clients.delete(client));
    this.aedes.on("clientError", (client, error) => {
      this.parts.log.debug({ client: client.id, error: error.message }, "intake: client");
    });
  }

  /** A connection came up (with TLS: its handshake is done). */
  handle(socket: Socket): void {
    const { counts, refusals } = this.parts;
    const address = addressOf(socket);
    const guarded = new GuardedConnection(socket, (fault) => {
      counts.cutStreams += 1;
      refusals.write(`guard ${address} ${fault}`, { address, fault }, "intake: connection cut by the guard");
    });
    this.aedes?.handle(guarded);
  }

  recheck(): void {
    for (const [client, device] of this.clients) {
      if (this.parts.door.isStillWelcome(device)) continue;
      this.parts.refusals.write(
        `gone ${device}`,
        { device },
        "intake: disconnected, its secret was taken away or replaced",
      );
      client.close();
    }
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await new Promise<void>((resolve) => {
      if (this.aedes === undefined) resolve();
      else this.aedes.close(() => resolve());
    });
  }

  private async authenticate(
    client: Client,
    username: string | undefined,
    password: Readonly<Buffer> | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): Promise<void> {
    const { door, watchOf } = this.parts;
    const { remoteAddress: address } = client.conn as GuardedConnection;
    const secret = password?.toString("utf8");
    const admission = await door.admit({ device: username, secret, address, plain: isPlain(this.listener) });
    if ("code" in admission) {
      const isLocked = admission.code === "INTAKE_LOCKED";
      done(connack(isLocked ? "try again later" : "bad user name or password", isLocked ? 5 : 4), false);
      return;
    }
    const { id } = admission.device;
    if (!isClientIdOf(client.id, id)) {
      this.refuse(client, "login", `client id ${client.id.slice(0, 64)} of ${id}`);
      done(connack(`client id must be ${id} or begin with ${id}/`, 2), false);
      return;
    }
    this.clients.set(client, id);
    (client.conn as GuardedConnection).admit();
    watchOf(id).connected(`${this.listener.protocol}://${address}`);
    done(null, true);
  }

  /**
   * The error that ends the connection, or null: then PUBACK goes out, because the message is on disk, as a record or in
   * quarantine. Which of both is on the topic of answers.
   */
  private async take(client: Client | null, packet: PublishPacket): Promise<Error | null> {
    // The broker's own messages: answers.
    if (client === null) return null;
    const device = this.clients.get(client);
    const channel = device === undefined ? undefined : intakeChannelOfTopic(device, packet.topic);
    // QoS 2 would make the broker hold messages before anybody has seen them.
    if (device === undefined || channel === undefined || packet.qos === 2) {
      this.refuse(client, "topic", `publish to ${packet.topic.slice(0, 128)}, QoS ${packet.qos}`);
      return new MingchengError("ACCESS_DENIED", `publish to ${packet.topic}`);
    }
    const { desk, pace, watchOf, clock } = this.parts;
    for (let waitMs = pace.waitMs(device); waitMs > 0; waitMs = pace.waitMs(device)) {
      await clock.sleep(waitMs, this.stopping.signal);
      if (this.stopping.signal.aborted) return new MingchengError("OUTBOX_CLOSED", "the gateway stops");
    }
    const { remoteAddress: address } = client.conn as GuardedConnection;
    const payload = Buffer.from(packet.payload);
    const answer = await desk.take(watchOf(device), channel, payload, `${this.listener.protocol}://${address}`);
    this.answer(device, answer.body);
    // Without PUBACK the device sends it again over its next connection.
    return answer.settled ? null : new MingchengError("OUTBOX_IO", "not stored");
  }

  private answer(device: string, body: object): void {
    const payload = Buffer.from(JSON.stringify(body));
    const topic = intakeTopics.answers(device);
    this.aedes?.publish({ cmd: "publish", topic, payload, qos: 1, retain: false, dup: false }, () => undefined);
  }

  private refuse(client: Client, what: "login" | "topic", detail: string): void {
    const { counts, door, refusals } = this.parts;
    if (what === "topic") counts.refusedTopics += 1;
    else door.refused += 1;
    const { remoteAddress: address } = client.conn as GuardedConnection;
    refusals.write(
      `${what} ${address} ${detail}`,
      { address, device: this.clients.get(client), detail },
      `intake: ${what} refused`,
    );
  }
}

const listening = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(new MingchengError("LISTEN_FAILED", `${host}:${port}: ${cause.message}`, { field: "intake", cause }));
    });
    server.listen(port, host, resolve);
  });

/**
 * A broker for devices: MQTT 3.1.1, per-device secrets, a guard in front of the library, each device confined to its own
 * topics. PUBACK only after the message is on disk.
 * @throws {MingchengError} LISTEN_FAILED
 */
export const openMqttFront = async (
  listener: IntakeListener,
  host: string,
  tls: TlsTexts | undefined,
  parts: FrontParts,
): Promise<Front> => {
  const front = new MqttFront(listener, parts);
  await front.start();
  const sockets = new Set<Socket>();
  const handle = (socket: Socket): void => {
    socket.setNoDelay(true);
    front.handle(socket);
  };
  const server: Server =
    tls === undefined
      ? createServer()
      : createTlsServer({ ...tls, minVersion: "TLSv1.2", handshakeTimeout: connectWithinMs });
  server.maxConnections = maxConnections;
  server.on("connection", (socket: Socket) => {
    if (!enters(socket, parts)) return;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    if (tls === undefined) handle(socket);
  });
  server.on("secureConnection", handle);
  server.on("tlsClientError", (error: Error, socket: Socket) => {
    const address = addressOf(socket);
    parts.refusals.write(`tls ${address} ${error.message}`, { address, error: error.message }, "intake: TLS failed");
  });
  await listening(server, host, listener.port);
  const { port } = server.address() as AddressInfo;
  return {
    address: { protocol: listener.protocol, host, port },
    connections: () => sockets.size,
    recheck: () => front.recheck(),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await front.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
