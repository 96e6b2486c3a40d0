import type { TLSSocket } from "node:tls";
import { MingchengError } from "@mingcheng/protocols";
import { MqttClient } from "mqtt";
import { writeToStream } from "mqtt-packet";

// Otherwise the first packet makes a buffer of each of the 65,536 numbers of two bytes, 9 MB in all, and keeps them.
writeToStream.cacheNumbers = false;

/** Options of {@link openMqttConnection}. */
export interface MqttConnectionOptions {
  /** Verified already. */
  readonly socket: TLSSocket;
  readonly clientId: string;
  readonly user: string;
  readonly password: string;
  /** Published by the broker when this side dies without a word, retained. */
  readonly will: { readonly topic: string; readonly payload: Uint8Array };
  /** Subscribed with QoS 1 before the connection counts as open. */
  readonly subscribeTo: readonly string[];
  readonly keepaliveSeconds: number;
  /** For CONNACK and SUBACK each. */
  readonly withinMs: number;
  /** Gives up opening. */
  readonly signal: AbortSignal;
  onMessage(topic: string, payload: Uint8Array): void;
}

/** One MQTT connection from CONNECT to its end; it never reconnects. */
export interface MqttConnection {
  /**
   * QoS 1. Resolves at PUBACK, which frees nothing; rejects when the connection ends before. A centre that lets 4 MiB
   * pile up without a PUBACK does not work: the connection is ended.
   */
  publish(topic: string, payload: Uint8Array, retain: boolean): Promise<void>;
  /** QoS 0; false when the line is too slow to take it. */
  publishLossy(topic: string, payload: Uint8Array): boolean;
  /** Resolves when the connection has ended, with the reason when it was not our wish. Never rejects. */
  readonly ended: Promise<MingchengError | null>;
  /** Says DISCONNECT, so that the will is not published, and ends. */
  disconnect(): void;
  /** Ends without a word. */
  destroy(): void;
}

/** More unsent bytes than this mean that the line is slow: unsettled values are dropped then. */
const slowLineBytes = 64 * 1024;

/** Twice what all batches of both lanes can hold. */
const maxUnacknowledgedBytes = 4 * 1024 * 1024;

/** CONNACK return codes by which the centre says that it does not want this gateway (MQTT 3.1.1 §3.2.2.3). */
const refusals = new Map([
  [1, "protocol version"],
  [2, "client id"],
  [4, "bad user name or password"],
  [5, "not authorised"],
]);

const asOurs = (error: Error & { code?: number | string }): MingchengError => {
  const refused = typeof error.code === "number" ? refusals.get(error.code) : undefined;
  if (refused !== undefined) return new MingchengError("CENTRE_REFUSED", refused, { cause: error });
  return new MingchengError("CENTRE_UNREACHABLE", `the connection ended: ${error.message}`, { cause: error });
};

const clientFor = (options: MqttConnectionOptions): MqttClient => {
  const { socket, clientId, user, password, will } = options;
  return new MqttClient(() => socket, {
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId,
    username: user,
    password,
    clean: true,
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    keepalive: options.keepaliveSeconds,
    connectTimeout: options.withinMs,
    // Reconnecting belongs to the uplink, with a new line of its own if need be.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
  });
};

/** Resolves when CONNACK and SUBACK are in. */
const subscribed = (client: MqttClient, options: MqttConnectionOptions): Promise<null> =>
  new Promise((resolve) => {
    client.once("connect", () => {
      client.subscribe([...options.subscribeTo], { qos: 1 }, (error) => {
        if (error === null) resolve(null);
        else options.socket.destroy();
      });
    });
  });

/** The same bytes as the MQTT library wants them, not copied. */
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Publishes with QoS 1 and keeps count of what waits for its PUBACK. */
const publisher = (client: MqttClient, onPile: () => void): MqttConnection["publish"] => {
  let waitingBytes = 0;
  return (topic, payload, retain) =>
    new Promise((resolve, reject) => {
      waitingBytes += payload.length;
      client.publish(topic, asBuffer(payload), { qos: 1, retain }, (error) => {
        waitingBytes -= payload.length;
        if (error == null) resolve();
        else reject(new MingchengError("CENTRE_UNREACHABLE", error.message));
      });
      if (waitingBytes > maxUnacknowledgedBytes) onPile();
    });
};

/**
 * Speaks MQTT 3.1.1 over a verified socket: clean session, will, one subscription. Resolves when messages can come.
 * @throws {MingchengError} CENTRE_REFUSED, CENTRE_UNREACHABLE
 */
export const openMqttConnection = async (options: MqttConnectionOptions): Promise<MqttConnection> => {
  const { socket, signal } = options;
  const giveUp = (): void => {
    socket.destroy();
  };
  const closed = new MingchengError("CENTRE_UNREACHABLE", "the connection was closed");
  let reason: MingchengError | null = closed;
  const client = clientFor(options);
  client.on("error", (error) => {
    if (reason === closed) reason = asOurs(error);
    socket.destroy();
  });
  client.on("message", (topic, payload) => options.onMessage(topic, payload));
  const ended = new Promise<MingchengError | null>((resolve) => {
    client.once("close", () => {
      // Whatever waits for a PUBACK learns that there is none to come.
      client.end(true);
      resolve(reason);
    });
  });
  const timer = setTimeout(giveUp, 2 * options.withinMs);
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  const failed = await Promise.race([subscribed(client, options), ended]);
  clearTimeout(timer);
  signal.removeEventListener("abort", giveUp);
  if (failed !== null) throw failed;
  return {
    ended,
    publish: publisher(client, () => {
      reason = new MingchengError("CENTRE_UNREACHABLE", "the centre acknowledges nothing");
      socket.destroy();
    }),
    publishLossy: (topic, payload) => {
      if (!client.connected || socket.writableLength > slowLineBytes) return false;
      client.publish(topic, asBuffer(payload), { qos: 0 });
      return true;
    },
    disconnect: () => {
      reason = null;
      client.end();
    },
    destroy: () => {
      reason = null;
      socket.destroy();
    },
  };
};
