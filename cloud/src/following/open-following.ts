import { explain } from "@mingcheng/protocols";
import type { Bilingual } from "../alerts/alert.ts";
import { channelPorts, openChannels } from "../channels/index.ts";
import { watchFiles } from "../config/watch-files.ts";
import { readRoutingFor, routingText } from "../duty/routing/load-routing.ts";
import { readRules, ruleTexts } from "../rules/load-rules.ts";
import { FollowerThread } from "./follower-thread.ts";
import type { Following, FollowingOptions } from "./following.ts";

const inBoth = (error: unknown): Bilingual => ({ zh: explain(error, "zh"), en: explain(error, "en") });

/**
 * Starts everything that follows the ledger, on two threads: the projections on one; rules, alerts and channels on the
 * other, so that a fresh test reaches its officer while history is being rewritten. Resolves once the stores of both
 * exist, or were found not to open now.
 * @throws {MingchengError} RULE_INVALID, ROUTING_INVALID, CHANNEL_INVALID
 */
export const openFollowing = async (options: FollowingOptions): Promise<Following> => {
  const { dataDirectory, config, log } = options;
  const loadedRules = await ruleTexts(config.rules);
  const rules = readRules(loadedRules);
  const loadedRouting = await routingText(config.routing);
  const { channels } = config;
  // Opened here only to find mistakes before anything starts; the thread opens its own.
  const opened = await openChannels(channels, channelPorts(log));
  const readRouting = (text: typeof loadedRouting) => readRoutingFor(text, opened);
  const routing = readRouting(loadedRouting);
  const readings = new FollowerThread(
    { role: "readings", options: { dataDirectory, timezone: config.timezone } },
    options,
  );
  await readings.started();
  const alerts = new FollowerThread(
    { role: "alerts", options: { dataDirectory, timezone: config.timezone, rules, routing, channels } },
    options,
  );
  await alerts.started();
  const threads = [readings, alerts] as const;
  const watches = [
    watchFiles({
      ...{ loaded: loadedRules, read: () => ruleTexts(config.rules), parse: readRules, log, called: "alert rules" },
      onChange: (changed) => alerts.useRules(changed),
      onInvalid: (error) => alerts.fileInvalid("rules", inBoth(error)),
      figure: { name: "mingcheng_rules_valid", help: "1 while the rule files on disk are the rules in force." },
    }),
    watchFiles({
      ...{ loaded: loadedRouting, read: () => routingText(config.routing), parse: readRouting, log, called: "routes" },
      onChange: (changed) => alerts.useRouting(changed),
      onInvalid: (error) => alerts.fileInvalid("routing", inBoth(error)),
      figure: { name: "mingcheng_routing_valid", help: "1 while the routing file on disk is the routing in force." },
    }),
  ];
  return {
    hint: (hint) => readings.hint(hint),
    fault: () => threads.map((thread) => thread.fault()).find((fault) => fault !== null) ?? null,
    figures: () => [...threads.flatMap((thread) => thread.figures()), ...watches.map((watch) => watch.figure())],
    close: async () => {
      for (const watch of watches) watch.close();
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
};
