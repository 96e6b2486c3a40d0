import pino from "pino";
import type { Bilingual } from "../alerts/alert.ts";
import { auditOver } from "../audit/open-audit.ts";
import { channelPorts, openChannels } from "../channels/index.ts";
import type { Routing } from "../duty/routing/routing.ts";
import { openRegister } from "../register/register-database.ts";
import type { WatchedFile } from "../rules/broken-file.ts";
import type { AlertRule } from "../rules/rule.ts";
import { AlertsThread, type AlertsThreadOptions } from "./alerts-thread.ts";
import { eventLoopTimers } from "./follower-loop.ts";
import type { FollowerRole, RolePorts } from "./follower-role.ts";

/** What is said to people must be seen whatever the level of the log; one line at a time, whole. */
const consoleLog = pino({ base: { from: "alerts" } }, pino.destination({ dest: 1, sync: true }));
const nowMs = (): number => Date.now();

/**
 * Rules, alerts and channels. Channels go on while a store fails, and end with the thread.
 * @throws {MingchengError} CHANNEL_INVALID, STORE_TOO_NEW
 */
export const openAlertsRole = async (
  options: AlertsThreadOptions,
  { onAppend, onChange, onFault }: RolePorts,
): Promise<FollowerRole> => {
  const channels = await openChannels(options.channels, channelPorts(consoleLog));
  const register = openRegister(options.dataDirectory);
  const onHeadFault = (error: unknown): void =>
    consoleLog.error({ err: error }, "the head of the audit log was not written");
  const audit = await auditOver(options.dataDirectory, register, { nowMs, onHeadFault });
  const ports = {
    ...{ audit, channels, timers: eventLoopTimers, log: consoleLog, nowMs, random: Math.random, onAppend },
    onChange: () => onChange(["alerts"]),
  };
  let follower: AlertsThread | undefined;
  /** What came before the stores were open, or while they failed. */
  let waitingRules: readonly AlertRule[] | undefined;
  let waitingRouting: Routing | undefined;
  const invalid = new Map<WatchedFile, Bilingual>();
  const take = (): void => {
    if (follower === undefined) return;
    try {
      if (waitingRules !== undefined) follower.useRules(waitingRules);
      waitingRules = undefined;
      if (waitingRouting !== undefined) follower.useRouting(waitingRouting);
      waitingRouting = undefined;
      for (const [file, reason] of invalid) {
        follower.fileInvalid(file, reason);
        invalid.delete(file);
      }
    } catch (error) {
      onFault(`rules: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    }
  };
  return {
    open: () => {
      follower = new AlertsThread(options, ports);
      return follower;
    },
    useRules: (rules) => {
      waitingRules = rules;
      invalid.delete("rules");
      take();
    },
    useRouting: (routing) => {
      waitingRouting = routing;
      invalid.delete("routing");
      take();
    },
    fileInvalid: (file, reason) => {
      invalid.set(file, reason);
      take();
    },
    retry: take,
    close: async () => {
      await Promise.all(channels.map(async (one) => one.close?.()));
    },
  };
};
