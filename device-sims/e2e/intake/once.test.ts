import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { DeviceFinding } from "../../src/comparison/compare.ts";
import { brokenPromises } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { createRandom } from "../../src/random.ts";
import type { RunningScenario } from "../../src/scenario/run-scenario.ts";
import { type IntakeDevice, startTestedIntake, type TestedIntake } from "./tested-intake.ts";

const devices: readonly IntakeDevice[] = [
  { id: "scale-http", kind: "smart-scale", over: "http" },
  { id: "scale-mqtt", kind: "smart-scale", over: "mqtt" },
  { id: "tester-mqtt", kind: "smart-tester", over: "mqtt" },
];

let tested: TestedIntake | undefined;
afterEach(async () => {
  await tested?.dispose();
  tested = undefined;
});

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

/** Kills the gateway at random moments while devices talk; returns what became of what they said. */
const killed = async (intake: TestedIntake, kills: number, mostMs: number): Promise<readonly DeviceFinding[]> => {
  const random = createRandom(815);
  const running = await intake.play(trade);
  for (let kill = 0; kill < kills; kill++) {
    await systemClock.sleep(100 + random.below(mostMs));
    await intake.gateway.kill();
    await intake.gateway.start();
  }
  await answered(intake, running);
  return intake.findings();
};

/** Lets devices finish what they have begun, and ends them. */
const answered = async (intake: TestedIntake, { stop }: RunningScenario): Promise<void> => {
  const before = intake.said.filter(({ event }) => event === "message-acknowledged").length;
  await until(() => intake.said.filter(({ event }) => event === "message-acknowledged").length > before + 20, {
    what: "devices are answered again",
    withinMs: 60_000,
    detail: () => intake.gateway.program.output().slice(-3_000),
  });
  await stop();
};

describe("messages of devices that send by themselves", () => {
  it("are records exactly once while the gateway is killed, and connections break", async () => {
    tested = await startTestedIntake(devices);
    const findings = await killed(tested, 10, 900);
    expect(brokenPromises(findings)).toEqual([]);
    // A run in which hardly anything was said would prove nothing.
    expect(findings.length).toBeGreaterThanOrEqual(7);
    expect(Math.min(...findings.map(({ stored }) => stored))).toBeGreaterThan(10);
    const { repeated, reused } = await tested.status();
    expect([Number(repeated) > 0, reused]).toEqual([true, 0]);
    // Nothing but the rubbish that was sent on purpose was refused.
    expect(tested.said.filter(({ event }) => event === "message-refused")).toEqual([]);
  }, 180_000);

  it("would be missed if they were answered before they are on disk", async () => {
    tested = await startTestedIntake(devices, "answer-before-commit");
    expect(brokenPromises(await killed(tested, 4, 400)).join("\n")).toMatch(/missing/);
  }, 180_000);

  it("would be counted twice if nobody remembered them", async () => {
    tested = await startTestedIntake(devices, "nothing-remembered");
    expect(brokenPromises(await killed(tested, 1, 400)).join("\n")).toMatch(/twice/);
  }, 180_000);
});
