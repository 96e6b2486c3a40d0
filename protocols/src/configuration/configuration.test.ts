import { describe, expect, it } from "vitest";
import { nodeCrypto, testSigner } from "../../test/node-crypto.ts";
import {
  type Configuration,
  confirmWithinMs,
  encodeConfiguration,
  readConfiguration,
  settingsSchema,
} from "./configuration.ts";
import { type DeviceOnTrial, judgeTrial } from "./trial.ts";

const signer = testSigner(7);
const configuration: Configuration = {
  ...{ v: 1, gw: "market-a", version: 3, by: "li", at: "2026-11-25T02:00:00.000Z" },
  settings: { devices: [{ id: "scale-1", protocol: "line", address: "/dev/ttyUSB0" }], log: { level: "debug" } },
};

describe("a configuration document", () => {
  const text = encodeConfiguration(configuration, signer);
  const read = (document: string, gw = "market-a") => readConfiguration(nodeCrypto, gw, signer.publicKey, document);

  it("is read as it was signed, for its gateway only", () => {
    expect(read(text)).toEqual({ configuration, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(read(text, "market-b")).toMatchObject({ fault: "the signature does not verify" });
    expect(read(text.replace('"version":3', '"version":4'))).toMatchObject({ fault: "the signature does not verify" });
    expect(read(encodeConfiguration(configuration, testSigner(8)))).toHaveProperty("fault");
    expect(read("devices: []")).toMatchObject({ fault: "not a signed document" });
  });

  it("reaches neither the way to the centre, nor identity, nor what is buffered", () => {
    for (const name of ["centre", "data", "outbox", "quarantine", "health"]) {
      expect(settingsSchema.safeParse({ devices: [], [name]: {} }).success).toBe(false);
    }
    expect(settingsSchema.safeParse({}).success).toBe(false);
    expect(settingsSchema.safeParse({ log: { level: "info" } }).success).toBe(true);
  });
});

describe("a configuration on trial", () => {
  const scale = (id: string, wasReading: boolean, isReading: boolean): DeviceOnTrial => ({ id, wasReading, isReading });
  const judge = (nowMs: number, isReceipted: boolean, ...devices: DeviceOnTrial[]) =>
    judgeTrial({ withinMs: confirmWithinMs, beganMs: 0, nowMs, isReceipted, devices });

  it("is confirmed by its receipt with every device reading that read before", () => {
    expect(judge(5, true, scale("a", true, true), scale("b", false, false))).toEqual({ verdict: "confirmed" });
    expect(judge(5, false, scale("a", true, true))).toEqual({ verdict: "wait" });
    expect(judge(5, true, scale("a", true, false))).toEqual({ verdict: "wait" });
    expect(judge(5, true)).toEqual({ verdict: "confirmed" });
  });

  it("goes when its time is over, and says what was missing", () => {
    expect(judge(confirmWithinMs - 1, true, scale("a", true, false))).toEqual({ verdict: "wait" });
    expect(judge(confirmWithinMs, false, scale("a", true, false), scale("b", true, true))).toEqual({
      verdict: "rolled-back",
      reason: "not confirmed in 60 s: no reading from a; the centre has not receipted its record",
    });
    const many = Array.from({ length: 8 }, (_, index) => scale(`s${index}`, true, false));
    expect(judge(confirmWithinMs, true, ...many)).toMatchObject({ reason: expect.stringContaining("s4 and 3 more") });
  });
});
