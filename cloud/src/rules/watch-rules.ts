import type { Logger } from "pino";
import type { Figure } from "../health/figure.ts";
import { loadRules, ruleTexts } from "./load-rules.ts";
import type { AlertRule } from "./rule.ts";

/** Who hears of other rules. */
export interface RuleWatchPorts {
  readonly log: Pick<Logger, "info" | "error">;
  readonly onChange: (rules: readonly AlertRule[]) => void;
}

/** A running watch. */
export interface RuleWatch {
  /** Whether the files on disk are the rules in force. */
  figure(): Figure;
  close(): void;
}

const lookEveryMs = 2_000;

/**
 * Looks at the rule files every two seconds. Other rules take effect when every file is good; until then those from before
 * go on, and the log says once what is wrong where.
 */
export const watchRules = (path: string | null, { log, onChange }: RuleWatchPorts): RuleWatch => {
  let seen: string | undefined;
  let isGood = true;
  let closed = false;
  const look = async (): Promise<void> => {
    const text = await ruleTexts(path).then(JSON.stringify, (error: unknown) => `unreadable: ${String(error)}`);
    if (closed || text === seen) return;
    const isFirst = seen === undefined;
    seen = text;
    if (isFirst) return;
    try {
      const rules = await loadRules(path);
      if (closed) return;
      isGood = true;
      onChange(rules);
      log.info({ rules: rules.length }, "other alert rules are in force");
    } catch (error) {
      isGood = false;
      log.error({ err: error }, "the alert rules on disk are not valid: those from before stay in force");
    }
  };
  let looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, lookEveryMs);
  timer.unref();
  return {
    figure: () => ({
      name: "mingcheng_rules_valid",
      help: "1 while the rule files on disk are the rules in force.",
      type: "gauge",
      value: isGood ? 1 : 0,
    }),
    close: () => {
      closed = true;
      clearInterval(timer);
    },
  };
};
