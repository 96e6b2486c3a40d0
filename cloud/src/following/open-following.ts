import { channelPorts, openChannels } from "../channels/index.ts";
import { readRouting, requireChannels, routingText } from "../duty/routing/load-routing.ts";
import { watchRouting } from "../duty/routing/watch-routing.ts";
import { loadRules } from "../rules/load-rules.ts";
import { watchRules } from "../rules/watch-rules.ts";
import { FollowerThread } from "./follower-thread.ts";
import type { Following, FollowingOptions } from "./following.ts";

/**
 * Starts everything that follows the ledger, on two threads: the projections on one; rules, alerts and channels on the
 * other, so that a fresh test reaches its officer while history is being rewritten. Resolves once the stores of both
 * exist, or were found not to open now.
 * @throws {MingchengError} RULE_INVALID, ROUTING_INVALID, CHANNEL_INVALID
 */
export const openFollowing = async (options: FollowingOptions): Promise<Following> => {
  const { dataDirectory, config, log } = options;
  const rules = await loadRules(config.rules);
  const loaded = await routingText(config.routing);
  const routing = readRouting(loaded);
  const { channels } = config;
  // Opened here only to find mistakes before anything starts; the thread opens its own.
  requireChannels(routing, await openChannels(channels, channelPorts(log)));
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
  const watch = watchRules(config.rules, {
    log,
    onChange: (changed) => alerts.useRules(changed),
  });
  const watchedRouting = watchRouting(config.routing, {
    loaded,
    log,
    onChange: (changed) => alerts.useRouting(changed),
  });
  return {
    hint: (hint) => readings.hint(hint),
    fault: () => threads.map((thread) => thread.fault()).find((fault) => fault !== null) ?? null,
    figures: () => [...threads.flatMap((thread) => thread.figures()), watch.figure(), watchedRouting.figure()],
    close: async () => {
      watch.close();
      watchedRouting.close();
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
};
