import { commandBodySchemas } from "@mingcheng/protocols/commands";
import { type CommandWork, done } from "../command-work.ts";
import type { GatewayHands } from "../gateway-hands.ts";

/** `log-level`: another level for a while. A later one takes over, time and all; a restart ends it. */
export const logLevel = ({ log, clock, config }: GatewayHands): CommandWork => {
  let cancel: () => void = () => undefined;
  return {
    run: async ({ body }) => {
      const { level, forMs } = commandBodySchemas["log-level"].parse(body);
      cancel();
      log.level = level;
      log.info({ level, forMs }, "log: another level for a while");
      cancel = clock.after(forMs, () => {
        log.level = config().log.level;
        log.info({ level: log.level }, "log: the configured level again");
      });
      return done(JSON.stringify({ level, forMs, afterwards: config().log.level }));
    },
    afterCrash: async () => "again",
  };
};
