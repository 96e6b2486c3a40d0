import { readdirSync, readFileSync, rmSync } from "node:fs";
import type { MingchengRecord } from "@mingcheng/protocols";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../device-sims/src/harness/until.ts";
import { parseGatewayConfig } from "../src/config/parse-config.ts";
import { ConfiguredIntake } from "../src/intake/configured-intake.ts";
import { intakeExamples } from "../src/intake/examples.ts";
import { generated } from "../src/intake/generate.ts";
import {
  type IntakeBench,
  type IntakeBenchOptions,
  openIntakeBench,
  quarantined,
  usualIntake,
} from "./intake-bench.ts";
import { FaultyFiles, type Operation } from "./outbox/faulty-files.ts";
import { cleanUp } from "./outbox/test-outbox.ts";
import { settle } from "./test-clock.ts";

const benches: IntakeBench[] = [];
const open = async (options: IntakeBenchOptions = {}): Promise<IntakeBench> => {
  const bench = await openIntakeBench(options);
  benches.push(bench);
  return bench;
};
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
  await cleanUp();
});

const sale = (id: string, more: object = {}) => ({
  id,
  at: "2026-11-25T09:15:02+08:00",
  lines: [{ item: "10086", weight: "1.25", unit: "斤", unitPriceFen: 450, amountFen: 562 }],
  amountFen: 562,
  ...more,
});
const keptIn = (bench: IntakeBench) => quarantined(bench.quarantineDir, readdirSync(bench.quarantineDir));
const rawOf = ({ raw }: MingchengRecord): string => Buffer.from(raw, "base64").toString("utf8");
const isData = ({ name, path }: Operation): boolean => name === "write" && path.endsWith(".seg");

