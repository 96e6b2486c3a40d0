import { MingchengError } from "@mingcheng/protocols";
import { type Logger, pino } from "pino";
import type { SessionLog } from "./drivers/define-driver.ts";

/** The gateway's log: JSON lines on standard output. */
export type GatewayLog = Logger;

/** Errors of the catalogue explain themselves; of all others the stack is worth its room. */
const errorText = (error: unknown): unknown => {
  if (error instanceof MingchengError) return { code: error.code, message: error.message };
  return error instanceof Error ? pino.stdSerializers.err(error) : error;
};

const maxRecentLines = 200;
const maxRecentChars = 1024;

/** The last lines of the log, for whoever asks for them. */
export class RecentLines {
  private readonly lines: string[] = [];

  add(line: string): void {
    this.lines.push(line.slice(0, maxRecentChars).trimEnd());
    if (this.lines.length > maxRecentLines) this.lines.shift();
  }

  all(): readonly string[] {
    return this.lines;
  }
}

/** A log that names the gateway in every line; `recent` keeps the last ones. */
export const createLog = (level: string, gw: string, recent?: RecentLines): GatewayLog => {
  const output = pino.destination(1);
  const write = (line: string): void => {
    recent?.add(line);
    output.write(line);
  };
  return pino(
    {
      level,
      base: { gw },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorText },
    },
    recent === undefined ? output : { write },
  );
};

/** The same complaint of a device is written so often; in between it is counted. */
const repeatAfterMs = 60_000;
const maxComplaints = 64;

/**
 * The log of one device. A warning that comes again and again (a full disk at ten frames a second) is written once a minute
 * with the number of times it was left out, so that the log does not wear the card.
 */
export const deviceLog = (log: GatewayLog, device: string, nowMs: () => number): SessionLog => {
  const child = log.child({ device });
  const complaints = new Map<string, { saidMs: number; leftOut: number }>();

  const write = (level: "debug" | "info" | "warn" | "error", message: string, fields: object, error: unknown) => {
    // A child keeps the level it was born with; the gateway's can be changed while it runs.
    if (child.level !== log.level) child.level = log.level;
    child[level](error === undefined ? fields : { ...fields, err: error }, message);
  };

  const say =
    (level: "debug" | "info"): SessionLog["info"] =>
    (message, { error, ...fields } = {}) =>
      write(level, message, fields, error);

  const complain =
    (level: "warn" | "error"): SessionLog["info"] =>
    (message, { error, ...fields } = {}) => {
      const key = `${message} ${error instanceof MingchengError ? error.code : ""}`;
      const known = complaints.get(key);
      if (known !== undefined && nowMs() - known.saidMs < repeatAfterMs) {
        known.leftOut += 1;
        return;
      }
      const more = known === undefined || known.leftOut === 0 ? {} : { leftOut: known.leftOut };
      if (complaints.size >= maxComplaints) complaints.clear();
      complaints.set(key, { saidMs: nowMs(), leftOut: 0 });
      write(level, message, { ...fields, ...more }, error);
    };

  return { debug: say("debug"), info: say("info"), warn: complain("warn"), error: complain("error") };
};
