import { connect as connectSocket } from "node:net";
import type { IntakeAnswer } from "@mingcheng/protocols/intake";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../device-sims/src/harness/until.ts";
import { type IntakeBench, openIntakeBench } from "./intake-bench.ts";
import { FaultyFiles, type Operation } from "./outbox/faulty-files.ts";
import { cleanUp } from "./outbox/test-outbox.ts";
import { settle } from "./test-clock.ts";

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  await cleanUp();
});

const open = async (files?: FaultyFiles): Promise<IntakeBench> => {
  const bench = await openIntakeBench(files === undefined ? {} : { files });
  endings.push(() => bench.close());
  return bench;
};

interface Device {
  readonly mqtt: MqttClient;
  readonly answers: IntakeAnswer[];
  /** Publishes with QoS 1; resolves with the answer once PUBACK and answer are there. */
  say(channel: string, body: unknown): Promise<IntakeAnswer>;
}

/** @throws {Error} what the broker answers */
const connectDevice = async (
  bench: IntakeBench,
  id: string,
  secret: string,
  change: IClientOptions = {},
): Promise<Device> => {
  const mqtt = await connectAsync(
    bench.url("mqtt"),
    { protocolVersion: 4, clientId: id, username: id, password: secret, reconnectPeriod: 0, ...change },
    false,
  );
  endings.push(() => mqtt.endAsync(true));
  mqtt.on("error", () => undefined);
  const answers: IntakeAnswer[] = [];
  mqtt.on("message", (_topic, payload) => answers.push(JSON.parse(payload.toString()) as IntakeAnswer));
  await mqtt.subscribeAsync(`intake/v1/${id}/answers`, { qos: 1 });
  return {
    mqtt,
    answers,
    say: async (channel, body) => {
      const before = answers.length;
      const text = typeof body === "string" ? body : JSON.stringify(body);
      await mqtt.publishAsync(`intake/v1/${id}/${channel}`, text, { qos: 1 });
      return until(() => answers[before], { what: "an answer", withinMs: 10_000, everyMs: 2 });
    },
  };
};

const sale = (id: string) => ({
  id,
  lines: [{ item: "10086", weight: "1.25", unit: "斤", unitPriceFen: 450, amountFen: 562 }],
  amountFen: 562,
});
const isData = ({ name, path }: Operation): boolean => name === "write" && path.endsWith(".seg");

describe("messages over MQTT", () => {
  it("become records; again, over HTTP as well, they get the same answer", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    const device = await connectDevice(bench, "scale-1", secret);
    const answer = await device.say("sales", sale("a1"));
    expect(answer).toMatchObject({ id: "a1", result: "captured", warnings: [] });
    expect(await device.say("sales", sale("a1"))).toEqual(answer);
    expect((await bench.post("scale-1", secret, "sales", sale("a1"))).answer).toEqual(answer);
    expect(await bench.records("sale")).toHaveLength(1);
    expect(await device.say("heartbeats", {})).toMatchObject({ result: "heard", time: expect.any(String) });
    expect(bench.intake.devices()[0]).toMatchObject({ address: "mqtt://127.0.0.1", connections: 2 });
  });

  it("that are no records are acknowledged, because they are kept, and the answer says why", async () => {
    const bench = await open();
    const device = await connectDevice(bench, "scale-1", await bench.addDevice("scale-1"));
    expect(await device.say("sales", "{")).toMatchObject({ result: "refused", error: { code: "INTAKE_INVALID" } });
    expect(await device.say("sales", "x".repeat(100_000))).toMatchObject({ error: { code: "INTAKE_TOO_LARGE" } });
    expect(await device.say("tests", {})).toMatchObject({ error: { code: "ACCESS_DENIED" } });
    expect(bench.capture.stats().quarantine.files).toBe(3);
    expect(device.mqtt.connected).toBe(true);
  });

  it("are acknowledged after the record is on disk, and not before", async () => {
    const files = new FaultyFiles();
    const bench = await open(files);
    const device = await connectDevice(bench, "scale-1", await bench.addDevice("scale-1"));
    await device.say("heartbeats", {});
    let release = (): void => undefined;
    let reached = (): void => undefined;
    const atDisk = new Promise<void>((resolve) => {
      reached = resolve;
    });
    files.onOperation = (operation) => {
      if (!isData(operation)) return undefined;
      reached();
      return new Promise((resolve) => {
        release = () => resolve();
      });
    };
    let acknowledged = false;
    const sent = device.mqtt
      .publishAsync("intake/v1/scale-1/sales", JSON.stringify(sale("b1")), { qos: 1 })
      .then(() => {
        acknowledged = true;
      });
    await atDisk;
    for (let turn = 0; turn < 20; turn++) await settle();
    expect([acknowledged, device.answers.length]).toEqual([false, 1]);
    files.onOperation = () => undefined;
    release();
    await sent;
    expect(await bench.records("sale")).toHaveLength(1);
  });

  it("that the disk does not take end the connection without PUBACK", async () => {
    const files = new FaultyFiles();
    const bench = await open(files);
    const device = await connectDevice(bench, "scale-1", await bench.addDevice("scale-1"));
    files.onOperation = (operation) => (isData(operation) ? "ENOSPC" : undefined);
    const closed = new Promise<void>((resolve) => device.mqtt.once("close", () => resolve()));
    let acknowledged = false;
    device.mqtt.publish("intake/v1/scale-1/sales", JSON.stringify(sale("c1")), { qos: 1 }, (error) => {
      acknowledged = error == null;
    });
    await closed;
    expect(acknowledged).toBe(false);
    files.onOperation = () => undefined;
  });
});

