import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { systemClock } from "../../device-sims/src/clock.ts";
import { simulatorOf } from "../../device-sims/src/devices/index.ts";
import { createMemoryOracle } from "../../device-sims/src/oracle.ts";
import { createRandom } from "../../device-sims/src/random.ts";
import { openPtyLine } from "../../device-sims/src/transports/pty-line.ts";
import type { SimLine } from "../../device-sims/src/transports/sim-line.ts";
import { openTcpLine } from "../../device-sims/src/transports/tcp-line.ts";
import { runDetect } from "../src/commands/detect.ts";
import { parseGatewayConfig } from "../src/config/parse-config.ts";
import { drivers } from "../src/drivers/index.ts";

const folder = mkdtempSync(join(tmpdir(), "mingcheng-detect-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const streaming = drivers.filter(
  ({ deviceClass, requests, protocol }) =>
    deviceClass === "scale" && requests === undefined && !["line", "block"].includes(protocol),
);

const start = (protocol: string, line: SimLine, settings: Readonly<Record<string, unknown>> = {}) => {
  const simulator = simulatorOf(protocol);
  const parts = {
    id: protocol,
    line,
    clock: systemClock,
    oracle: createMemoryOracle(() => 0),
    random: createRandom(1),
    rateHz: 10,
  };
  return simulator.start((simulator.settingsSchema as z.ZodType<unknown>).parse(settings), parts);
};

interface Found {
  readonly address: string;
  readonly outcome: string;
  readonly equals: number;
  readonly candidates: readonly { readonly protocol: string }[];
  readonly settings: { readonly dataBits: number; readonly parity: string } | null;
}

const detectAt = async (addresses: readonly string[], options: Readonly<Record<string, unknown>> = {}) => {
  const lines: string[] = [];
  const io = {
    writeLine: (line: string) => void lines.push(line),
    writeProgress: () => undefined,
    signal: new AbortController().signal,
  };
  const startedMs = performance.now();
  const code = await runDetect(addresses, { json: true, ...options }, "en", io);
  const report = JSON.parse(lines.join("\n")) as { ports: readonly Found[]; configuration: string };
  return { ...report, code, tookMs: performance.now() - startedMs };
};

const alike = ({ candidates, equals }: Found): string[] => candidates.slice(0, equals).map(({ protocol }) => protocol);

describe("detect, on real lines with simulated devices", () => {
  it("recognises every scale that sends by itself, over TCP, all at once", { timeout: 40_000 }, async () => {
    const lines = await Promise.all(streaming.map(() => openTcpLine("127.0.0.1", 0)));
    const scales = streaming.map(({ protocol }, index) => start(protocol, lines[index]!));
    const { ports, code, configuration } = await detectAt(lines.map(({ address }) => address));
    await Promise.all(scales.map((scale) => scale.stop()));
    const found = ports.map((port, index) => {
      const expected = streaming[index]?.protocol ?? "";
      return alike(port).includes(expected)
        ? expected
        : `${expected} taken for ${alike(port).join(", ") || port.outcome}`;
    });
    expect(found).toEqual(streaming.map(({ protocol }) => protocol));
    expect(code).toBe(0);
    const read = parseGatewayConfig(configuration);
    if ("issues" in read) throw new Error(JSON.stringify(read.issues));
    expect(read.config.devices).toHaveLength(streaming.length);
  });

  it("recognises a seven-bit scale and one that must be asked, on serial ports", { timeout: 60_000 }, async () => {
    const [speaking, asked] = [await openPtyLine(join(folder, "a")), await openPtyLine(join(folder, "b"))];
    const devices = [start("mt-continuous", speaking, { places: 2, parityBit: true }), start("toledo-8217", asked)];
    const addresses = [speaking.address, asked.address];
    const listening = await detectAt(addresses, { seconds: "3" });
    expect(listening.ports.map(({ outcome }) => outcome)).toEqual(["recognised", "silent"]);
    expect(listening.ports[0]?.settings).toMatchObject({ dataBits: 7, parity: "even" });
    expect(listening.code).toBe(1);
    const probing = await detectAt([asked.address], { seconds: "6", probe: true });
    expect(probing.ports.map(alike)).toEqual([["toledo-8217"]]);
    expect(probing.code).toBe(0);
    await Promise.all(devices.map((device) => device.stop()));
    const gone = await detectAt([asked.address, "tcp://127.0.0.1:1"], { seconds: "1" });
    expect(gone.ports.map(({ outcome }) => outcome)).toEqual(["failed", "failed"]);
  });
});
