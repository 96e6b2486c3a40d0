import { type Scenario, scenarioSchema } from "../src/scenario/scenario.ts";

/** The demo's market: one of the sample city, with the area of its station. */
export const demoMarket = {
  gw: "market-songbai",
  site: "松柏农贸市场",
  siteCode: "songbai",
  area: "songbai-st",
} as const;

const stalls = ["a01", "a02", "a03", "a04", "a05", "a06", "b01", "b02", "b03", "b04"];

/** Stalls in row B have scales without a stability bit, so that settling has to be inferred. */
const kindOf = (stall: string): "mt-continuous" | "yaohua-a9" =>
  stall.startsWith("b") ? "yaohua-a9" : "mt-continuous";

/**
 * The market's devices. One scale of each make stands on a serial line whose port appears in `serialDir`, everything
 * else on TCP.
 */
export const demoScenario = (serialDir: string): Scenario =>
  scenarioSchema.parse({
    seed: 20_260_517,
    devices: [
      ...stalls.map((stall) => ({
        id: `scale-${stall}`,
        kind: kindOf(stall),
        listen: stall.endsWith("01") ? `pty:${serialDir}/scale-${stall}` : "tcp://127.0.0.1:0",
        rateHz: 20,
        settings: { places: 2 },
      })),
      { id: "tester-1", kind: "lis", listen: "tcp://127.0.0.1:0" },
    ],
  });
