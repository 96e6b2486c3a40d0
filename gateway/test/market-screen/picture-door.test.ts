import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PictureDoor } from "../../src/market-screen/picture-door.ts";

/** The cameras' own door, as the screen's door meets it: tokens over HTTP, then a socket. */
class CamerasDoor {
  readonly asked: { readonly cookie: string; readonly body: unknown }[] = [];
  /** First line and host of every viewer that was passed on. */
  readonly viewers: string[] = [];
  readonly sockets = new Set<Duplex>();
  status = 200;
  answer = JSON.stringify({ token: "t-1" });
  readonly #server: Server = createHttpServer((request, response) => {
    let text = "";
    request.on("data", (piece: Buffer) => {
      text += piece.toString("utf8");
    });
    request.on("end", () => {
      this.asked.push({ cookie: request.headers.cookie ?? "", body: JSON.parse(text) });
      response.writeHead(this.status, { "content-type": "application/json" }).end(this.answer);
    });
  });

  async start(): Promise<{ host: string; port: number }> {
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.viewers.push(`${request.url ?? ""} ${request.headers.host ?? ""} ${request.headers.cookie ?? "-"}`);
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
      if (head.length > 0) socket.write(head);
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return { host: "127.0.0.1", port: (this.#server.address() as AddressInfo).port };
  }

  stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** A pair of sockets: what the screen's server hands to its door, and the browser behind it. */
const pairOfSockets = async (): Promise<{
  readonly ours: Socket;
  readonly browser: Socket;
  readonly end: () => void;
}> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const browser = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const ours = await accepted;
  browser.on("error", () => undefined);
  ours.on("error", () => undefined);
  return {
    ...{ ours, browser },
    end: () => {
      browser.destroy();
      server.close();
    },
  };
};

const readUntil = (socket: Socket, wanted: string): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    socket.on("data", (piece: Buffer) => {
      text += piece.toString("utf8");
      if (text.includes(wanted)) resolve(text);
    });
  });
const closed = (socket: Duplex): Promise<void> => new Promise((resolve) => socket.once("close", () => resolve()));

describe("the door to public pictures", () => {
  let cameras: CamerasDoor;
  let place: { host: string; port: number } | null;
  const shown = new Set<string>();
  const ends: (() => void)[] = [];
  let door: PictureDoor;

  beforeEach(async () => {
    cameras = new CamerasDoor();
    place = await cameras.start();
    shown.clear();
    shown.add("kitchen-1");
    door = new PictureDoor(
      () => place,
      (channel) => shown.has(channel),
    );
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await cameras.stop();
  });

  const view = async (): Promise<Socket> => {
    const { ours, browser, end } = await pairOfSockets();
    ends.push(end);
    const message = { headers: { "sec-websocket-key": "abc", cookie: "mingcheng-setup=stolen" } };
    door.upgrade(message as unknown as IncomingMessage, ours, Buffer.from("first"));
    return browser;
  };

  it("asks for the small stream with a session that only it knows, and knows it again", async () => {
    expect(await door.token("kitchen-1")).toEqual({ token: "t-1" });
    const [{ cookie, body } = { cookie: "", body: {} }] = cameras.asked;
    expect(body).toEqual({ channel: "kitchen-1", quality: "sub", why: "market screen" });
    const secret = cookie.split("=")[1] ?? "";
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(door.holds(secret)).toBe(true);
    expect(door.holds(`${secret.slice(0, -1)}!`)).toBe(false);
    expect(door.holds("")).toBe(false);
  });

  it("asks nothing for a channel that is not public, and says so where there are no cameras", async () => {
    await expect(door.token("kitchen-2")).rejects.toMatchObject({ code: "NOT_FOUND" });
    shown.delete("kitchen-1");
    await expect(door.token("kitchen-1")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(cameras.asked).toEqual([]);
    shown.add("kitchen-1");
    cameras.status = 403;
    await expect(door.token("kitchen-1")).rejects.toMatchObject({ code: "MEDIA_OFF" });
    cameras.status = 200;
    cameras.answer = "<html>";
    await expect(door.token("kitchen-1")).rejects.toMatchObject({ code: "MEDIA_OFF" });
    place = null;
    await expect(door.token("kitchen-1")).rejects.toMatchObject({ code: "MEDIA_OFF" });
  });

  it("passes a viewer on both ways under the cameras' own name, and nothing of what it brought along", async () => {
    const browser = await view();
    expect(await readUntil(browser, "first")).toContain("101 Switching Protocols");
    expect(cameras.viewers).toEqual([`/media/watch 127.0.0.1:${place?.port ?? 0} -`]);
    browser.write("more");
    expect(await readUntil(browser, "more")).toContain("more");
  });

  it("ends with either side, and all of them when a channel is switched off", async () => {
    const [one, other] = [await view(), await view()];
    await Promise.all([readUntil(one, "first"), readUntil(other, "first")]);
    const gone = closed(other);
    door.cut();
    await Promise.all([gone, closed(one)]);
    const last = await view();
    await readUntil(last, "first");
    for (const socket of cameras.sockets) socket.destroy();
    await closed(last);
  });

  it("lets eight screens watch at once, and another one when one of them went", async () => {
    const viewers = await Promise.all(Array.from({ length: 8 }, view));
    await Promise.all(viewers.map((browser) => readUntil(browser, "first")));
    const ninth = await view();
    expect(await readUntil(ninth, "503")).toContain("503 Service Unavailable");
    const [first] = viewers;
    const one = Promise.race([...cameras.sockets].map((socket) => closed(socket)));
    first?.destroy();
    await one;
    const another = await view();
    expect(await readUntil(another, "first")).toContain("101");
  });
});
