import { execFileSync } from "node:child_process";
import { rmSync, statfsSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { brokenPromises, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { hastyTester, keepReporting } from "./busy-tester.ts";

const root = needs("root");
let market: MarketUnderTest | undefined;
afterEach(() => market?.close());

const mountSmall = (dir: string): (() => void) => {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "mingcheng-test", dir]);
  return () => execFileSync("umount", ["-l", dir]);
};

const spareBytes = 64 * 1024;

/** Leaves `spareBytes` on the filesystem, whatever the gateway writes at the same moment. */
const fill = (filler: string, dir: string): void => {
  const { bavail, bsize } = statfsSync(dir);
  try {
    writeFileSync(filler, Buffer.alloc(bavail * bsize));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
  truncateSync(filler, Math.max(0, statSync(filler).size - spareBytes));
};

describe.skipIf(root.skip)("a full disk under the outbox", () => {
  it(root.title("is refused to the device, told to the centre, named by a gap, and over by itself"), async () => {
    market = await openMarket([
      {
        gw: "box-a",
        devices: [{ id: "box-a-tester", ...hastyTester }],
        setup: { outbox: { segmentMiB: 1, reserveKiB: 256 } },
        prepare: mountSmall,
      },
    ]);
    const { device, gateways, findings, gatewayView, evidence, said } = market;
    const [gateway] = gateways;
    if (gateway === undefined) throw new Error("no gateway");
    const tester = keepReporting(device("box-a-tester"), 20);
    await until(() => tester.reported() > 40, { what: "some results", withinMs: 20_000 });
    const filler = join(gateway.dir, "filler");
    fill(filler, gateway.dir);
    const alarmed = await until(
      async () => {
        const { alarms } = await gatewayView("box-a");
        return alarms.length > 0 ? alarms : undefined;
      },
      { what: "the alarm has reached the centre", withinMs: 60_000, everyMs: 100 },
    );
    expect(alarmed.map(({ code }) => code)).toContain("OUTBOX_FULL");
    const refused = said.filter((entry) => entry.event === "message-aborted").length;
    expect(gateway.program.running).toBe(true);
    await until(() => said.filter((entry) => entry.event === "message-aborted").length > refused, {
      what: "the instrument is refused",
      withinMs: 10_000,
    });
    rmSync(filler);
    const acknowledged = () => said.filter(({ event }) => event === "result-acknowledged").length;
    const before = acknowledged();
    await until(() => acknowledged() > before + 20, { what: "captures resume by themselves", withinMs: 20_000 });
    await tester.stop();
    await until(async () => (await gatewayView("box-a")).alarms.length === 0, {
      what: "the alarm is over",
      withinMs: 20_000,
      everyMs: 100,
    });
    const heads = (await gateway.status()) as { readonly line: { readonly eid: string } };
    await until(
      async () => {
        const { lines } = await gatewayView("box-a");
        return lines.newest.some(
          ({ eid, contiguousHead, heardHead }) => eid === heads.line.eid && contiguousHead >= heardHead,
        );
      },
      { what: "everything has arrived", withinMs: 20_000, everyMs: 100 },
    );
    expect(brokenPromises(await findings())).toEqual([]);
    const gaps = (await evidence("box-a")).filter(({ kind }) => kind === "gap");
    expect(gaps.map(({ body }) => [body["reason"], body["device"]])).toContainEqual(["disk-full", "box-a-tester"]);
  }, 150_000);
});
