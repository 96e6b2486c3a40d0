import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../clock.ts";
import { simulators } from "../devices/index.ts";
import { repositoryRoot } from "../harness/repository.ts";
import { createMemoryOracle } from "../oracle.ts";
import { loadScenarioOf } from "./load-scenario.ts";
import { runScenario } from "./run-scenario.ts";
import { loadScenario, parseScenario, scenarioSchema } from "./scenario.ts";

const one = (device: string): string => `devices:\n  - { id: d1, listen: "tcp://127.0.0.1:0", ${device} }\n`;

describe("scenario file", () => {
  it("is what the page shows", () => {
    const page = readFileSync(join(repositoryRoot, "docs/simulators.md"), "utf8");
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    expect(parseScenario(example, "docs/simulators.md").devices.map(({ kind }) => kind)).toEqual([
      "mt-continuous",
      "lis",
    ]);
  });

  it("of devices that send by themselves is what the page shows, and needs an address and a secret", () => {
    const page = readFileSync(join(repositoryRoot, "docs/simulators.md"), "utf8");
    const [, example = ""] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
    const [device] = parseScenario(example, "docs/simulators.md").devices;
    expect(device).toMatchObject({ kind: "smart-scale", url: "http://127.0.0.1:8480", script: expect.any(Array) });
    for (const member of ["url", "secret"]) {
      const without = example.replace(new RegExp(`^ +${member}:.*$`, "m"), "");
      expect(() => parseScenario(without, "x")).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", field: `devices.0.${member}` }),
      );
    }
  });

  it.each(simulators)("needs of a $protocol only where it listens", ({ protocol, settingsSchema }) => {
    const [device] = parseScenario(one(`kind: ${protocol}`), "x").devices;
    expect(device).toMatchObject({ kind: protocol, faults: [], repeat: false, script: [] });
    expect(device !== undefined && "settings" in device ? device.settings : null).toEqual(settingsSchema.parse({}));
  });

  it.each([
    ["an unknown kind", one("kind: abacus"), "devices.0.kind"],
    ["an unknown setting", one("kind: lis, settings: { colour: red }"), "devices.0.settings"],
    ["a step of another class", one("kind: lis, script: [{ do: weigh, value: '1' }]"), "devices.0.script.0.do"],
    [
      "a weight that is no text",
      one("kind: yaohua-a9, script: [{ do: weigh, value: 1.5 }]"),
      "devices.0.script.0.value",
    ],
    [
      "a probability above one",
      one("kind: lis, faults: [{ kind: drop, probability: 2 }]"),
      "devices.0.faults.0.probability",
    ],
    ["two devices of one id", `${one("kind: lis")}${one("kind: lis").split("\n")[1] ?? ""}\n`, "devices"],
    ["no device", "devices: []", "devices"],
  ])("is refused with %s, naming the field", (_name, text, field) => {
    expect(() => parseScenario(text, "x.yaml")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", field }));
  });

  it("is refused when it is no YAML or not there", () => {
    expect(() => parseScenario("devices: [", "x.yaml")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(() => loadScenario("/no/such/file")).toThrow(expect.objectContaining({ field: "scenario" }));
  });
});

describe("load scenario", () => {
  it.each(simulators.map(({ protocol }) => protocol))("of %s is the same for the same seed", (kind) => {
    const options = { devices: 3, kind, rateHz: 10, host: "127.0.0.1", port: 4000, seed: 7 };
    expect(loadScenarioOf(options)).toEqual(loadScenarioOf(options));
    expect(loadScenarioOf(options)).not.toEqual(loadScenarioOf({ ...options, seed: 8 }));
    expect(loadScenarioOf(options).devices.map((device) => ("listen" in device ? device.listen : null))).toEqual(
      [4000, 4001, 4002].map((port) => `tcp://127.0.0.1:${port}`),
    );
  });
});

describe("a running scenario", () => {
  it("leaves nothing running when one of its devices cannot listen", async () => {
    const devices = ["tcp://127.0.0.1:0", "nowhere"].map((listen, index) => ({ id: `d${index}`, kind: "lis", listen }));
    const oracle = createMemoryOracle();
    await expect(runScenario(scenarioSchema.parse({ devices }), oracle)).rejects.toMatchObject({
      code: "SIM_LINE_FAILED",
    });
  });

  it("ends when its scripts have ended, and waits for connections in between", async () => {
    const clock = createManualClock();
    const script = [{ do: "await-connection" }, { do: "weigh", value: "1.00" }];
    const scale = { id: "s", kind: "yaohua-a9", listen: "tcp://127.0.0.1:0", script };
    const running = await runScenario(scenarioSchema.parse({ devices: [scale] }), createMemoryOracle(), clock);
    let finished = false;
    void running.finished.then(() => {
      finished = true;
    });
    await clock.advance(10_000);
    expect(finished).toBe(false);
    const stopped = running.stop();
    await clock.advance(100);
    await stopped;
    await running.finished;
    expect(finished).toBe(true);
  });
});
