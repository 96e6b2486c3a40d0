import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readUsage } from "../../bench/process-usage.ts";
import { systemClock } from "../../src/clock.ts";
import type { SmartAccess } from "../../src/devices/smart-link.ts";
import { type Mischief, misbehave } from "../../src/devices/smart-mischief.ts";
import { startTestedIntake, type TestedIntake } from "./tested-intake.ts";

const devices = [
  { id: "scale-http", kind: "smart-scale", over: "http" },
  { id: "scale-mqtt", kind: "smart-scale", over: "mqtt" },
] as const;
const mebibyte = 1024 * 1024;

let tested: TestedIntake;
let access: Readonly<Record<"http" | "mqtt", SmartAccess>>;
beforeAll(async () => {
  tested = await startTestedIntake(devices);
  access = { http: tested.access("scale-http"), mqtt: tested.access("scale-mqtt") };
}, 120_000);
afterAll(() => tested.dispose());

const attack = (how: Mischief, over: "http" | "mqtt") => misbehave(how, access[over], systemClock);
const rssMb = (): number => readUsage(tested.gateway.program.pid).rssMb;

describe("strangers and broken devices at the intake", () => {
  it("who announce 200 MB, or never stop, are cut at once, and memory stays flat", async () => {
    const round = async () => {
      const ends = [];
      for (const over of ["http", "mqtt"] as const) {
        for (const how of ["huge-packet", "endless-headers", "huge-body"] as const) {
          ends.push({ over, how, ...(await attack(how, over)) });
        }
      }
      return ends;
    };
    await round();
    const before = rssMb();
    for (let time = 0; time < 4; time++) {
      const ends = await round();
      // What the socket buffers of both ends hold may have gone out before the end was heard of.
      for (const { sentBytes, outcome } of ends) {
        expect(sentBytes).toBeLessThan(16 * mebibyte);
        expect(outcome).not.toBe("patience");
      }
    }
    expect(rssMb() - before).toBeLessThan(32);
    expect(Number((await tested.status())["cutStreams"])).toBeGreaterThanOrEqual(8);
  }, 120_000);

  it("who are slow on purpose are ended within seconds", async () => {
    const startMs = performance.now();
    const ends = await Promise.all([attack("slow-loris", "http"), attack("slow-loris", "mqtt")]);
    expect(ends.map(({ outcome }) => outcome)).not.toContain("patience");
    expect(performance.now() - startMs).toBeLessThan(30_000);
  }, 60_000);

  it("who have no secret, the wrong one, or speak for somebody else are refused, counted and logged without the secret", async () => {
    const before = Number((await tested.status())["refusedLogins"]);
    const outcomes = [];
    for (const over of ["http", "mqtt"] as const) {
      for (const how of ["wrong-secret", "anonymous"] as const) outcomes.push((await attack(how, over)).outcome);
    }
    expect(outcomes).toEqual([
      "401 refused INTAKE_UNAUTHORIZED",
      "401 refused INTAKE_UNAUTHORIZED",
      expect.stringMatching(/Bad username or password/i),
      expect.stringMatching(/Bad username or password|closed/i),
    ]);
    expect((await attack("foreign-topic", "mqtt")).outcome).toBe("closed");
    const { refusedLogins, refusedTopics } = await tested.status();
    expect([Number(refusedLogins) - before, refusedTopics]).toEqual([4, 1]);
    const log = tested.gateway.program.output();
    expect(log).toContain("intake: login refused");
    for (const { secret } of Object.values(access)) expect(log).not.toContain(secret);
    expect(log).not.toContain("0000-0000-0000-0000");
  }, 60_000);

  it("that say rubbish are told what is wrong, and keep being heard", async () => {
    expect((await attack("garbage", "http")).outcome).toBe("422 refused INTAKE_INVALID");
    expect((await attack("garbage", "mqtt")).outcome).toBe("refused INTAKE_INVALID");
    const running = await tested.play(() => ({
      script: [{ do: "sell", count: 2, unitPriceFen: 150 }, { do: "drain" }],
    }));
    await running.finished;
    const { captured, refused } = await tested.status();
    expect([captured, Number(refused) >= 2]).toEqual([2, true]);
  }, 60_000);
});

describe("the guard in front of the broker", () => {
  it("is missed when it is not there", async () => {
    await tested.plant("no-guard");
    expect((await attack("huge-packet", "mqtt")).outcome).toBe("patience");
  }, 120_000);
});