describe("messages over HTTP", () => {
  it("of every kind become what their examples say", async () => {
    const bench = await open();
    const secrets = { scale: await bench.addDevice("scale-1"), tester: await bench.addDevice("tester-1") };
    for (const { name, channel, message } of intakeExamples) {
      const [device, secret] = channel === "tests" ? ["tester-1", secrets.tester] : ["scale-1", secrets.scale];
      const { status, answer } = await bench.post(device, secret, channel, message);
      expect([name, status, answer]).toMatchObject([name, channel === "heartbeats" ? 200 : 201, { warnings: [] }]);
    }
    const kinds = (await bench.records()).map(({ kind }) => kind).filter((kind) => !["epoch", "device"].includes(kind));
    expect(kinds).toEqual(["sale", "sale", "sale", "sale", "weighing", "scale-event", "test"]);
    const [first] = await bench.records("sale");
    expect(rawOf(first as MingchengRecord)).toBe(JSON.stringify(intakeExamples[0]?.message));
    expect((await bench.records("test"))[0]?.body).toMatchObject({ verdict: "positive", protocol: "smart-tester" });
  });

  it("that come again get the same answer and are no second record, also with the next process", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    const first = await bench.post("scale-1", secret, "sales", sale("a1"));
    const again = await bench.post("scale-1", secret, "sales", { ...sale("a1"), sentAt: "2026-11-25T10:00:00Z" });
    expect([again.status, again.answer]).toEqual([201, first.answer]);
    await bench.close();
    const next = await open({ dir: `${bench.data}/outbox` });
    const later = await next.post("scale-1", secret, "sales", sale("a1"));
    expect([later.status, later.answer]).toEqual([201, first.answer]);
    expect(await next.records("sale")).toHaveLength(1);
    // The id belongs to one device: another may have the same.
    const other = await next.addDevice("scale-2");
    expect((await next.post("scale-2", other, "sales", sale("a1"))).status).toBe(201);
    expect(await next.records("sale")).toHaveLength(2);
  });

  it("are known again from the records themselves when nothing else is left", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    await bench.post("scale-1", secret, "sales", sale("a1"));
    await bench.close();
    rmSync(`${bench.data}/intake/seen`, { recursive: true });
    let fails = true;
    const next = await open({
      dir: `${bench.data}/outbox`,
      recall: (outbox) => ({
        inventory: () => outbox.inventory(),
        read: (...asked) => (fails ? Promise.reject(new Error("EIO")) : outbox.read(...asked)),
      }),
    });
    // Nobody may say "new" before the records were read: nobody is let in.
    expect(next.intake.addresses()).toEqual([]);
    fails = false;
    next.clock.advance(5_000);
    await until(() => next.intake.addresses().length === 2, { what: "the intake listens", withinMs: 10_000 });
    expect((await next.post("scale-1", secret, "sales", sale("a1"))).status).toBe(201);
    expect((await next.post("scale-1", secret, "sales", sale("a1", { stall: "B1" }))).status).toBe(409);
    expect(await next.records("sale")).toHaveLength(1);
  });

  it("that come at the same time over several connections are one record", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    const all = await Promise.all(Array.from({ length: 8 }, () => bench.post("scale-1", secret, "sales", sale("a1"))));
    expect(new Set(all.map(({ status, answer }) => `${status} ${JSON.stringify(answer)}`)).size).toBe(1);
    expect(await bench.records("sale")).toHaveLength(1);
  });

  it("that use an id for another content are refused, kept and shown", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    await bench.post("scale-1", secret, "sales", sale("a1"));
    for (const channel of ["sales", "weighings"]) {
      const other = channel === "sales" ? sale("a1", { stall: "B1" }) : { id: "a1", weight: "1", unit: "kg" };
      const { status, answer } = await bench.post("scale-1", secret, channel, other);
      expect([status, answer]).toMatchObject([409, { id: "a1", error: { code: "INTAKE_ID_REUSED" } }]);
    }
    expect(await bench.records("sale")).toHaveLength(1);
    expect(keptIn(bench).map(({ detail }) => detail)).toEqual([
      "INTAKE_ID_REUSED: id was used for another content before",
      "INTAKE_ID_REUSED: id was used for another content before",
    ]);
    expect(bench.intake.status()).toMatchObject({ captured: 1, refused: 2, reused: 2 });
  });

  it.each([
    ["not JSON", "{", "", 422],
    ["a list", "[]", "", 422],
    ["no UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d), "", 422],
    [
      "a weight that is none",
      sale("b1", { lines: [{ item: "1", weight: "x", unit: "kg", amountFen: 1 }] }),
      "lines[0].weight",
      422,
    ],
    ["much nesting", `${'{"a":'.repeat(50)}1${"}".repeat(50)}`, "", 422],
    ["a wrong check digit", sale("b1", { lines: [{ barcode: "2110086005620" }] }), "lines[0].barcode", 422],
  ])("are refused with the member's name: %s", async (_what, body, field, status) => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    for (let time = 0; time < 3; time++) {
      const refused = await bench.post("scale-1", secret, "sales", body);
      expect(refused).toMatchObject({ status, answer: { result: "refused", error: { fields: [{ field }] } } });
    }
    // The same bytes are kept once.
    const [kept, ...more] = keptIn(bench);
    expect(more).toEqual([]);
    const bytes = typeof body === "object" && !(body instanceof Uint8Array) ? JSON.stringify(body) : body;
    expect(Buffer.from(kept?.raw ?? "", "base64")).toEqual(Buffer.from(bytes as string));
    expect(bench.intake.status()).toMatchObject({ captured: 0, refused: 3 });
    expect(await bench.records("sale")).toEqual([]);
    bench.clock.advance(1_000);
    await bench.capture.close();
    expect((await bench.records("gap"))[0]?.body).toMatchObject({ device: "scale-1", reason: "invalid", count: 1 });
  });

  it("keep members that nobody knows in the raw bytes, and say so", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    const { status, answer } = await bench.post("scale-1", secret, "sales", sale("c1", { mood: "good" }));
    expect([status, answer]).toMatchObject([201, { warnings: [{ field: "mood" }] }]);
    const [record] = await bench.records("sale");
    expect(record?.body).not.toHaveProperty("mood");
    expect(rawOf(record as MingchengRecord)).toContain('"mood":"good"');
  });

  it("with an amount that does not fit are records with the difference, and counted", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    const lines = [{ item: "10086", weight: "1.25", unit: "斤", unitPriceFen: 450, amountFen: 600 }];
    const { answer } = await bench.post("scale-1", secret, "sales", sale("d1", { lines, amountFen: 600 }));
    expect(answer).toMatchObject({ warnings: [{ field: "lines[0].amountFen" }] });
    expect((await bench.records("sale"))[0]?.body).toMatchObject({
      lines: [{ mismatch: true, differenceFen: "37.5" }],
    });
    expect(bench.intake.status().flagged).toBe(1);
  });

  it("of another kind of device are refused", async () => {
    const bench = await open();
    const secret = await bench.addDevice("tester-1");
    expect(await bench.post("tester-1", secret, "sales", sale("e1"))).toMatchObject({ status: 403 });
  });

  it("larger than 64 KiB are refused before they are read; a record that would be, afterwards", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    const { status } = await bench.post("scale-1", secret, "sales", "x".repeat(70_000)).catch(() => ({ status: 413 }));
    expect(status).toBe(413);
    expect(bench.intake.status().refused).toBe(1);
    const line = { item: "1", name: "韭".repeat(100), weight: "1", unit: "kg", amountFen: 1 };
    const wide = sale("f1", { lines: Array.from({ length: 100 }, () => line), amountFen: 100 });
    expect(await bench.post("scale-1", secret, "sales", wide)).toMatchObject({
      status: 413,
      answer: { error: { code: "INTAKE_TOO_LARGE" } },
    });
    expect(keptIn(bench)).toHaveLength(1);
  });

  it("are answered after the record is on disk, and not before", async () => {
    const files = new FaultyFiles();
    const bench = await open({ files });
    const secret = await bench.addDevice("scale-1");
    await bench.post("scale-1", secret, "heartbeats", {});
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
    let answered = false;
    const sent = bench.post("scale-1", secret, "sales", sale("g1")).then((result) => {
      answered = true;
      return result;
    });
    await atDisk;
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(answered).toBe(false);
    files.onOperation = () => undefined;
    release();
    expect((await sent).status).toBe(201);
  });

  it("that the disk does not take are not acknowledged, and are taken when it does again", async () => {
    const files = new FaultyFiles();
    const bench = await open({ files });
    const secret = await bench.addDevice("scale-1");
    files.onOperation = (operation) => (isData(operation) ? "ENOSPC" : undefined);
    const refused = await bench.post("scale-1", secret, "sales", sale("h1"));
    expect(refused).toMatchObject({ status: 503, answer: { error: { retryable: true } } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    files.onOperation = () => undefined;
    // The disk is looked at again by real reads and writes: as often as a busy machine needs.
    for (let status = 0; status !== 201; ) {
      bench.clock.advance(1_000);
      await settle();
      status = (await bench.post("scale-1", secret, "sales", sale("h1"))).status;
    }
    expect(await bench.records("sale")).toHaveLength(1);
  });

  it("come at the pace that one device may have", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    const statuses: number[] = [];
    for (let at = 0; at < 210; at++) statuses.push((await bench.post("scale-1", secret, "heartbeats", {})).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(200);
    expect(statuses.at(-1)).toBe(429);
    bench.clock.advance(1_000);
    expect((await bench.post("scale-1", secret, "heartbeats", {})).status).toBe(200);
  });
});

