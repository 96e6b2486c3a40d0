import { z } from "zod";
import { classOf, type DriverDefinition } from "../drivers/define-driver.ts";
import type { Finding } from "./config-issue.ts";

/** Scales send by themselves, so that silence means something. */
const scaleSilenceMs = 60_000;
/** A tester that is asked answers every round; so many rounds without an answer are silence. */
const silentRounds = 3;

/** What the options of every tester that is asked have in common. */
const askedOptions = z.object({ pollIntervalMs: z.number(), replyTimeoutMs: z.number(), historyDays: z.number() });

/**
 * Milliseconds without a frame that count as silence unless configured; `null` for a tester that speaks only when it has a
 * result.
 */
export const usualSilenceMs = (driver: DriverDefinition, options: unknown): number | null => {
  if (classOf(driver, options) === "scale") return scaleSilenceMs;
  const asked = askedOptions.safeParse(options);
  if (!asked.success) return null;
  const { pollIntervalMs, replyTimeoutMs } = asked.data;
  return Math.max(scaleSilenceMs, silentRounds * (pollIntervalMs + replyTimeoutMs));
};

/**
 * A tester that is asked says again what it said weeks ago. What the outbox has forgotten must be old enough to be passed
 * over, or it would be captured twice.
 */
export const historyFindings = (devices: readonly unknown[], retentionDays: number): Finding[] =>
  devices.flatMap((options, index): Finding[] => {
    const asked = askedOptions.safeParse(options);
    if (!asked.success || asked.data.historyDays < retentionDays) return [];
    return [
      {
        path: ["devices", index, "options", "historyDays"],
        zh: `须小于 outbox.retentionDays（${retentionDays}），否则早已采集的结果会被再次采集`,
        en: `must be less than outbox.retentionDays (${retentionDays}), or results captured long ago are captured again`,
      },
    ];
  });
