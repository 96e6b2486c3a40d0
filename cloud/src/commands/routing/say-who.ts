import { join } from "node:path";
import { alertSeverities, MingchengError } from "@mingcheng/protocols";
import { loadCloudConfig } from "../../config/cloud-config.ts";
import { Roster } from "../../duty/roster.ts";
import { loadRouting } from "../../duty/routing/load-routing.ts";
import { type RouteStep, routeOf } from "../../duty/routing/routing.ts";
import { dutyTiers } from "../../register/model/duty-kinds.ts";
import { minuteStartMs, zoneClock } from "../../register/model/validity.ts";
import { brokenRule } from "../../rules/broken-rule.ts";
import { loadRules } from "../../rules/load-rules.ts";
import { openForReading } from "../../store/database.ts";
import { inLanguage } from "../language.ts";
import { routingPath } from "./check-routing.ts";
import type { WhoOptions } from "./routing-options.ts";

const oneOf = <Value extends string>(value: string, values: readonly Value[], field: string): Value => {
  const found = values.find((one) => one === value);
  if (found === undefined) throw new MingchengError("INPUT_INVALID", `${value}: ${values.join(", ")}`, { field });
  return found;
};

/** @throws {MingchengError} INPUT_INVALID when the centre has no such rule: any other would be routed like it, and mislead */
const requireRule = async (rule: string, rulesFile: string | null): Promise<void> => {
  const known = new Set([brokenRule, ...(await loadRules(rulesFile)).map(({ id }) => id)]);
  if (known.has(rule)) return;
  const none = inLanguage("没有这条规则，见 rules list", "there is no such rule, see rules list");
  throw new MingchengError("INPUT_INVALID", `${rule}: ${none}`, { field: "--rule" });
};

const length = (ms: number | null): string => (ms === null ? "-" : `${Math.round(ms / 60_000)} min`);

const limitsOf = ({ receiptMs, arrivalMs, handlingMs }: RouteStep): string =>
  inLanguage(
    `签收 ${length(receiptMs)}，到场 ${length(arrivalMs)}，处置 ${length(handlingMs)}`,
    `receipt ${length(receiptMs)}, arrival ${length(arrivalMs)}, handling ${length(handlingMs)}`,
  );

/** Says who would have an alert of a site, one after the other. Returns the exit code: 1 when nobody is on duty at all, or the last resort is nobody. */
export const sayWho = async (options: WhoOptions, say: (text: string) => void): Promise<number> => {
  const routing = await loadRouting(await routingPath(options));
  const config = await loadCloudConfig(options.config);
  if (options.rule !== undefined) await requireRule(options.rule, config.rules);
  const clock = zoneClock(config.timezone);
  const minute = options.at === undefined ? undefined : clock.parse(options.at);
  if (options.at !== undefined && minute === undefined) {
    const wanted = inLanguage("应为 2026-11-24 14:05 这样的时间", "a time like 2026-11-24 14:05 is wanted");
    throw new MingchengError("INPUT_INVALID", `${options.at}: ${wanted}`, { field: "--at" });
  }
  const atMs = minute === undefined ? Date.now() : minuteStartMs(minute);
  const severity = oneOf(options.severity, alertSeverities, "--severity");
  const first = dutyTiers.indexOf(oneOf(options.tier, dutyTiers, "--tier"));
  const register = openForReading(join(options.data, "register.db"));
  try {
    const roster = new Roster(register, clock);
    if (!roster.sites(atMs).has(options.site)) {
      const none = inLanguage("登记册中没有这个场所", "the register has no such site then");
      throw new MingchengError("INPUT_INVALID", `${options.site}: ${none}`, { field: "--site" });
    }
    const route = routeOf(routing, { rule: options.rule ?? "", severity, labels: {} });
    say(inLanguage(`${route.level.zh}（${route.id}）`, `${route.level.en} (${route.id})`));
    const named = (code: string): string => `${roster.officer(code, atMs)?.name ?? ""} ${code}`.trim();
    let anybody = false;
    const startsBelow = dutyTiers[first] === "operator" && route.path.some((step) => step.tier === "operator");
    const hears = startsBelow ? "hears with the first tier above the operator" : "hears at once";
    const heard = startsBelow ? "升到经营者以上时同时告知" : "同时告知";
    for (const step of route.path.filter(({ tier }) => dutyTiers.indexOf(tier) >= first)) {
      const found = roster.find(options.site, step.tier, atMs);
      anybody ||= found !== undefined;
      const who =
        found === undefined
          ? inLanguage("无人值班", "nobody on duty")
          : `${named(found.officer)} (${found.tier}, ${found.reason})`;
      say(`${step.tier}: ${who}; ${limitsOf(step)}`);
    }
    for (const tier of route.inform) {
      const found = roster.find(options.site, tier, atMs);
      const who = found?.tier === tier ? named(found.officer) : inLanguage("无人值班", "nobody on duty");
      say(inLanguage(`${heard} ${tier}：${who}`, `${tier} ${hears}: ${who}`));
    }
    const { officer, role } = routing.lastResort;
    const last = officer === null ? `role:${role}` : named(officer);
    const isKnown = officer === null || roster.officer(officer, atMs) !== undefined;
    const note = isKnown
      ? ""
      : inLanguage("（登记册中没有此人，收不到短信）", " (not in the register: gets no messages)");
    say(inLanguage(`最后：${last}${note}`, `at last: ${last}${note}`));
    return anybody && isKnown ? 0 : 1;
  } finally {
    register.close();
  }
};
