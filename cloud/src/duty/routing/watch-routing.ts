import type { Logger } from "pino";
import type { Figure } from "../../health/figure.ts";
import type { RuleText } from "../../rules/parse-rules.ts";
import { loadRouting, routingText } from "./load-routing.ts";
import type { Routing } from "./routing.ts";

const lookEveryMs = 2_000;

/**
 * Looks at the routing file every two seconds. Another routing takes effect when it is good; until then the one from before
 * goes on, and the log says once what is wrong where.
 */
export const watchRouting = (
  path: string | null,
  ports: {
    /** What was loaded before; a file that changed since then is another one. */
    readonly loaded: RuleText;
    readonly log: Pick<Logger, "info" | "error">;
    readonly onChange: (routing: Routing) => void;
  },
): { figure(): Figure; close(): void } => {
  const { log, onChange } = ports;
  let seen = JSON.stringify(ports.loaded);
  let isGood = true;
  let closed = false;
  const look = async (): Promise<void> => {
    const text = await routingText(path).then(JSON.stringify, (error: unknown) => `unreadable: ${String(error)}`);
    if (closed || text === seen) return;
    seen = text;
    try {
      const routing = await loadRouting(path);
      if (closed) return;
      isGood = true;
      onChange(routing);
      log.info({ routes: routing.routes.length }, "another routing is in force");
    } catch (error) {
      isGood = false;
      log.error({ err: error }, "the routing on disk is not valid: the one from before stays in force");
    }
  };
  let looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, lookEveryMs);
  timer.unref();
  return {
    figure: () => ({
      name: "mingcheng_routing_valid",
      help: "1 while the routing file on disk is the routing in force.",
      type: "gauge",
      value: isGood ? 1 : 0,
    }),
    close: () => {
      closed = true;
      clearInterval(timer);
    },
  };
};
