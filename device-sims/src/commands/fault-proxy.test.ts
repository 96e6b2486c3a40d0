import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { byteDrop, noise } from "../../faults/fault.ts";
import { systemClock } from "../clock.ts";
import { until } from "../harness/until.ts";
import { createRandom } from "../random.ts";
import { openTcpLine } from "../transports/tcp-line.ts";
import { parseEndpoint, startFaultProxy } from "./fault-proxy.ts";

describe("fault proxy", () => {
  it("damages what the device sends and passes on what it is sent", async () => {
    const device = await openTcpLine("127.0.0.1", 0);
    const heard: number[] = [];
    device.listen({ bytes: (bytes) => void heard.push(...bytes), up: () => {}, down: () => {} });
    const options = {
      listen: { host: "127.0.0.1", port: 0 },
      to: parseEndpoint(device.address, "--to"),
      faults: [byteDrop(1), noise(1, 4)],
      both: false,
    };
    const proxy = await startFaultProxy(options, systemClock, createRandom(1));
    const { port } = parseEndpoint(proxy.address, "--listen");
    const gateway = connect(port, "127.0.0.1");
    let received = 0;
    gateway.on("data", (bytes) => {
      received += bytes.length;
    });
    gateway.write(Uint8Array.of(1, 2, 3));
    await until(() => heard.length === 3, { what: "the device hears the gateway", withinMs: 5000 });
    expect(heard).toEqual([1, 2, 3]);
    device.send(new Uint8Array(100));
    await until(() => received > 0, { what: "noise arrives", withinMs: 5000 });
    expect(received).toBeLessThanOrEqual(4);
    const closed = new Promise<void>((resolve) => gateway.once("close", () => resolve()));
    device.drop();
    await closed;
    await proxy.stop();
    await device.close();
  });

  it.each(["127.0.0.1:1", "tcp://host", "tcp://host:70000", "udp://host:1"])("refuses %s as an address", (text) => {
    expect(() => parseEndpoint(text, "--to")).toThrow(
      expect.objectContaining({ code: "INPUT_INVALID", field: "--to" }),
    );
  });
});