describe("who may connect", () => {
  const logins = (bench: IntakeBench) => bench.intake.status().refusedLogins;

  it("are devices with their own secret, nobody else, and no secret is ever written", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    const other = await bench.addDevice("scale-2");
    for (const [device, tried] of [
      ["scale-1", "WRONG-SECRET-0001"],
      ["scale-1", other],
      ["nobody", secret],
      ["scale-1", ""],
    ] as const) {
      const { status, answer } = await bench.post(device, tried, "sales", sale("a1"));
      expect([status, answer]).toMatchObject([401, { error: { code: "INTAKE_UNAUTHORIZED" } }]);
    }
    const anonymous = await fetch(`${bench.url("http")}/intake/v1/sales`, { method: "POST", body: "{}" });
    expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toMatchObject([
      401,
      expect.stringContaining("Basic"),
    ]);
    expect(logins(bench)).toBe(5);
    expect(bench.log()).toContain("login refused");
    for (const word of ["WRONG-SECRET-0001", secret, other]) {
      expect(bench.log()).not.toContain(word);
      expect(readFileSync(`${bench.data}/intake/credentials.json`, "utf8")).not.toContain(word.replaceAll("-", ""));
    }
    expect(await bench.records("sale")).toEqual([]);
  });

  it("are locked out for a while after five wrong secrets, but not those who have proven theirs", async () => {
    const bench = await open();
    const [one, two] = [await bench.addDevice("scale-1"), await bench.addDevice("scale-2")];
    expect((await bench.post("scale-1", one, "heartbeats", {})).status).toBe(200);
    for (let time = 0; time < 5; time++) await bench.post("scale-2", "no", "heartbeats", {});
    const locked = await bench.post("scale-2", two, "heartbeats", {});
    expect([locked.status, locked.headers.get("retry-after")]).toEqual([429, "60"]);
    expect((await bench.post("scale-1", one, "heartbeats", {})).status).toBe(200);
    expect(bench.intake.status().lockedAddresses).toBe(1);
    bench.clock.advance(60_000);
    expect((await bench.post("scale-2", two, "heartbeats", {})).status).toBe(200);
  });

  it("are no longer those whose secret was replaced", async () => {
    const bench = await open();
    const before = await bench.addDevice("scale-1");
    expect((await bench.post("scale-1", before, "heartbeats", {})).status).toBe(200);
    const after = await bench.addDevice("scale-1");
    expect((await bench.post("scale-1", before, "heartbeats", {})).status).toBe(401);
    // As it is typed at a scale: small letters, no hyphens.
    expect((await bench.post("scale-1", after.toLowerCase().replaceAll("-", ""), "heartbeats", {})).status).toBe(200);
  });

  it("are not those who may not use plain text", async () => {
    const devices = [
      { id: "scale-1", kind: "smart-scale" },
      { id: "scale-2", kind: "smart-scale", insecureTransport: true },
    ];
    const bench = await open({ intake: { devices, listeners: [] } }).catch((error: unknown) => error);
    expect(String(bench)).toContain("listeners");
    const mixed = await open({
      intake: {
        devices,
        tls: { certFile: "/nowhere/cert.pem", keyFile: "/nowhere/key.pem" },
        listeners: [
          { protocol: "http", host: "127.0.0.1", port: 0, insecureTransport: true },
          { protocol: "https", host: "127.0.0.1", port: 0 },
        ],
      },
    });
    const secret = await mixed.addDevice("scale-1");
    expect((await mixed.post("scale-1", secret, "sales", sale("a1"))).status).toBe(401);
    expect(mixed.log()).toContain("plain text, which is not allowed to it");
    // A listener that cannot come up does not keep the others down, and is shown.
    expect(mixed.intake.status()).toMatchObject({
      listeners: [{ state: "listening" }, { state: "failed", error: { code: "KEY_INVALID" } }],
      next: { en: expect.any(String) },
    });
  });
});

