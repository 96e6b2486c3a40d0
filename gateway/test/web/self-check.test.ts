import type { SetupDevice, SetupPort, SetupState } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { selfCheck } from "../../src/web/self-check.ts";

const device: SetupDevice = {
  ...{ id: "scale-a01", protocol: "yaohua-a9", name: { zh: "耀华", en: "Yaohua" }, address: "/dev/ttyUSB0" },
  ...{ insecureTransport: false, state: "online", since: "2026-11-25T08:00:00.000+08:00", reason: "" },
  ...{ lastFrameAt: "2026-11-25T08:10:00.000+08:00", lastCapturedAt: null, captured: { weighing: 2 }, missed: 0 },
  ...{ quarantined: 0, frames: 40, next: null, unidentified: null },
};
const port: SetupPort = {
  ...{ tty: "/dev/ttyUSB0", byId: "/dev/serial/by-id/x", byPath: null, best: "/dev/serial/by-id/x" },
  ...{ serialNumber: "A50285BI", boundBy: "serial-number", device: "scale-a01" },
};
const good: SetupState = {
  ...{ at: "2026-11-25T08:10:00.500+08:00", state: "ok", gw: "market-songbai", site: "松柏市场", centreName: "城区" },
  ...{ software: { name: "mingcheng-gateway", version: "0.1.0" }, uptimeMs: 1, rssBytes: 1, kid: "00" },
  clock: {
    ...{
      wall: "2026-11-25T08:10:00.500+08:00",
      sync: "ntp",
      errMs: 30,
      isBehind: false,
      aheadOfCentreMs: 0,
      next: null,
    },
  },
  outbox: { state: "ok", bufferedRecords: 2, bufferedBytes: 900, freeBytes: 8 * 1024 ** 3, next: null },
  quarantineFiles: 0,
  uplink: {
    ...{
      state: "ready",
      pending: 0,
      lastReceiptAt: "2026-11-25T00:09:50.000Z",
      reconnects: 0,
      error: null,
      next: null,
    },
  },
  devices: [device],
  configuration: { file: "/etc/gateway.yaml", version: 0 },
};

const found = (change: Partial<SetupState>, ports: readonly SetupPort[] = [port]) => {
  const { verdict, checks } = selfCheck({ ...good, ...change }, ports);
  const open = checks.filter((check) => check.verdict !== "pass");
  return { verdict, open: open.map(({ id, verdict: mark }) => `${id} ${mark}`), next: open.map(({ next }) => next) };
};

describe("the self-check", () => {
  it("passes what is well, with times as the gateway's clock shows them", () => {
    expect(found({})).toEqual({ verdict: "pass", open: [], next: [] });
    const { checks } = selfCheck(good, [port]);
    expect(checks.find(({ id }) => id === "uplink")?.text.zh).toContain("2026-11-25 08:09:50");
  });

  it.each<[string, Partial<SetupState>, string]>([
    ["no device", { devices: [] }, "devices fail"],
    [
      "a silent device",
      { devices: [{ ...device, state: "silent", next: { zh: "检查电源和接线", en: "check power" } }] },
      "device.scale-a01 fail",
    ],
    ["a device that was never heard", { devices: [{ ...device, frames: 0 }] }, "device.scale-a01 attention"],
    ["readings the disk did not take", { devices: [{ ...device, missed: 1 }] }, "device.scale-a01 attention"],
    [
      "an adapter nobody knows",
      { devices: [{ ...device, unidentified: { path: "/dev/x", mayBe: [] } }] },
      "device.scale-a01 attention",
    ],
    ["plain text", { devices: [{ ...device, insecureTransport: true }] }, "plain-text attention"],
    ["no centre", { uplink: { ...good.uplink, state: "down" } }, "uplink fail"],
    ["no answer yet", { uplink: { ...good.uplink, lastReceiptAt: null } }, "uplink fail"],
    ["an old answer", { uplink: { ...good.uplink, lastReceiptAt: "2026-11-25T00:00:00.000Z" } }, "uplink attention"],
    ["a clock nobody set", { clock: { ...good.clock, sync: "none", errMs: null } }, "clock fail"],
    ["a clock that may be wrong", { clock: { ...good.clock, errMs: 60_000 } }, "clock attention"],
    ["a full disk", { outbox: { ...good.outbox, state: "full" } }, "storage fail"],
    ["little room", { outbox: { ...good.outbox, freeBytes: 1000 } }, "storage attention"],
    ["files in quarantine", { quarantineFiles: 2 }, "storage attention"],
  ])("finds %s, and says what to do", (_what, change, expected) => {
    const { verdict, open, next } = found(change);
    expect(open).toEqual([expected]);
    expect(verdict).toBe(expected.split(" ")[1]);
    if (!expected.includes("attention") || !("devices" in change)) expect(next[0]?.zh.length).toBeGreaterThan(4);
  });

  it("names adapters that are known by their socket only", () => {
    expect(found({}, [{ ...port, boundBy: "socket", serialNumber: null }]).open).toEqual(["adapters attention"]);
    expect(found({}, [{ ...port, boundBy: "socket", device: null }]).open).toEqual([]);
  });
});
