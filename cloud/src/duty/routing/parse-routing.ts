import { alertSeverities } from "@mingcheng/protocols";
import { dutyTiers } from "../../register/model/duty-kinds.ts";
import { parseYaml, type RuleIssue, type RuleText } from "../../rules/parse-rules.ts";
import type { Complain } from "../../rules/yaml-place.ts";
import type { Route, Routing } from "./routing.ts";
import { routingSchema } from "./routing-schema.ts";

const checkRoute = (route: Route, complain: Complain, index: number): void => {
  const at = (...rest: PropertyKey[]) => ["routes", index, ...rest];
  const tiers = route.path.map(({ tier }) => dutyTiers.indexOf(tier));
  for (const [step, tier] of tiers.entries()) {
    const before = tiers[step - 1];
    if (before !== undefined && tier <= before) {
      complain(at("path", step, "tier"), "each tier of a path is a wider one than the tier before");
    }
  }
  for (const [step, { receiptMs, arrivalMs, handlingMs }] of route.path.entries()) {
    const isLast = step === route.path.length - 1;
    if (!isLast && receiptMs === null && handlingMs === null) {
      complain(at("path", step, "tier"), "without receipt and handling nothing ever moves it up from here");
    }
    if (arrivalMs !== null && handlingMs !== null && arrivalMs > handlingMs) {
      complain(at("path", step, "arrival"), "later than handling");
    }
  }
};

/** Reads a routing text. Returns it, or everything that is wrong with file, line and column. */
export const parseRouting = (
  text: RuleText,
): { readonly routing: Routing } | { readonly issues: readonly RuleIssue[] } => {
  const { content, issues, complain } = parseYaml(text, routingSchema);
  if (content === undefined) return { issues };
  const seen = new Set<string>();
  for (const [index, route] of content.routes.entries()) {
    if (seen.has(route.id)) complain(["routes", index, "id"], `${route.id} is a route already`);
    seen.add(route.id);
    checkRoute(route, complain, index);
  }
  for (const severity of alertSeverities) {
    const isCaught = content.routes.some(
      ({ match }) =>
        match.severity.includes(severity) && match.rules.length === 0 && Object.keys(match.labels).length === 0,
    );
    if (!isCaught) complain(["routes"], `an alert of severity ${severity} could be left without a route`);
  }
  return issues.length > 0 ? { issues } : { routing: content };
};
