import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeRecord, type MingchengRecord } from "@mingcheng/protocols";
import { encodeContinuousFrame } from "@mingcheng/protocols/devices";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../device-sims/src/harness/until.ts";
import { Gateway } from "../src/app.ts";
import { runStatus } from "../src/commands/status.ts";
import { statusLines } from "../src/commands/status-text.ts";
import { type GatewayConfig, parseGatewayConfig } from "../src/config/parse-config.ts";
import type { GatewayReady } from "../src/gateway-ready.ts";
import { type GatewayStatus, statusSchema } from "../src/health/status-schema.ts";
import { openOutbox } from "../src/outbox/outbox.ts";
import { enrolDirectory } from "./enrolled-directory.ts";
import { optionsFor, readAll } from "./outbox/test-outbox.ts";

const gw = "market-songbai";
const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const dataDirectory = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), "mingcheng-app-"));
  endings.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
};

const frame = (weight: string): Uint8Array =>
  encodeContinuousFrame({ value: weight, tare: null, unit: "kg", increment: 1, checksum: true });

/** A scale on TCP that weighs one load after the other, ten frames a second faster than a real one. */
const startScale = async (): Promise<string> => {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let step = 0;
    const timer = setInterval(() => {
      const weight = Math.floor(step / 4) % 2 === 0 ? "0.00" : `${1 + (Math.floor(step / 8) % 9)}.25`;
      step++;
      socket.write(frame(weight));
    }, 10);
    socket.on("error", () => undefined).on("close", () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endings.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const configOf = (data: string, addresses: readonly string[]): GatewayConfig => {
  const devices = addresses.map((address, index) => ({
    id: `scale-${index + 1}`,
    protocol: "mt-continuous",
    address,
    insecureTransport: true,
  }));
  const read = parseGatewayConfig(JSON.stringify({ data, health: { port: 0 }, devices }));
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  return read.config;
};

const openGateway = async (config: GatewayConfig): Promise<Gateway> => {
  const gateway = await Gateway.open(config, () => pino({ level: "silent" }));
  endings.push(() => gateway.stop());
  return gateway;
};

const get = (gateway: Gateway, path: string) => fetch(`http://127.0.0.1:${gateway.address.port}${path}`);

const statusOf = async (gateway: Gateway): Promise<GatewayStatus> =>
  statusSchema.parse(await (await get(gateway, "/status")).json());

const weighingsOf = ({ devices }: GatewayStatus): number => devices[0]?.captured["weighing"] ?? 0;

const weighed = (gateway: Gateway, count: number): Promise<GatewayStatus> =>
  until(
    async () => {
      const status = await statusOf(gateway);
      return weighingsOf(status) >= count ? status : undefined;
    },
    { what: `${count} weighings`, withinMs: 20_000 },
  );

/** What a stopped gateway's outbox holds. */
const recordsIn = async (data: string): Promise<MingchengRecord[]> => {
  const outbox = await openOutbox({ ...optionsFor(join(data, "outbox")), gw });
  const records = [...(await readAll(outbox)).values()].flatMap((text) => {
    const decoded = decodeRecord(Buffer.from(text));
    return decoded.ok ? [decoded.record] : [];
  });
  await outbox.close();
  return records;
};

describe("the gateway", () => {
  it("captures without a centre, tells its state, and goes on in a new line after a restart", async () => {
    const data = await dataDirectory();
    await enrolDirectory(data, gw);
    const config = configOf(data, [await startScale()]);
    const first = await openGateway(config);
    const ready = await first.start();
    expect(ready).toMatchObject({ pid: process.pid, line: { ep: 1 } });
    const status = await weighed(first, 3);
    expect(status).toMatchObject({ gw, site: "Songbai market", state: "attention", outbox: { state: "ok" } });
    expect(status.devices).toMatchObject([{ id: "scale-1", state: "online", insecureTransport: true, next: null }]);
    expect(status.uplink).toMatchObject({ state: "down", error: { code: "CENTRE_UNREACHABLE" } });
    expect((await get(first, "/readyz")).status).toBe(200);
    const metrics = await (await get(first, "/metrics")).text();
    expect(metrics).toMatch(/^mingcheng_gateway_captured_total\{device="scale-1",kind="weighing"\} [1-9]/m);
    expect(metrics).toMatch(/^mingcheng_gateway_outbox_ok 1$/m);
    for (const language of ["zh", "en"] as const) {
      const text = statusLines(status, language).join("\n");
      expect(text).toContain(status.uplink.next?.[language] ?? "no next step");
      expect(text).toContain("scale-1");
    }
    const file = join(data, "gateway.yaml");
    await writeFile(file, `health: { port: ${first.address.port} }`);
    const lines: string[] = [];
    expect(await runStatus({ config: file, json: true }, "en", (line) => lines.push(line))).toBe(1);
    expect(statusSchema.parse(JSON.parse(lines.join("")))).toMatchObject({ gw, line: ready?.line });
    await first.stop();
    await expect(runStatus({ config: file }, "en", () => undefined)).rejects.toMatchObject({
      code: "GATEWAY_NOT_RUNNING",
    });

    const second = await openGateway(config);
    expect((await second.start())?.line.ep).toBe(2);
    await weighed(second, 1);
    await second.stop();

    const records = await recordsIn(data);
    const kinds = new Set(records.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(["clock", "device", "epoch", "weighing"]);
    const heads = records.filter(({ kind }) => kind === "epoch");
    expect(heads.map(({ body }) => body["predecessor"] !== null)).toEqual([false, true]);
    expect(records.filter(({ kind, ep }) => kind === "weighing" && ep === 1).length).toBeGreaterThanOrEqual(3);
  });

  it("lives while the disk is unusable at start, raises the alarm, and then says what was not captured", async () => {
    const data = await dataDirectory();
    await enrolDirectory(data, gw);
    // Not a directory: the disk gives an error, whoever asks.
    await writeFile(join(data, "outbox"), "");
    const gateway = await openGateway(configOf(data, [await startScale()]));
    const started: Promise<GatewayReady | undefined> = gateway.start();
    const failed = await until(
      async () => {
        const status = await statusOf(gateway);
        return status.state === "failed" && status;
      },
      { what: "the alarm", withinMs: 5_000 },
    );
    expect(failed.alarms).toMatchObject([{ code: "OUTBOX_IO" }]);
    expect(failed.outbox.next?.en).toContain("card");
    expect([(await get(gateway, "/healthz")).status, (await get(gateway, "/readyz")).status]).toEqual([200, 503]);
    await rm(join(data, "outbox"));
    expect(await started).toMatchObject({ line: { ep: 1 } });
    await weighed(gateway, 1);
    expect((await statusOf(gateway)).alarms).toEqual([]);
    await gateway.stop();
    const gaps = (await recordsIn(data)).filter(({ kind }) => kind === "gap").map(({ body }) => body);
    expect(gaps).toMatchObject([{ scope: "device", device: "scale-1", reason: "disk-error", count: null }]);
  });

  it("can be stopped while it still waits for the disk", async () => {
    const data = await dataDirectory();
    await enrolDirectory(data, gw);
    await writeFile(join(data, "outbox"), "");
    const gateway = await openGateway(configOf(data, []));
    const started = gateway.start();
    await gateway.stop();
    expect(await started).toBeUndefined();
  });

  it("refuses to run before it is enrolled, and beside another one on the same data", async () => {
    const data = await dataDirectory();
    const config = configOf(data, []);
    await expect(Gateway.open(config)).rejects.toMatchObject({ code: "NOT_ENROLLED" });
    await enrolDirectory(data, gw);
    await (await openGateway(config)).start();
    const other = await openGateway(config);
    await expect(other.start()).rejects.toMatchObject({ code: "OUTBOX_LOCKED" });
  });
});
