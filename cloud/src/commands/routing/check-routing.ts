import { loadCloudConfig } from "../../config/cloud-config.ts";
import { routingText } from "../../duty/routing/load-routing.ts";
import { parseRouting } from "../../duty/routing/parse-routing.ts";
import { issueLine } from "../../rules/parse-rules.ts";
import { inLanguage, terminalLanguage } from "../language.ts";
import type { RoutingOptions } from "./routing-options.ts";

/** The routing file that is meant; null: the built-in one. @throws {MingchengError} CONFIG_INVALID */
export const routingPath = async ({ routing, config }: RoutingOptions): Promise<string | null> => {
  if (routing !== undefined) return routing;
  return config === undefined ? null : (await loadCloudConfig(config)).routing;
};

/** Says everything that is wrong with a routing, one line each. Returns the exit code: 0 or 1. */
export const checkRouting = async (options: RoutingOptions, say: (text: string) => void): Promise<number> => {
  const read = parseRouting(await routingText(await routingPath(options)));
  if ("routing" in read) {
    const { name, routes } = read.routing;
    say(
      inLanguage(
        `分派正确：${name.zh}，共 ${routes.length} 条。`,
        `The routing is good: ${name.en}, ${routes.length} routes.`,
      ),
    );
    return 0;
  }
  for (const issue of read.issues) say(issueLine(issue, terminalLanguage()));
  return 1;
};
