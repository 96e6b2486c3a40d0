import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigBody } from "@mingcheng/protocols";
import { type ConfigurationSettings, encodeConfiguration } from "@mingcheng/protocols/commands";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { settle, TestClock } from "../../test/test-clock.ts";
import { type GatewayConfig, parseGatewayConfig } from "../config/parse-config.ts";
import { generateSigningKey, signerFromPem } from "../crypto/signing-key.ts";
import type { DeviceStatus } from "../supervisor/device-status.ts";
import { ConfigurationDesk } from "./configuration-desk.ts";
import { configurationPath } from "./configuration-path.ts";
import { startConfiguration } from "./start-configuration.ts";

const gw = "market-a";
const centre = signerFromPem(generateSigningKey());
const line = { gw, ep: 1, eid: "ab".repeat(16) };
const scale = (id: string, more: object = {}) => ({ id, protocol: "mt-sics", address: `/dev/${id}`, ...more });

const document = (version: number, settings: ConfigurationSettings): string =>
  encodeConfiguration({ v: 1, gw, version, by: "li", at: "2026-11-25T02:00:00.000Z", settings }, centre);

describe("configurations from afar", () => {
  let data: string;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), "mingcheng-configuration-"));
  });
  afterEach(() => rmSync(data, { recursive: true, force: true }));

  const localOf = (...more: readonly object[]) => {
    const read = parseGatewayConfig(JSON.stringify({ data, devices: [scale("scale-1"), scale("scale-2"), ...more] }));
    if ("issues" in read) throw new Error(JSON.stringify(read.issues));
    return read;
  };

  /** One process of the gateway; `deaf` devices say nothing. */
  const open = async (
    started: { config: GatewayConfig; version: number } = { config: localOf().config, version: 0 },
  ) => {
    const clock = new TestClock();
    const applied: number[] = [];
    const records: ConfigBody[] = [];
    const deaf = new Set<string>();
    let running = started.config;
    let receipted = true;
    const stopping = new AbortController();
    const desk = new ConfigurationDesk({
      identity: { gw, commandKey: centre.publicKey },
      local: localOf(),
      started,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      clock: { nowMs: () => clock.nowMs(), sleep: (ms, signal) => clock.sleep(ms, signal) },
      apply: async (config, version) => {
        running = config;
        applied.push(version);
      },
      devices: () =>
        running.devices.map(
          ({ id }) => ({ id, state: deaf.has(id) ? "offline" : "online", quietForMs: 5 }) as DeviceStatus,
        ),
      store: async (body) => {
        records.push(body);
        return { line, seq: records.length };
      },
      isReceipted: () => receipted,
    });
    await desk.open();
    return {
      ...{ desk, clock, applied, records, deaf, stopping },
      receipt: (isThere: boolean) => {
        receipted = isThere;
      },
      apply: async (text: string) => {
        let isOver = false;
        const outcome = desk.apply(text, stopping.signal).finally(() => {
          isOver = true;
        });
        // The disk takes real time, which is none of the clock's: it moves on until the outcome is there.
        while (!isOver) {
          await settle();
          clock.advance(250);
        }
        return outcome;
      },
      runningDevices: () => running.devices.map(({ id }) => id),
      outcomes: () => records.map(({ version, outcome }) => `${version} ${outcome}`),
    };
  };

  it("are confirmed once their record is receipted and every device reads that read before", async () => {
    const gateway = await open();
    const text = document(1, { devices: [scale("scale-1"), scale("scale-2", { silentAfterMs: 5000 })] });
    expect(await gateway.apply(text)).toMatchObject({ outcome: "done" });
    expect(gateway.outcomes()).toEqual(["1 applied", "1 confirmed"]);
    expect(JSON.parse(readFileSync(configurationPath(data), "utf8"))).toMatchObject({
      ...{ highest: 1, confirmed: { version: 1, document: text }, trial: null },
    });
    expect(await gateway.apply(text)).toMatchObject({ outcome: "refused", reason: "old-version" });
    expect(gateway.desk.outcomeOf(text)).toMatchObject({ outcome: "done" });
  });

  it.each([
    ["a device does not read", (gateway: Awaited<ReturnType<typeof open>>) => gateway.deaf.add("scale-2"), /scale-2/],
    ["the centre sends no receipt", (gateway: Awaited<ReturnType<typeof open>>) => gateway.receipt(false), /receipted/],
  ])("go back by themselves when %s", async (_what, happens, reason) => {
    const gateway = await open();
    const outcome = gateway.apply(document(1, { log: { level: "debug" } }));
    happens(gateway);
    expect(await outcome).toMatchObject({ outcome: "failed", reason: "rolled-back" });
    expect(gateway.applied).toEqual([1, 0]);
    expect(gateway.outcomes()).toEqual(["1 applied", "1 rolled-back"]);
    expect(gateway.records[1]?.reason).toMatch(reason);
    expect(gateway.desk.outcomeOf(document(1, { log: { level: "debug" } }))).toMatchObject({ reason: "rolled-back" });
  });

  it("go on top of the own file as it was changed on the spot, and go back to that", async () => {
    const gateway = await open();
    gateway.desk.ownChanged(localOf(scale("scale-3")));
    expect(await gateway.apply(document(1, { log: { level: "debug" } }))).toMatchObject({ outcome: "done" });
    expect(gateway.runningDevices()).toEqual(["scale-1", "scale-2", "scale-3"]);
    const other = await open();
    other.desk.ownChanged(localOf(scale("scale-3")));
    const outcome = other.apply(document(2, { devices: [scale("scale-1")] }));
    other.receipt(false);
    expect(await outcome).toMatchObject({ reason: "rolled-back" });
    expect(other.runningDevices()).toEqual(["scale-1", "scale-2", "scale-3"]);
  });

  it("ask nothing of devices that did not read before, or are no longer wanted", async () => {
    const gateway = await open();
    gateway.deaf.add("scale-2");
    expect(await gateway.apply(document(1, { log: { level: "debug" } }))).toMatchObject({ outcome: "done" });
    const without = await gateway.apply(document(2, { devices: [scale("scale-1")] }));
    expect(without).toMatchObject({ outcome: "done" });
  });

  it("are refused with the option's name when they cannot be, and leave everything as it is", async () => {
    const gateway = await open();
    const outcome = await gateway.apply(document(1, { devices: [scale("scale-1", { options: { colour: "red" } })] }));
    expect(outcome).toMatchObject({ outcome: "refused", reason: "invalid" });
    expect(outcome.result).toContain("devices[0].options.colour");
    expect(gateway.applied).toEqual([]);
    expect(gateway.outcomes()).toEqual(["1 refused"]);
    expect(await gateway.apply("not signed")).toMatchObject({ outcome: "refused", reason: "invalid" });
  });

  it("on trial when the process dies were never confirmed: the start has the one before, and tells", async () => {
    const first = await open();
    expect(await first.apply(document(1, { log: { level: "warn" } }))).toMatchObject({ outcome: "done" });
    first.receipt(false);
    void first.desk.apply(document(2, { log: { level: "error" } }), first.stopping.signal);
    await until(() => first.outcomes().at(-1) === "2 applied");
    // The start verifies the confirmed document against the pinned key, which this directory has none of.
    const kept = JSON.parse(readFileSync(configurationPath(data), "utf8")) as { confirmed: object; trial: object };
    expect(kept).toMatchObject({ confirmed: { version: 1 }, trial: { version: 2 } });
    writeFileSync(configurationPath(data), JSON.stringify({ ...kept, confirmed: null }));
    const start = await startConfiguration(localOf());
    expect(start.version).toBe(0);
    const second = await open(start);
    expect(second.outcomes()).toEqual(["2 rolled-back"]);
    expect(second.desk.outcomeOf(document(2, { log: { level: "error" } }))).toMatchObject({ reason: "rolled-back" });
    expect((await open(start)).outcomes()).toEqual([]);
    first.stopping.abort();
    first.clock.advance(1_000);
  });
});

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};
