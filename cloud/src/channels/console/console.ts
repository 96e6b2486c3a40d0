import { z } from "zod";
import type { Channel, ChannelDefinition, ChannelPorts } from "../channel.ts";

const settings = z.strictObject({
  type: z.literal("console").describe("控制台：预警写入日志 / alerts go to the log."),
});

/** One line of the log for each notification, at level warn. */
export const consoleChannel = {
  type: "console",
  settings,
  open: async (_settings: z.output<typeof settings>, { log }: ChannelPorts): Promise<Channel> => ({
    name: "console",
    reach: "room",
    send: async ({ body }) => {
      const { alert, status, reason } = body;
      const { id, rule, severity, gw, dev, lsn, owner, late, title, next } = alert;
      const line = {
        status,
        reason,
        alert: id,
        rule,
        severity,
        gw,
        dev,
        lsn,
        owner,
        late,
        zh: title.zh,
        next: next.zh,
      };
      log.warn(line, `${status === "firing" ? "ALERT" : "RESOLVED"}: ${title.en}`);
      return { type: "sent", outcome: "logged" };
    },
  }),
} as const satisfies ChannelDefinition<z.output<typeof settings>>;