describe("paths", () => {
  it("are the channels with POST, and the description of the interface", async () => {
    const bench = await open();
    const at = (path: string, method = "GET") =>
      fetch(`${bench.url("http")}${path}`, { method }).then(({ status }) => status);
    expect([await at("/intake/v1/nothing", "POST"), await at("/"), await at("/intake/v1/sales")]).toEqual([
      404, 404, 405,
    ]);
    const [document] = generated();
    const served = await (await fetch(`${bench.url("http")}/intake/v1/openapi.json`)).text();
    expect(served).toBe(document?.text);
    expect(served).toBe(readFileSync(new URL("../../docs/intake.openapi.json", import.meta.url), "utf8"));
  });

  it("are described with every schema that is referred to", () => {
    const text = generated()[0]?.text ?? "";
    const { components } = JSON.parse(text) as { components: { schemas: Record<string, unknown> } };
    const referred = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name));
    expect([...referred].sort()).toEqual(Object.keys(components.schemas).sort());
  });
});

describe("how devices stand", () => {
  it("is recorded when they are first heard, fall silent and are heard again", async () => {
    const bench = await open();
    const secret = await bench.addDevice("scale-1");
    await bench.post("scale-1", secret, "heartbeats", {});
    expect(bench.intake.devices()[0]).toMatchObject({
      id: "scale-1",
      state: "online",
      protocol: "smart-scale",
      next: null,
    });
    bench.clock.advance(180_000);
    expect(bench.intake.devices()[0]).toMatchObject({ state: "silent", next: { en: expect.any(String) } });
    // What comes later in the line is on disk: so is what came before.
    await bench.post("scale-1", secret, "sales", sale("a1"));
    const states = (await bench.records("device"))
      .filter(({ dev }) => dev === "scale-1")
      .map(({ body }) => body["status"]);
    expect(states).toEqual(["online", "silent", "online"]);
  });
});

