import { z } from "zod";

/** Options of every tester that is asked. `pollMs`: pause between two rounds unless configured. */
export const testerPollOptions = (pollMs: number) => ({
  pollIntervalMs: z
    .int()
    .min(500)
    .max(3_600_000)
    .default(pollMs)
    .describe("两次查询之间的间隔，毫秒 / pause between two rounds of questions, in milliseconds."),
  replyTimeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(1500)
    .describe(
      "仪器多少毫秒没有应答即放弃本轮 / a round is given up when the instrument says nothing for so many milliseconds.",
    ),
  historyDays: z
    .int()
    .min(0)
    .max(36_500)
    .default(20)
    .describe(
      "首次读取时，早于此天数且没有记录的结果视为历史，不采集；须小于发件箱的保留天数 / at the first reading, unknown results older than so many days are history and not captured; must be less than the outbox keeps.",
    ),
});

/** What a poll session needs of its options. */
export interface TesterPollConfig {
  readonly pollIntervalMs: number;
  readonly replyTimeoutMs: number;
  readonly historyDays: number;
}
