import type { SimClock } from "../clock.ts";
import { type SmartDevice, startSmartDevice } from "../devices/smart-device.ts";
import { type SaleSpec, saleMessage, takenBack } from "../devices/smart-sale.ts";
import type { Oracle } from "../oracle.ts";
import { createRandom, seedOf } from "../random.ts";
import type { SmartDeviceConfig, SmartStep } from "./smart-scenario.ts";

/** A started smart device and what it sold last. */
export interface RunningSmart {
  readonly class: "smart";
  readonly config: SmartDeviceConfig;
  readonly device: SmartDevice;
  /** Does one step of a script; a sale is queued, not awaited. */
  play(step: SmartStep, signal: AbortSignal): Promise<void>;
}

/** Switches a smart device on. It connects when it has something to say. */
export const startSmart = (config: SmartDeviceConfig, seed: number, oracle: Oracle, clock: SimClock): RunningSmart => {
  const { id, kind: protocol, url, secret, caFile, faults } = config;
  const random = createRandom(seedOf(seed, id));
  const access = { url, device: id, secret, caFile };
  const device = startSmartDevice({ id, protocol, access, faults, clock, random, oracle });
  let last: { readonly message: string; readonly spec: SaleSpec; readonly receipt: string } | undefined;
  let sales = 0;

  const sell = (spec: SaleSpec): void => {
    sales += 1;
    const receipt = `${id}-${oracle.wallMs()}-${sales}`;
    last = { message: device.say("sales", saleMessage(spec, receipt)), spec, receipt };
  };

  const report = (step: SmartStep & { readonly do: "report" }): void => {
    for (const { specimenId, item, assay, value, unit } of step.results) {
      const instrument = { name: "simulated tester", version: "1", serial: id };
      device.say("tests", { instrument, specimenId, item, assay: { code: assay }, value, unit });
    }
  };

  const play = async (step: SmartStep, signal: AbortSignal): Promise<void> => {
    switch (step.do) {
      case "wait":
        return clock.sleep(step.ms, signal);
      case "drain":
        return device.drained();
      case "unplug":
        return device.drop();
      case "heartbeat":
        return device.heartbeat();
      case "misbehave":
        await device.misbehave(step.how);
        return;
      case "sell":
        return sell(step);
      case "refund":
      case "void":
        if (last !== undefined) device.say("sales", takenBack(step.do, last));
        return;
      case "weigh":
        device.say("weighings", { weight: step.value, unit: step.unit, mode: "net" });
        return;
      case "event":
        device.say("events", { event: step.event, detail: step.detail });
        return;
      case "report":
        report(step);
    }
  };
  return { class: "smart", config, device, play };
};
