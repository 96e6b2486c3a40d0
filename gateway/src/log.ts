import { type Logger, pino } from "pino";
import type { SessionLog } from "./drivers/define-driver.ts";

/** The gateway's log: JSON lines on standard output. */
export type GatewayLog = Logger;

/** A log that names the gateway in every line. */
export const createLog = (level: string, gw: string): GatewayLog =>
  pino({
    level,
    base: { gw },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });

/** The log of one device. */
export const deviceLog = (log: GatewayLog, device: string): SessionLog => {
  const child = log.child({ device });
  const say =
    (level: "debug" | "info" | "warn" | "error"): SessionLog["info"] =>
    (message, { error, ...fields } = {}) =>
      child[level](error === undefined ? fields : { ...fields, err: error }, message);
  return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
};
