import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Link, openLink } from "./link.ts";

let echo: { close(): unknown } | undefined;
let link: Link | undefined;

const start = async (): Promise<Link> => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  echo = server;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  link = await openLink(typeof address === "object" && address !== null ? address.port : 0);
  return link;
};

const connect = async (port: number) => {
  const socket = createConnection({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
};

const receive = async (socket: Awaited<ReturnType<typeof connect>>, length: number): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let have = 0;
  while (have < length) {
    const [part] = (await once(socket, "data")) as [Buffer];
    parts.push(part);
    have += part.length;
  }
  return Buffer.concat(parts);
};

afterEach(async () => {
  await link?.close();
  echo?.close();
  link = undefined;
  echo = undefined;
});

describe("the link between gateway and centre", () => {
  it("carries bytes both ways unchanged", async () => {
    const { port } = await start();
    const socket = await connect(port);
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    socket.write(sent);
    expect((await receive(socket, sent.length)).equals(sent)).toBe(true);
  });

  it("breaks what is connected when it is cut, refuses what comes, and works again when restored", async () => {
    const up = await start();
    const socket = await connect(up.port);
    up.cut();
    await once(socket, "close");
    const refused = await connect(up.port);
    await once(refused, "close");
    up.restore(null);
    const again = await connect(up.port);
    again.write("hello");
    expect((await receive(again, 5)).toString()).toBe("hello");
  });

  it("holds the rate upwards when it is weak", async () => {
    const up = await start();
    up.restore(200_000);
    const socket = await connect(up.port);
    const started = performance.now();
    socket.write(Buffer.alloc(200_000));
    await receive(socket, 200_000);
    expect(performance.now() - started).toBeGreaterThan(500);
  });
});
