import {
  type DeviceEvent,
  lz4000t,
  lzCountDay,
  lzIdentify,
  lzReadDay,
  lzTotalOf,
  type MeterDay,
} from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { defineDriver } from "./define-driver.ts";
import { testerPollOptions } from "./tester-config.ts";
import { createTesterSession, hasReply, type PollFamily, type PollRound } from "./tester-session.ts";

const lz4000tConfigSchema = z.strictObject({
  ...testerPollOptions(5000),
  lookbackDays: z
    .int()
    .min(0)
    .max(366)
    .default(7)
    .describe(
      "连接后回读多少天；此后只查询前后一天 / so many days are read back after connecting; after that only the days around today.",
    ),
  assays: assaysOption([{ code: "inhibition", use: "gbt-5009-199-2003" }]),
});

const dayMs = 86_400_000;

/** The meter's day that lies so many days after the gateway's. */
const dayAfter = (wall: string, days: number): MeterDay => {
  const date = new Date(Date.parse(`${wall.slice(0, 10)}T00:00:00Z`) + days * dayMs);
  return { year: date.getUTCFullYear() % 100, month: date.getUTCMonth() + 1, day: date.getUTCDate() };
};

const recordsOf = (heard: readonly DeviceEvent[]) => heard.filter((event) => event.event === "result");

/** So many records as the first of them announces; fewer are worth having, too, when no more come. */
const isWholeDay = (heard: readonly DeviceEvent[], silent: boolean): boolean => {
  const records = recordsOf(heard);
  return records[0] !== undefined && (silent || records.length >= lzTotalOf(records[0].raw));
};

const countOf = (heard: readonly DeviceEvent[]): number =>
  heard.reduce(
    (count, event) => (event.event === "reply" && event.meaning === "count" ? Number(event.detail) : count),
    0,
  );

/** Asks for the days around today how many results they have, and reads a day when it has more than it had. */
const createRound = (lookbackDays: number) => {
  const counts = new Map<string, number>();
  let back = lookbackDays;

  const readDay = async (line: Parameters<PollRound>[0], day: MeterDay): Promise<void> => {
    const key = `${day.year}-${day.month}-${day.day}`;
    const count = countOf(await line.ask(lzCountDay(day), hasReply("count")));
    if (count === 0 || count === counts.get(key)) return;
    const heard = await line.ask(lzReadDay(day), isWholeDay);
    await line.store(heard);
    if (recordsOf(heard).length >= count) counts.set(key, count);
  };

  const round: PollRound = async (line) => {
    await line.ask(lzIdentify(), hasReply("identified"));
    const wall = line.wall();
    for (let days = -back; days <= 1; days++) await readDay(line, dayAfter(wall, days));
    back = Math.min(1, lookbackDays);
  };

  const connected = () => {
    counts.clear();
    back = lookbackDays;
  };
  return { round, connected };
};

/** LZ-4000T pesticide meter; 115200 8N1. */
export const lz4000tDriver = defineDriver({
  protocol: lz4000t.id,
  displayName: lz4000t.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: lz4000tConfigSchema,
  example: { pollIntervalMs: 2000, assays: [{ code: "inhibition", use: "gbt-5009-199-2003", suspectFrom: "40" }] },
  createSession: (context, config) => {
    const family: PollFamily = {
      codec: lz4000t,
      instrument: "LZ-4000T",
      createRound: () => createRound(config.lookbackDays),
    };
    return createTesterSession(context, family, config);
  },
});
