import { type SiteView, siteViewSchema } from "@mingcheng/protocols/api";
import { errorOf } from "./errors-of.ts";
import type { FixtureAlerts, FixtureAnswer, FixtureRequest } from "./fixture-alerts.ts";
import { sampleDay } from "./sample-day.ts";

/** Answers what is asked of one site: the sample day's part of it, and one camera. */
export const answerSite = (
  { details }: FixtureAlerts,
  { method, path, asOf }: Pick<FixtureRequest, "method" | "path" | "asOf">,
): FixtureAnswer => {
  const code = /^\/api\/v1\/sites\/([^/]+)$/.exec(path)?.[1];
  if (method !== "GET" || code === undefined) return undefined;
  const day = sampleDay();
  const isHere = ({ place }: { readonly place: SiteView["devices"][number]["place"] }): boolean =>
    place?.site?.code === decodeURIComponent(code);
  const devices = day.devices.filter(isHere);
  const [first] = devices;
  if (first?.place?.site == null) return [404, errorOf("NOT_FOUND")];
  const alerts = details.map(({ alert }) => alert).filter((alert) => alert.endedAt === null && isHere(alert));
  const view: SiteView = {
    ...{ asOf, site: { ...first.place.site, type: "market", area: first.place.area?.name ?? "" } },
    ...{ alerts, openAlerts: alerts.length, devices },
    tests: day.tests.filter(isHere).slice(0, 20),
    weighings: day.weighings.filter(isHere).slice(0, 20),
    cameras: [{ gw: first.gw, channel: "kitchen-1", viewing: "private" }],
  };
  return [200, siteViewSchema.parse(view)];
};