describe("who may say what over MQTT", () => {
  it("is refused with a wrong secret, no name, another's client id or a lasting session", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    await bench.addDevice("scale-2");
    const refused = async (change: IClientOptions) => {
      await expect(connectDevice(bench, "scale-1", secret, change)).rejects.toThrow();
    };
    await refused({ password: "0000-0000" });
    await refused({ username: "", password: "" });
    await refused({ clientId: "scale-2" });
    await refused({ clientId: "scale-11" });
    await refused({ clean: false });
    expect(bench.intake.status().refusedLogins).toBe(5);
    expect(bench.log()).not.toContain("0000-0000");
    const device = await connectDevice(bench, "scale-1", secret, { clientId: "scale-1/app-7" });
    expect(await device.say("heartbeats", {})).toMatchObject({ result: "heard" });
  });

  it("is cut for another's topics, and hears nobody else's answers", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    const topics = [
      "intake/v1/scale-2/sales",
      "intake/v1/scale-1/answers",
      "intake/v1/scale-1/nothing",
      "mc/v1/x/rec",
      "$SYS/x",
    ];
    for (const topic of topics) {
      const device = await connectDevice(bench, "scale-1", secret);
      const closed = new Promise<void>((resolve) => device.mqtt.once("close", () => resolve()));
      device.mqtt.publish(topic, JSON.stringify(sale("d1")), { qos: 1 });
      await closed;
    }
    const device = await connectDevice(bench, "scale-1", secret);
    for (const filter of ["#", "intake/v1/+/answers", "intake/v1/scale-2/answers", "intake/v1/scale-1/sales"]) {
      await expect(device.mqtt.subscribeAsync(filter)).rejects.toThrow();
    }
    expect(bench.intake.status().refusedTopics).toBe(topics.length + 4);
    expect(await bench.records("sale")).toEqual([]);
  });

  it("ends when its secret is replaced", async () => {
    const bench = await open();
    const device = await connectDevice(bench, "scale-1", await bench.addDevice("scale-1"));
    await device.say("heartbeats", {});
    const closed = new Promise<void>((resolve) => device.mqtt.once("close", () => resolve()));
    await bench.addDevice("scale-1");
    bench.clock.advance(2_000);
    await closed;
  });
});

describe("strangers", () => {
  it("are cut when they announce too much before anybody knows them", async () => {
    const bench = await open();
    const { port, hostname } = new URL(bench.url("mqtt"));
    for (const octets of [Buffer.of(0x10, 0x80, 0x80, 0x80, 0x60), Buffer.alloc(5_000, 0x01), Buffer.alloc(5, 0xff)]) {
      await new Promise<void>((resolve) => {
        const socket = connectSocket(Number(port), hostname, () => socket.write(octets));
        socket.on("error", () => undefined).on("close", () => resolve());
      });
    }
    await until(() => bench.intake.status().cutStreams === 3, { what: "three cuts", withinMs: 5_000 });
  });

  it("of one address hold 32 connections at most", async () => {
    const bench = await open();
    const { port, hostname } = new URL(bench.url("mqtt"));
    const sockets = Array.from({ length: 40 }, () =>
      connectSocket(Number(port), hostname).on("error", () => undefined),
    );
    endings.push(async () => {
      for (const socket of sockets) socket.destroy();
    });
    await until(() => bench.intake.status().refusedConnections === 8, { what: "eight refused", withinMs: 5_000 });
  });
});
