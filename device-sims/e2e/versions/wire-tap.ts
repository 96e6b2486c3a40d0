import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { CentreProcess } from "../../src/harness/centre-process.ts";
import { createPacketCutter } from "../../src/harness/mqtt-packets.ts";

/** One MQTT publish, as it passed. */
export interface WireMessage {
  readonly way: "up" | "down";
  readonly topic: string;
  readonly payload: Buffer;
}

/** Somebody with the centre's TLS key between a gateway and its centre, who writes down what both say. */
export interface WireTap {
  readonly host: string;
  readonly port: number;
  readonly messages: readonly WireMessage[];
  /** From now on nothing that the centre publishes reaches the gateway. */
  holdDown(): void;
  close(): Promise<void>;
}

/** Stands between the gateway and the centre; the gateway is to be configured with its address as `centre`. */
export const startWireTap = async (centre: CentreProcess): Promise<WireTap> => {
  const pem = (name: string): Buffer => readFileSync(join(centre.dataDir, "keys", name));
  const messages: WireMessage[] = [];
  let isHeld = false;
  const open = new Set<TLSSocket>();
  const server = createServer({ key: pem("server-key.pem"), cert: pem("server.pem") }, (gateway) => {
    const { host, port } = centre.addresses.mqtts;
    const upstream = connect({ host, port, ca: pem("ca.pem") });
    const pass = (way: WireMessage["way"], from: TLSSocket, to: TLSSocket): void => {
      const cut = createPacketCutter();
      open.add(from);
      from.on("data", (bytes: Buffer) => {
        for (const { bytes: whole, topic, payload } of cut(bytes)) {
          if (topic !== null) messages.push({ way, topic, payload: Buffer.from(payload) });
          if (topic === null || way === "up" || !isHeld) to.write(whole);
        }
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    };
    pass("up", gateway, upstream);
    pass("down", upstream, gateway);
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    messages,
    holdDown: () => {
      isHeld = true;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
