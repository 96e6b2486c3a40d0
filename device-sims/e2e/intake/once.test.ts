import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeviceFinding } from "../../src/comparison/compare.ts";
import { randomMoment } from "../../src/harness/kill-moment.ts";
import { brokenPromises } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { createRandom } from "../../src/random.ts";
import { type IntakeDevice, startTestedIntake, type TestedIntake } from "./tested-intake.ts";

const devices: readonly IntakeDevice[] = [
  { id: "scale-http", kind: "smart-scale", over: "http" },
  { id: "scale-mqtt", kind: "smart-scale", over: "mqtt" },
  { id: "tester-mqtt", kind: "smart-tester", over: "mqtt" },
];

let tested: TestedIntake;
beforeAll(async () => {
  tested = await startTestedIntake(devices);
}, 120_000);
afterAll(() => tested.dispose());

const faults = { duplicate: 0.3, reorder: 0.2, cut: 0.15, garbage: 0.1 };

/** Messages without end, a few at a time. */
const trade = ({ kind }: IntakeDevice) => ({
  faults,
  repeat: true,
  script: [
    ...(kind === "smart-tester"
      ? [{ do: "report", results: [{ specimenId: "S-1", value: "12.5" }] }]
      : [
          { do: "sell", weight: "1.25", unitPriceFen: 450, stall: "A12" },
          { do: "weigh", value: "0.625" },
          { do: "refund" },
          { do: "event", event: "zero" },
        ]),
    { do: "drain" },
    { do: "wait", ms: 50 },
  ],
});

/** Waits until so many further messages were acknowledged. */
const acknowledged = async ({ said, gateway }: TestedIntake, further: number): Promise<void> => {
  const count = () => said.filter(({ event }) => event === "message-acknowledged").length;
  const before = count();
  await until(() => count() >= before + further, {
    what: `${further} more messages are acknowledged`,
    withinMs: 60_000,
    everyMs: 5,
    detail: () => gateway.program.output().slice(-3_000),
  });
};

/** Kills the gateway at random moments while devices talk; returns what became of what they said. */
const killed = async (intake: TestedIntake, kills: number): Promise<readonly DeviceFinding[]> => {
  const random = createRandom(815);
  const running = await intake.play(trade);
  for (let kill = 0; kill < kills; kill++) {
    await acknowledged(intake, 6 + random.below(10));
    await randomMoment(random, 40);
    await intake.gateway.kill();
    await intake.gateway.start();
  }
  await acknowledged(intake, 20);
  await running.stop();
  return intake.findings();
};

describe("messages of devices that send by themselves", () => {
  it("are records exactly once while the gateway is killed, and connections break", async () => {
    const findings = await killed(tested, 8);
    expect(brokenPromises(findings)).toEqual([]);
    // A run in which hardly anything was said would prove nothing.
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(["sale", "weighing", "scale-event", "test"]));
    expect(findings.reduce((sum, { stored }) => sum + stored, 0)).toBeGreaterThan(60);
    const { repeated, reused } = await tested.status();
    expect([Number(repeated) > 0, reused]).toEqual([true, 0]);
    // Nothing but the rubbish that was sent on purpose was refused.
    expect(tested.said.filter(({ event }) => event === "message-refused")).toEqual([]);
  }, 180_000);

  it("would be counted twice if nobody remembered them", async () => {
    await tested.plant("nothing-remembered");
    expect(brokenPromises(await killed(tested, 1)).join("\n")).toMatch(/twice/);
  }, 180_000);

  it("would be missed if they were answered before they are on disk", async () => {
    await tested.plant("answer-before-commit");
    expect(brokenPromises(await killed(tested, 3)).join("\n")).toMatch(/missing/);
  }, 180_000);
});
