import { type FollowerThread, startFollowerThread } from "./follower-thread.ts";
import type { Following, FollowingOptions } from "./following.ts";

/**
 * Starts everything that follows the ledger. Resolves once the stores of the followers exist, or were found not to open
 * now.
 */
export const openFollowing = async (options: FollowingOptions): Promise<Following> => {
  const { dataDirectory, config } = options;
  const readings = await startFollowerThread(
    { role: "readings", options: { dataDirectory, timezone: config.timezone } },
    options,
  );
  const threads: readonly FollowerThread[] = [readings];
  return {
    hint: (hint) => readings.hint(hint),
    fault: () => threads.map((thread) => thread.fault()).find((fault) => fault !== null) ?? null,
    figures: () => threads.flatMap((thread) => thread.figures()),
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
};
