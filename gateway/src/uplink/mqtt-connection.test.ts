import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { type MqttConnectionOptions, openMqttConnection } from "./mqtt-connection.ts";

/** First octets of packets (MQTT 3.1.1 §2.2.1) and whole answers. */
const packet = { connect: 0x10, subscribe: 0x82, connack: (code: number) => Buffer.from([0x20, 2, 0, code]) };

describe("one MQTT connection", () => {
  let server: Server | undefined;
  const sockets: Socket[] = [];

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server?.close();
  });

  /** A broker that answers CONNECT with `code`, grants subscriptions, and then says nothing more. */
  const broker = async (code: number): Promise<number> => {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        if (bytes[0] === packet.connect) socket.write(packet.connack(code));
        else if (bytes[0] === packet.subscribe) socket.write(Buffer.from([0x90, 3, bytes[2] ?? 0, bytes[3] ?? 0, 1]));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };

  const open = (port: number, more: Partial<MqttConnectionOptions> = {}) =>
    openMqttConnection({
      // What is spoken over it does not depend on the encryption.
      socket: connect(port, "127.0.0.1") as TLSSocket,
      clientId: "gw-1",
      user: "gw",
      password: "x",
      will: { topic: "t", payload: new Uint8Array(1) },
      subscribeTo: ["t/receipt"],
      keepaliveSeconds: 20,
      withinMs: 5_000,
      signal: new AbortController().signal,
      onMessage: () => undefined,
      ...more,
    });

  it("tells a refusal from a broken line", async () => {
    await expect(open(await broker(5))).rejects.toMatchObject({ code: "CENTRE_REFUSED" });
    server?.close();
    await expect(open(await broker(3))).rejects.toMatchObject({ code: "CENTRE_UNREACHABLE" });
  });

  it("gives up opening when told to", async () => {
    server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const given = new AbortController();
    const opening = open((server.address() as AddressInfo).port, { signal: given.signal });
    given.abort();
    await expect(opening).rejects.toMatchObject({ code: "CENTRE_UNREACHABLE" });
  });

  it("ends instead of piling up what nobody acknowledges", async () => {
    const connection = await open(await broker(0));
    const batch = new Uint8Array(256 * 1024);
    const outcomes: Promise<string>[] = [];
    for (let sent = 0; sent < 17; sent++) {
      outcomes.push(
        connection.publish("t/rec", batch, false).then(
          () => "acknowledged",
          () => "ended",
        ),
      );
    }
    expect(await connection.ended).toMatchObject({
      code: "CENTRE_UNREACHABLE",
      message: "the centre acknowledges nothing",
    });
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(["ended"]));
    expect(connection.publishLossy("t/live/x", batch)).toBe(false);
  });
});
