import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ByteStream, SerialSettings } from "./byte-stream.ts";
import { endAtHangUp } from "./hang-up.ts";
import { createMemoryLine } from "./memory.ts";
import { openTransport, parseTransportAddress } from "./open-transport.ts";
import { openTcp, parseTcpAddress } from "./tcp.ts";

const line: SerialSettings = { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 };
const willing = new AbortController().signal;

let server: Server | undefined;
afterEach(async () => {
  const listening = server;
  server = undefined;
  if (listening !== undefined) await new Promise<void>((resolve) => listening.close(() => resolve()));
});

/** A box on the local network: its address, and the socket of the next client. */
const startBox = async () => {
  const clients: Socket[] = [];
  let arrived: ((socket: Socket) => void) | undefined;
  const box = createServer((socket) => {
    socket.on("error", () => {});
    if (arrived === undefined) clients.push(socket);
    else arrived(socket);
  });
  server = box;
  await new Promise<void>((resolve) => box.listen(0, "127.0.0.1", () => resolve()));
  const client = (): Promise<Socket> =>
    new Promise((resolve) => {
      const waiting = clients.shift();
      if (waiting === undefined) arrived = resolve;
      else resolve(waiting);
    });
  return { address: `tcp://127.0.0.1:${(box.address() as AddressInfo).port}`, client };
};

const connected = async (): Promise<{ stream: ByteStream; device: Socket }> => {
  const box = await startBox();
  const device = box.client();
  return { stream: await openTransport(box.address, line, willing), device: await device };
};

describe("addresses", () => {
  it("are TCP or a port's path", () => {
    expect(parseTransportAddress("tcp://[::1]:4001")).toEqual({ kind: "tcp", address: "tcp://[::1]:4001" });
    expect(parseTransportAddress("/dev/serial/by-id/x")).toEqual({ kind: "serial", path: "/dev/serial/by-id/x" });
    expect(parseTransportAddress("serial:/dev/ttyUSB0")).toEqual({ kind: "serial", path: "/dev/ttyUSB0" });
    expect(parseTcpAddress("tcp://[::1]:4001")).toEqual({ host: "::1", port: 4001 });
  });

  it.each([
    "ttyUSB0",
    "tcp://host",
    "tcp://host:0",
    "tcp://host:70000",
    "tcp://user:pw@host:1",
    "tcp://host:1/x",
    "udp://h:1",
    "",
  ])("%j is none", (address) => {
    expect(() => parseTransportAddress(address)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", retryable: false, field: "address" }),
    );
  });
});

describe("a TCP line", () => {
  it("carries bytes both ways, and ends with undefined when the device closes", async () => {
    const { stream, device } = await connected();
    device.write(Uint8Array.of(1, 2, 3));
    expect(await stream.read()).toEqual(Buffer.from([1, 2, 3]));
    await stream.write(Uint8Array.of(6));
    const heard = await new Promise<Buffer>((resolve) => device.once("data", resolve));
    expect([...heard]).toEqual([6]);
    device.end();
    expect(await stream.read()).toBeUndefined();
    await stream.close();
  });

  it("says that the line broke when the device is gone", async () => {
    const { stream, device } = await connected();
    const read = stream.read();
    device.resetAndDestroy();
    await expect(read).rejects.toMatchObject({ code: "DEVICE_DISCONNECTED", retryable: true });
    await expect(stream.write(Uint8Array.of(1))).rejects.toMatchObject({ code: "DEVICE_DISCONNECTED" });
    await stream.close();
  });

  it("ends an outstanding read when it is closed, and may be closed twice", async () => {
    const { stream } = await connected();
    const read = stream.read();
    await Promise.all([stream.close(), stream.close()]);
    expect(await read).toBeUndefined();
    await expect(stream.write(Uint8Array.of(1))).rejects.toMatchObject({ code: "DEVICE_DISCONNECTED" });
  });

  it("leaves what nobody reads in the operating system: a chatty device is held up, memory is not", async () => {
    const { stream, device } = await connected();
    const flood = new Uint8Array(1024 * 1024);
    let accepted = 0;
    for (let count = 0; count < 64; count++) device.write(flood, (error) => void (error || accepted++));
    await stream.read();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(accepted).toBeLessThan(64);
    await stream.close();
    device.destroy();
  });

  it("cannot be opened where nobody listens, or after an abort", async () => {
    const box = await startBox();
    const closing = server;
    server = undefined;
    await new Promise<void>((resolve) => closing?.close(() => resolve()));
    const failed = { code: "DEVICE_OPEN_FAILED", retryable: true };
    await expect(openTcp(box.address, willing)).rejects.toMatchObject(failed);
    await expect(openTcp(box.address, AbortSignal.abort())).rejects.toMatchObject(failed);
  });
});

describe("a serial line", () => {
  it("cannot be opened where there is no port, which is worth trying again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mingcheng-port-"));
    await expect(openTransport(join(folder, "ttyUSB9"), line, willing)).rejects.toMatchObject({
      code: "DEVICE_OPEN_FAILED",
      retryable: true,
    });
    rmSync(folder, { recursive: true });
  });
});

describe("a port whose line hung up", () => {
  it("ends instead of being read again and again", async () => {
    // A hung-up terminal reads like the end of a file: no bytes, no error.
    const fd = openSync("/dev/null", "r");
    const binding = { fd, poller: { once: () => {} }, read: async () => ({ buffer: Buffer.alloc(0), bytesRead: 0 }) };
    endAtHangUp({ port: binding } as never);
    await expect((binding.read as (...args: unknown[]) => Promise<unknown>)(Buffer.alloc(8), 0, 8)).rejects.toThrow(
      "hung up",
    );
    closeSync(fd);
  });
});

describe("a line in memory", () => {
  it("behaves like the others", async () => {
    const [one, other] = createMemoryLine();
    await one.write(Uint8Array.of(1));
    expect(await other.read()).toEqual(Uint8Array.of(1));
    const read = other.read();
    one.unplug();
    await expect(read).rejects.toMatchObject({ code: "DEVICE_DISCONNECTED", retryable: true });
    const [left, right] = createMemoryLine();
    await left.close();
    expect(await right.read()).toBeUndefined();
    expect([left.closed, right.closed]).toEqual([true, false]);
  });

  it("makes a writer wait for a reader who lags", async () => {
    const [one, other] = createMemoryLine();
    await one.write(new Uint8Array(64 * 1024));
    let written = false;
    const writing = one.write(Uint8Array.of(1)).then(() => {
      written = true;
    });
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(written).toBe(false);
    await other.read();
    await writing;
    expect(await other.read()).toEqual(Uint8Array.of(1));
  });
});
