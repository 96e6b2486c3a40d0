import { connect as connectTls, type TLSSocket } from "node:tls";
import { type Downlink, downlinkSchema, parseSigned, signedTags, signedVerifies, topics } from "@mingcheng/protocols";
import { connect, type MqttClient } from "mqtt";
import { until } from "../../src/harness/until.ts";
import type { Enrolled } from "../../src/load/enrol.ts";
import { nodeCrypto } from "../../src/load/node-crypto.ts";

/** A client that says whatever a test wants to, as an enrolled gateway or as nobody. */
export interface HostileClient {
  readonly mqtt: MqttClient;
  readonly answers: readonly Downlink[];
  /** Publishes and waits for the next answer. */
  ask(topic: string, payload: Uint8Array): Promise<Downlink>;
  /** Publishes what the broker refuses, and waits until it has ended the connection for that. */
  publishRefused(topic: string, payload: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Connects with the credential of a gateway, or with another. @throws {Error} what the broker answers */
export const connectHostile = async (
  { gw, access, receiptKey }: Enrolled,
  eid: string,
  change: { readonly password?: string; readonly username?: string; readonly clientId?: string } = {},
): Promise<HostileClient> => {
  const mqtt = connect(access.url, {
    protocolVersion: 4,
    clientId: `${gw}-${eid}`,
    clean: true,
    username: access.username,
    password: access.password,
    ca: access.ca,
    reconnectPeriod: 0,
    ...change,
  });
  await new Promise<void>((resolve, reject) => {
    mqtt.once("connect", () => resolve());
    mqtt.once("close", () => reject(new Error("the broker closed the connection")));
    mqtt.on("error", reject);
  });
  const answers: Downlink[] = [];
  mqtt.on("message", (_topic, payload) => {
    const signed = parseSigned(payload);
    if (signed === undefined || !signedVerifies(nodeCrypto, receiptKey, signedTags.receipt, gw, signed)) return;
    answers.push(downlinkSchema.parse(signed.value));
  });
  await mqtt.subscribeAsync(topics.receipt(gw), { qos: 1 });
  return {
    mqtt,
    answers,
    ask: async (topic, payload) => {
      const before = answers.length;
      await mqtt.publishAsync(topic, Buffer.from(payload), { qos: 1 });
      return until(() => answers[before], { what: "an answer", withinMs: 10_000, everyMs: 2 });
    },
    publishRefused: async (topic, payload) => {
      const closed = new Promise<void>((resolve) => mqtt.once("close", () => resolve()));
      mqtt.publish(topic, Buffer.from(payload), { qos: 1 });
      await closed;
      await mqtt.endAsync(true);
    },
    close: () => mqtt.endAsync(true),
  };
};

/** How a stranger's attempt ended. */
export interface StrangerEnd {
  /** Octets that went out before the other side closed. */
  readonly sentBytes: number;
}

/** What a stranger sends at most: a centre that takes so much takes anything. */
export const strangersPatienceBytes = 64 * 1024 * 1024;

/** A stranger opens TLS and sends `octets`, then `more` again and again, until the other side closes. */
export const strangerSends = (
  { host, port, ca }: { readonly host: string; readonly port: number; readonly ca: string },
  octets: Uint8Array,
  more: Uint8Array,
): Promise<StrangerEnd> =>
  new Promise((resolve) => {
    let sentBytes = 0;
    let open = true;
    const socket: TLSSocket = connectTls({ host, port, ca }, () => {
      socket.write(octets);
      sentBytes += octets.length;
      const push = () => {
        let room = true;
        while (open && room && sentBytes < strangersPatienceBytes) {
          room = socket.write(more);
          sentBytes += more.length;
        }
        if (sentBytes >= strangersPatienceBytes) socket.destroy();
        else if (open) socket.once("drain", push);
      };
      push();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      open = false;
      resolve({ sentBytes });
    });
  });
