import { topics } from "@mingcheng/protocols";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { LoadGateway } from "./load-gateway.ts";

/** Where and as whom a load gateway connects. */
export interface BrokerAccess {
  /** `mqtts://host:port`. */
  readonly url: string;
  /** Certificate of the centre's authority, PEM. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  /** A broken connection is tried again after so long; default 1 s. */
  readonly reconnectAfterMs?: number;
}

/** A running connection. */
export interface RunningConnection {
  /** Resolves after the first subscription stands. */
  readonly established: Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects a load gateway over TLS, the way a gateway does: MQTT 3.1.1, clean session, a will, receipts subscribed
 * before anything is sent. Every connection is a new client, so that nothing of an old one is ever sent again by itself.
 */
export const connectLoadGateway = (gateway: LoadGateway, access: BrokerAccess): RunningConnection => {
  const { gw, eid } = gateway.outbox.line;
  let client: MqttClient | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closing = false;
  const { promise: established, resolve } = withResolver();
  const open = () => {
    const options: IClientOptions = {
      protocolVersion: 4,
      clientId: `${gw}-${eid}`,
      clean: true,
      username: access.username,
      password: access.password,
      ca: access.ca,
      rejectUnauthorized: true,
      reconnectPeriod: 0,
      resubscribe: false,
      will: { topic: topics.state(gw, eid), payload: Buffer.from(gateway.farewell()), qos: 1, retain: true },
    };
    const opened = connect(access.url, options);
    client = opened;
    opened.on("connect", () => {
      opened.subscribe(topics.receipt(gw), { qos: 1 }, (error) => {
        if (error !== null) {
          opened.end(true);
          return;
        }
        resolve();
        gateway.connected({
          publish: async (topic, payload, { retain }) => {
            await opened.publishAsync(topic, Buffer.from(payload.buffer, payload.byteOffset, payload.length), {
              qos: 1,
              retain,
            });
          },
        });
      });
    });
    opened.on("message", (_topic, payload) => gateway.receive(payload));
    // The connection's end says enough; the error itself comes with it.
    opened.on("error", () => undefined);
    opened.on("close", () => {
      gateway.disconnected();
      if (!closing) timer = setTimeout(open, access.reconnectAfterMs ?? 1_000);
    });
  };
  open();
  return {
    established,
    close: async () => {
      closing = true;
      clearTimeout(timer);
      await client?.endAsync(true);
      gateway.close();
    },
  };
};

const withResolver = (): { promise: Promise<void>; resolve: () => void } => {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
};
