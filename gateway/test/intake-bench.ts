import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { decodeRecord, type MingchengRecord } from "@mingcheng/protocols";
import type { IntakeAnswer } from "@mingcheng/protocols/intake";
import { pino } from "pino";
import { Capture } from "../src/capture/capture.ts";
import { MissedFile } from "../src/capture/missed-file.ts";
import { Quarantine } from "../src/capture/quarantine.ts";
import { RecordBuilder } from "../src/capture/record-builder.ts";
import { parseGatewayConfig } from "../src/config/parse-config.ts";
import { nodeCrypto } from "../src/crypto/node-crypto.ts";
import { addCredential, credentialPath } from "../src/intake/credential-file.ts";
import { type Intake, openIntake } from "../src/intake/open-intake.ts";
import type { Outbox } from "../src/outbox/outbox.ts";
import type { FaultyFiles } from "./outbox/faulty-files.ts";
import { freshDirectory, openTest, readAll, silentLog } from "./outbox/test-outbox.ts";
import { TestClock } from "./test-clock.ts";

/** The intake over a real outbox, with real listeners on loopback and a clock of the test. */
export interface IntakeBench {
  readonly data: string;
  readonly intake: Intake;
  readonly clock: TestClock;
  readonly outbox: Outbox;
  readonly capture: Capture;
  /** Everything that was logged, as lines of JSON. */
  readonly log: () => string;
  readonly quarantineDir: string;
  /** Base URL of the listener of a protocol: `http://127.0.0.1:40123`. */
  readonly url: (protocol: "http" | "https" | "mqtt" | "mqtts") => string;
  readonly addDevice: (id: string) => Promise<string>;
  /** Sends a message over HTTP. */
  readonly post: (
    device: string,
    secret: string,
    channel: string,
    body: unknown,
  ) => Promise<{ readonly status: number; readonly answer: IntakeAnswer; readonly headers: Headers }>;
  readonly records: (kind?: string) => Promise<MingchengRecord[]>;
  readonly close: () => Promise<void>;
}

/** What differs between benches. */
export interface IntakeBenchOptions {
  /** Directory of an earlier bench: the next process on the same disk. */
  readonly dir?: string;
  readonly files?: FaultyFiles;
  /** Stands in for the outbox where records are read again at start. */
  readonly recall?: (outbox: Outbox) => Pick<Outbox, "inventory" | "read">;
  readonly intake?: Readonly<Record<string, unknown>>;
}

const plainDevice = (id: string, kind: string) => ({ id, kind, insecureTransport: true });

/** Devices and listeners unless a test says otherwise. */
export const usualIntake = {
  listeners: [
    { protocol: "http", host: "127.0.0.1", port: 0, insecureTransport: true },
    { protocol: "mqtt", host: "127.0.0.1", port: 0, insecureTransport: true },
  ],
  devices: [
    plainDevice("scale-1", "smart-scale"),
    plainDevice("scale-2", "smart-scale"),
    { ...plainDevice("tester-1", "smart-tester"), assays: [{ code: "inhibition", use: "gbt-5009-199-2003" }] },
  ],
};

const open = async (options: IntakeBenchOptions, dir: string, clock: TestClock) => {
  const random = (bytes: number) => randomBytes(bytes);
  const builder = new RecordBuilder(random);
  const outbox = await openTest(dir, {
    clock,
    ...(options.files === undefined ? {} : { files: options.files }),
    buildEpoch: (line, body) => builder.epoch(line, body, clock.time()),
  });
  const data = dirname(dir);
  const quarantineDir = join(data, "quarantine");
  const quarantine = new Quarantine(quarantineDir, 1024 * 1024, random);
  const missedFile = new MissedFile(join(data, "missed.slots"), nodeCrypto.sha256);
  const capture = new Capture({ outbox, builder, clock, quarantine, missedFile, log: silentLog });
  await quarantine.open();
  await capture.takeOver(await missedFile.open());
  return { outbox, capture, quarantineDir, data };
};

/** Opens a bench; close it. */
export const openIntakeBench = async (options: IntakeBenchOptions = {}): Promise<IntakeBench> => {
  const { dir = freshDirectory() } = options;
  const clock = new TestClock();
  const { outbox, capture, quarantineDir, data } = await open(options, dir, clock);
  const read = parseGatewayConfig(JSON.stringify({ intake: { ...usualIntake, ...options.intake } }));
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  const { intake: config } = read.config;
  if (config === undefined) throw new Error("no intake");
  let logged = "";
  const log = pino({ level: "debug" }, { write: (line: string) => (logged += line) });
  mkdirSync(data, { recursive: true });
  const intake = await openIntake({
    config,
    dataDirectory: data,
    capture,
    outbox: options.recall?.(outbox) ?? outbox,
    clock,
    log,
  });
  const url: IntakeBench["url"] = (protocol) => {
    const address = intake.addresses().find((each) => each.protocol === protocol);
    return `${protocol}://${address?.host ?? "none"}:${address?.port ?? 0}`;
  };
  return {
    data,
    intake,
    clock,
    outbox,
    capture,
    quarantineDir,
    log: () => logged,
    url,
    addDevice: (id) => addCredential(credentialPath(data), id, true, "2026-11-25T00:00:00Z"),
    post: async (device, secret, channel, body) => {
      const response = await fetch(`${url("http")}/intake/v1/${channel}`, {
        method: "POST",
        headers: {
          authorization: `Basic ${Buffer.from(`${device}:${secret}`).toString("base64")}`,
          "content-type": "application/json",
        },
        body: typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      });
      return { status: response.status, answer: (await response.json()) as IntakeAnswer, headers: response.headers };
    },
    records: async (kind) =>
      [...(await readAll(outbox)).values()]
        .map((text) => {
          const decoded = decodeRecord(Buffer.from(text));
          if (!decoded.ok) throw new Error(decoded.reason);
          return decoded.record;
        })
        .filter((record) => kind === undefined || record.kind === kind),
    close: async () => {
      await intake.close();
      await capture.close();
      await outbox.close();
    },
  };
};

/** The files in a bench's quarantine, parsed. */
export const quarantined = (
  dir: string,
  names: readonly string[],
): { readonly detail: string; readonly raw: string }[] =>
  names.map((name) => JSON.parse(readFileSync(join(dir, name), "utf8")) as { detail: string; raw: string });
