import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { topics } from "@mingcheng/protocols";
import { type Ack, ackSchema } from "@mingcheng/protocols/commands";
import type { CentreProcess } from "../../src/harness/centre-process.ts";
import { createPacketCutter, publishType } from "../../src/harness/mqtt-packets.ts";

/** Somebody between a gateway and its centre who has the centre's TLS key: sees, keeps back, repeats and adds commands. */
export interface Meddler {
  readonly host: string;
  readonly port: number;
  /** Commands that the centre sent, as they came. */
  readonly commands: readonly Buffer[];
  /** What the gateway answered, unverified. */
  readonly acks: readonly Ack[];
  /** What goes on of a command; default: itself. */
  pass(rule: (command: Buffer) => readonly Buffer[]): void;
  /** Puts a command into the gateway's connection. @throws {Error} when it is not connected */
  inject(command: Uint8Array): void;
  close(): Promise<void>;
}

const lengthOctets = (length: number): Buffer => {
  const octets: number[] = [];
  let left = length;
  do {
    const more = left > 127;
    octets.push((left & 0x7f) | (more ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return Buffer.from(octets);
};

/** A PUBLISH of QoS 0: it needs no number that the centre might use, too. */
const publishPacket = (topic: string, payload: Uint8Array): Buffer => {
  const name = Buffer.from(topic);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(name.length);
  const body = Buffer.concat([size, name, payload]);
  return Buffer.concat([Buffer.of(publishType << 4), lengthOctets(body.length), body]);
};

const ackIn = (payload: Buffer): Ack =>
  ackSchema.parse(JSON.parse(payload.subarray(0, payload.lastIndexOf(0x0a)).toString("utf8")));

/** Stands between gateway `gw` and the centre; the gateway is to be configured with its address as `centre`. */
export const startMeddler = async (centre: CentreProcess, gw: string): Promise<Meddler> => {
  const pem = (name: string): Buffer => readFileSync(join(centre.dataDir, "keys", name));
  const commands: Buffer[] = [];
  const acks: Ack[] = [];
  const topic = topics.command(gw);
  let rule: (command: Buffer) => readonly Buffer[] = (command) => [command];
  let current: TLSSocket | undefined;
  const server = createServer({ key: pem("server-key.pem"), cert: pem("server.pem") }, (gateway) => {
    const { host, port } = centre.addresses.mqtts;
    const upstream = connect({ host, port, ca: pem("ca.pem") });
    current = gateway;
    const cutDown = createPacketCutter();
    const cutUp = createPacketCutter();
    upstream.on("data", (bytes: Buffer) => {
      for (const packet of cutDown(bytes)) {
        if (packet.topic !== topic) {
          gateway.write(packet.bytes);
          continue;
        }
        commands.push(Buffer.from(packet.payload));
        for (const command of rule(packet.payload)) gateway.write(publishPacket(topic, command));
      }
    });
    gateway.on("data", (bytes: Buffer) => {
      for (const packet of cutUp(bytes)) if (packet.topic === topics.ack(gw)) acks.push(ackIn(packet.payload));
      upstream.write(bytes);
    });
    for (const [one, other] of [
      [gateway, upstream],
      [upstream, gateway],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    commands,
    acks,
    pass: (wanted) => {
      rule = wanted;
    },
    inject: (command) => {
      if (current === undefined || current.destroyed) throw new Error(`${gw} is not connected`);
      current.write(publishPacket(topic, command));
    },
    close: () =>
      new Promise((resolve) => {
        current?.destroy();
        server.close(() => resolve());
      }),
  };
};
