import type { AlertList, GatewayList } from "@mingcheng/protocols";
import { until } from "../src/harness/until.ts";
import { instrumentTime, type RunningDevice } from "../src/scenario/run-scenario.ts";
import type { Drain, FiredAlert, Positive } from "./checks.ts";
import { demoMarket } from "./demo-market.ts";
import type { Stage } from "./stage.ts";

/** What happens in the scenario, in order; each is told to people as it happens. */
export type Scene =
  | "market-opens"
  | "first-positive"
  | "alert-fired"
  | "link-down"
  | "positive-offline"
  | "link-back"
  | "backlog-drained"
  | "gateway-killed"
  | "gateway-back"
  | "all-told";

/** What was observed on the way. */
export interface StoryTold {
  readonly positives: readonly Positive[];
  readonly alerts: readonly FiredAlert[];
  readonly drain: Drain;
}

/** Specimens of the story, so that the webhook's receiver can be told beforehand. */
export const leeks = { online: "JC-LEEK-01", offline: "JC-LEEK-02" } as const;

/** A link weak enough that the outage's records need seconds: bytes per second. */
const weakLink = 3_500;
const offlineLoads = 5;
const load = { rampMs: 100, holdMs: 1_400, restMs: 450 } as const;

const scalesOf = (stage: Stage) =>
  stage.devices.devices.flatMap((running) => (running.class === "scale" ? [running.device] : []));

const testerOf = (stage: Stage) => {
  const running = stage.devices.devices.find(
    (device): device is RunningDevice & { readonly class: "tester" } => device.class === "tester",
  );
  if (running === undefined) throw new Error("the market has no tester");
  return running.device;
};

/** Every scale weighs `times` times, each its own goods at its own pace. */
const weighEverywhere = async (stage: Stage, times: number, seed: number): Promise<void> => {
  await Promise.all(
    scalesOf(stage).map(async (scale, index) => {
      for (let round = 0; round < times; round++) {
        const grams = 120 + ((seed * 977 + index * 389 + round * 613) % 6_000);
        const value = (Math.round(grams / 10) / 100).toFixed(2);
        await scale.weigh({ value, ...load, restMs: load.restMs + ((index * 37) % 150) });
      }
    }),
  );
};

const report = (stage: Stage, specimenId: string, item: string, value: string): void => {
  testerOf(stage).report([
    {
      specimenId,
      item,
      assay: "OP-CARB",
      value,
      unit: "%",
      flags: Number(value) >= 50 ? "A" : "N",
      completedAt: instrumentTime(Date.now()),
    },
  ]);
};

const alertsNaming = async (stage: Stage): Promise<FiredAlert[]> => {
  const { alerts } = await stage.api.get<AlertList>("/api/v1/alerts?state=all&limit=500");
  return alerts.flatMap(({ id, rule, title, startedAt }) => {
    const specimen = Object.values(leeks).find((name) => `${title.zh} ${title.en}`.includes(name));
    return rule !== "test-positive" || specimen === undefined
      ? []
      : [{ id, specimen, firedAtMs: Date.parse(startedAt) }];
  });
};

/** Largest stored-without-holes sequence number of a line, as the centre shows it. */
const contiguousHead = async (stage: Stage, eid: string): Promise<number> => {
  const { gateways } = await stage.api.get<GatewayList>("/api/v1/gateways");
  const gateway = gateways.find(({ gw }) => gw === demoMarket.gw);
  return gateway?.lines.newest.find((line) => line.eid === eid)?.contiguousHead ?? 0;
};

/** Last durable sequence number of the running line, as the gateway itself says. */
const headOf = async (stage: Stage): Promise<number> => {
  const status = (await stage.gateway.status()) as { readonly line?: { readonly head?: number } };
  return status.line?.head ?? 0;
};

const caughtUp = (stage: Stage, eid: string, head: number, withinMs: number): Promise<boolean> =>
  until(async () => (await contiguousHead(stage, eid)) >= head, {
    what: `the centre holds everything up to ${head}`,
    withinMs,
    everyMs: 50,
    detail: () => stage.gateway.program.output().slice(-2_000),
  }).then(
    () => true,
    () => false,
  );

const outage = async (stage: Stage, tell: (scene: Scene) => void): Promise<Drain> => {
  stage.link.cut();
  tell("link-down");
  const weighing = weighEverywhere(stage, offlineLoads, 2);
  report(stage, "JC-CABBAGE-02", "大白菜", "8.1");
  report(stage, leeks.offline, "韭菜", "71.4");
  await testerOf(stage).drained();
  tell("positive-offline");
  await weighing;
  const { eid } = stage.gateway.line;
  const head = await headOf(stage);
  const pendingAtReturn = head - (await contiguousHead(stage, eid));
  stage.link.restore(weakLink);
  tell("link-back");
  // Fresh loads while the backlog drains: they must not wait for it, nor it for them.
  const fresh = weighEverywhere(stage, 1, 3);
  const drained = await caughtUp(stage, eid, head, 40_000);
  const endedAtMs = drained ? Date.now() : null;
  stage.link.restore(null);
  await fresh;
  if (drained) tell("backlog-drained");
  return { pendingAtReturn, endedAtMs };
};

const killing = async (stage: Stage, tell: (scene: Scene) => void): Promise<void> => {
  const weighing = weighEverywhere(stage, 2, 4);
  report(stage, "JC-SPINACH-03", "菠菜", "12.6");
  report(stage, "JC-CELERY-03", "芹菜", "47.5");
  await stage.gateway.kill();
  tell("gateway-killed");
  await weighing;
  await stage.gateway.start();
  tell("gateway-back");
  await testerOf(stage).drained();
  await weighEverywhere(stage, 2, 5);
};

/** Plays the scenario from the market's opening to the last record told. */
export const playStory = async (stage: Stage, tell: (scene: Scene) => void): Promise<StoryTold> => {
  tell("market-opens");
  const opening = weighEverywhere(stage, 2, 1);
  report(stage, "JC-CABBAGE-01", "大白菜", "5.3");
  report(stage, leeks.online, "韭菜", "62.3");
  await testerOf(stage).drained();
  tell("first-positive");
  await until(async () => (await alertsNaming(stage)).length > 0, { what: "the alert fires", withinMs: 15_000 });
  tell("alert-fired");
  await opening;
  const drain = await outage(stage, tell);
  await killing(stage, tell);
  await stage.devices.stop();
  await caughtUp(stage, stage.gateway.line.eid, await headOf(stage), 20_000);
  tell("all-told");
  return {
    positives: [
      { specimen: leeks.online, duringOutage: false },
      { specimen: leeks.offline, duringOutage: true },
    ],
    alerts: await alertsNaming(stage),
    drain,
  };
};
