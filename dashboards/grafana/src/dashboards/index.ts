import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { type Language, saying } from "../text.ts";
import { alerts } from "./alerts.ts";
import { cameras } from "./cameras.ts";
import { gateways } from "./gateways.ts";
import { ingest } from "./ingest.ts";
import { market } from "./market.ts";
import { scales } from "./scales.ts";
import type { DashboardId, Setting } from "./scope.ts";
import { tests } from "./tests.ts";
import { wall } from "./wall.ts";

const makers: Readonly<Record<DashboardId, (setting: Setting) => Dashboard>> = {
  ...{ wall, market, tests, scales, cameras, alerts, gateways, ingest },
};

/** Every dashboard in a language, by its id. */
export const dashboardsIn = (language: Language): readonly (readonly [DashboardId, Dashboard])[] =>
  Object.entries(makers).map(([id, make]) => [id as DashboardId, make({ language, say: saying(language) })]);
