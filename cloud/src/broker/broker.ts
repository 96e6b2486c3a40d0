import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { MingchengError } from "@mingcheng/protocols";
import type { BrokerCounts, BrokerOptions } from "./broker-options.ts";
import { connectWithinMs, EmbeddedBroker } from "./embedded-broker.ts";

/** A running broker. */
export interface Broker {
  readonly port: number;
  /** Gateways connected now. */
  connected(): readonly string[];
  counts(): Readonly<BrokerCounts>;
  /** Sends a command to a gateway; lost when it is not connected. */
  command(gw: string, payload: Uint8Array): void;
  /** Tells a gateway something about its video; lost when it is not connected, unless it is to be kept for it. */
  media(gw: string, payload: Uint8Array, keep: boolean): void;
  /** Ends the connections for which `isWelcome` is false; `sinceMs`: when the gateway was let in. */
  recheck(isWelcome: (gw: string, sinceMs: number) => boolean): void;
  /** Sends a signed answer to every connected gateway for which there is one, whether it asked or not. */
  tell(answerFor: (gw: string) => Uint8Array | undefined): void;
  /** Serves with another certificate from the next connection on; those that are open stay. */
  renewTls(tls: BrokerOptions["tls"]): void;
  close(): Promise<void>;
}

const maxConnections = 20_000;

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
  server.on("connection", (socket) => broker.count(socket));
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    broker.admit(socket);
  });
  server.on("tlsClientError", (error, socket) => {
    const { remoteAddress: address } = socket;
    broker.refusals.write(`tls ${address} ${error.message}`, { address, error: error.message }, "TLS handshake failed");
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
    command: (gw, payload) => broker.command(gw, payload),
    media: (gw, payload, keep) => broker.media(gw, payload, keep),
    recheck: (isWelcome) => broker.recheck(isWelcome),
    tell: (answerFor) => broker.tell(answerFor),
    renewTls: (tls) => server.setSecureContext({ ...tls, minVersion: "TLSv1.2" }),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
