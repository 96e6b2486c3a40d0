import { once } from "node:events";
import type { AlertList } from "@mingcheng/protocols";
import { systemClock } from "../src/clock.ts";
import type { OracleEntry } from "../src/oracle.ts";
import { instrumentTime } from "../src/scenario/run-scenario.ts";
import type { DemoOptions } from "./options.ts";
import { openStage, type Stage } from "./stage.ts";
import { steps, words } from "./words.ts";

const goods = ["韭菜", "大白菜", "菠菜", "芹菜", "豇豆", "黄瓜", "番茄", "草鱼"];

/** The market's day, for as long as anybody looks: every scale at its own pace, a test every few seconds. */
const keepTrading = async (stage: Stage, signal: AbortSignal): Promise<void> => {
  const random = (below: number): number => Math.floor(Math.random() * below);
  const trading = stage.devices.devices.map(async (running, index) => {
    for (let number = 1; !signal.aborted; number++) {
      if (running.class === "scale") {
        const value = ((random(590) + 12) / 100).toFixed(2);
        await running.device.weigh({ value, rampMs: 400, holdMs: 1500 + random(1500), restMs: 1500 + random(6000) });
        continue;
      }
      await systemClock.sleep(5_000 + random(5_000), signal);
      if (signal.aborted || running.class !== "tester") return;
      const inhibition = number % 7 === 3 ? 50 + random(400) / 10 : random(380) / 10;
      running.device.report([
        {
          specimenId: `JC-${String(index)}-${String(number).padStart(4, "0")}`,
          item: goods[random(goods.length)] ?? "韭菜",
          assay: "OP-CARB",
          value: inhibition.toFixed(1),
          unit: "%",
          flags: inhibition >= 50 ? "A" : "N",
          completedAt: instrumentTime(Date.now()),
        },
      ]);
    }
  });
  await Promise.all(trading);
};

const clockText = (): string => new Date().toTimeString().slice(0, 8);

/** One line of commentary for what a device said, or nothing. */
const commentary = (entry: OracleEntry): string | null => {
  if (entry.event === "load") return `${entry.device}  ${entry.value} ${entry.unit}`;
  if (entry.event !== "result-acknowledged") return null;
  return `${entry.device}  ${entry.item} ${entry.specimenId}  ${entry.value} ${entry.unit}`;
};

const followDevices = (stage: Stage, signal: AbortSignal): void => {
  let seen = 0;
  const timer = setInterval(() => {
    for (const entry of stage.said.slice(seen)) {
      const text = commentary(entry);
      if (text !== null) console.log(`${clockText()}  ${text}`);
    }
    seen = stage.said.length;
  }, 500);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
};

const followAlerts = (stage: Stage, options: DemoOptions, signal: AbortSignal): Promise<void> => {
  const told = new Set<string>();
  const tellNew = async (): Promise<void> => {
    const { alerts } = await stage.api.get<AlertList>("/api/v1/alerts?state=firing&limit=50");
    for (const { id, title } of alerts) {
      if (told.has(id)) continue;
      told.add(id);
      console.log(`${clockText()}  ▲ ${title[options.language]}`);
    }
  };
  return stage.api.events((name, data) => {
    const { parts } = data as { readonly parts?: readonly string[] };
    // Asked again at the next change anyway; a failed question is no reason to end the demo.
    if (name === "changed" && parts?.includes("alerts") === true) tellNew().catch(() => undefined);
  }, signal);
};

/** Starts the market, tells where to look, and goes on until Ctrl-C. Returns the exit code. */
export const liveDemo = async (options: DemoOptions, dir: string | null): Promise<number> => {
  const { language } = options;
  const stage = await openStage({ dir, cameras: true, progress: (step) => console.log(`… ${steps[step][language]}`) });
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopping.abort());
  const { host, port } = stage.centre.addresses.https;
  const { gateway, centre, login, inspector } = stage;
  console.log(`\n${words.title[language].replace("{n}", String(stage.devices.devices.length))}`);
  console.log(`  ${words.screens[language]}   https://${host}:${port}/   ${words.certificate[language]}`);
  console.log(`  ${words.login[language]}   ${login.user} / ${login.password}`);
  console.log(`  ${words.inspector[language]}   ${inspector.user} / ${inspector.password}`);
  console.log(`  gateway  http://${gateway.health.host}:${gateway.health.port}/status`);
  console.log(`  centre   http://${centre.addresses.health.host}:${centre.addresses.health.port}/metrics`);
  console.log(`  ${words.cameras[language]}   https://${host}:${port}/cameras`);
  if (stage.cameras?.hasDecoder !== true) console.log(`  ${words.noDecoder[language]}`);
  console.log(`${words.stop[language]}\n`);
  const trading = keepTrading(stage, stopping.signal);
  followDevices(stage, stopping.signal);
  const alerts = followAlerts(stage, options, stopping.signal).catch(() => undefined);
  try {
    if (!stopping.signal.aborted) await once(stopping.signal, "abort");
  } finally {
    await stage.close();
    await Promise.all([trading, alerts]);
  }
  return 0;
};
