import { type ShortMessage, shortMessage } from "./message.ts";
import type { NotificationBody } from "./notification.ts";

const levels = { notice: "提示", attention: "关注", alarm: "紧急" } as const;

/** What a notification says to a person, in one text message. */
export const messageOf = ({ status, alert, at }: NotificationBody, site = ""): ShortMessage => {
  const said = {
    site: site === "" ? (alert.labels["site"] ?? alert.gw) : site,
    subject: alert.title.zh,
    time: at.slice(11, 16),
  };
  if (status === "resolved") return shortMessage("resolved", said);
  return shortMessage("alert", { ...said, level: levels[alert.severity], code: "" });
};