describe("the page about the intake", () => {
  const page = readFileSync(new URL("../../docs/intake.md", import.meta.url), "utf8");

  it("shows requests that are taken as they stand", async () => {
    const bench = await open();
    const secrets = { scale: await bench.addDevice("scale-1"), tester: await bench.addDevice("tester-1") };
    const shown = [...page.matchAll(/-u (\w+)-\w+:\$SECRET [^\n]*?\/intake\/v1\/(\w+) -d '([^']*)'/g)];
    expect(shown.length).toBeGreaterThanOrEqual(8);
    for (const [, kind, channel = "", body = ""] of shown) {
      const [device, secret] = kind === "tester" ? ["tester-1", secrets.tester] : ["scale-1", secrets.scale];
      const { status, answer } = await bench.post(device, secret, channel, body);
      expect([body, status, answer]).toMatchObject([body, channel === "heartbeats" ? 200 : 201, { warnings: [] }]);
    }
  });

  it("shows a configuration that is valid", () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const read = parseGatewayConfig(yaml.replaceAll(/^ {3}/gm, ""));
    expect("issues" in read ? read.issues : read.config.intake?.devices.map(({ id }) => id)).toEqual([
      "scale-b01",
      "scale-b02",
      "tester-1",
    ]);
  });
});

describe("the intake of a gateway", () => {
  it("is opened, changed and closed as the configuration says, and keeps what need not change", async () => {
    const bench = await open();
    const { capture, outbox, clock, data: dataDirectory } = bench;
    const log = pino({ level: "silent" });
    const configured = new ConfiguredIntake();
    await configured.open(undefined, { capture, outbox, clock, dataDirectory, log });
    expect([configured.status(), configured.addresses(), configured.devices()]).toEqual([null, [], []]);
    const configOf = (devices: readonly object[]) => {
      const read = parseGatewayConfig(JSON.stringify({ intake: { ...usualIntake, devices } }));
      return "config" in read ? read.config.intake : undefined;
    };
    await configured.reconfigure(configOf(usualIntake.devices));
    const before = configured.addresses();
    expect(before).toHaveLength(2);
    await configured.reconfigure(configOf(usualIntake.devices));
    expect(configured.addresses()).toEqual(before);
    await configured.reconfigure(configOf(usualIntake.devices.slice(0, 1)));
    expect(configured.devices().map(({ id }) => id)).toEqual(["scale-1"]);
    await configured.reconfigure(undefined);
    expect(configured.status()).toBeNull();
    await configured.close();
    await configured.reconfigure(configOf(usualIntake.devices));
    expect(configured.addresses()).toEqual([]);
  });
});
