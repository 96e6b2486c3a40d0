import { gatewayHealthSchema } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { cpuMeter, gatewayHealth } from "./gateway-health.ts";
import type { GatewayStatus } from "./status-schema.ts";

const status = {
  rssBytes: 90_000_000,
  outbox: { bufferedRecords: 120, bufferedBytes: 70_000, freeBytes: 5_000_000_000 },
  uplink: { pending: 7, lastReceiptAt: "2026-11-25T10:00:00+08:00", reconnects: 2 },
  clock: { wall: "2026-11-25T10:01:30.000+08:00", errMs: 12, aheadOfCentreMs: -4 },
  devices: [{ state: "online" }, { state: "silent" }],
} as unknown as GatewayStatus;

describe("what a gateway says of its health", () => {
  it("is made from its status, in the protocol's form", () => {
    const health = gatewayHealth(status, 3.5);
    expect(gatewayHealthSchema.parse(health)).toEqual({
      ...{ outboxRecords: 120, pendingRecords: 7, outboxBytes: 70_000, diskFreeBytes: 5_000_000_000 },
      ...{ rssBytes: 90_000_000, cpuPercent: 3.5, clockErrorMs: 12, aheadOfCentreMs: -4, reconnects: 2 },
      ...{ receiptWaitMs: 90_000, devices: 2, devicesOnline: 1 },
    });
    const idle = { ...status, uplink: { ...status.uplink, pending: 0 } };
    expect(gatewayHealth(idle, 0).receiptWaitMs).toBeNull();
  });

  it("measures processor time between two looks", () => {
    let [now, used] = [1_000, 50];
    const meter = cpuMeter(
      () => now,
      () => used,
    );
    [now, used] = [2_000, 250];
    expect(meter.percent()).toBe(20);
    expect(meter.percent()).toBe(0);
    [now, used] = [3_000, 1_750];
    expect(meter.percent()).toBe(150);
  });
});
