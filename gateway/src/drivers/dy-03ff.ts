import {
  type DeviceEvent,
  type DyMethod,
  dy03ff,
  dyCount,
  dyIdentify,
  dyMethods,
  dyReadItems,
  dyReadRecord,
} from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { defineDriver } from "./define-driver.ts";
import { testerPollOptions } from "./tester-config.ts";
import { createTesterSession, hasReply, type PollLine, type PollRound } from "./tester-session.ts";

const dy03ffConfigSchema = z.strictObject({
  ...testerPollOptions(5000),
  methods: z
    .array(z.enum(dyMethods as [DyMethod, ...DyMethod[]]))
    .min(1)
    .default(["wet"])
    .describe(
      "读取哪些方法的记录：wet 湿化学（分光光度），strip 胶体金，dry 干化学 / whose records are read: wet chemistry (photometer), gold strips, dry chemistry.",
    ),
  assays: assaysOption([{ code: "农药残留", use: "gbt-5009-199-2003" }]),
});

/** An answer to a question with a parameter; one without data reads as the question itself and means that there is none. */
const hasAnswer =
  (...meanings: readonly string[]) =>
  (heard: readonly DeviceEvent[]): boolean =>
    heard.some((event) => event.event === "result" || ("meaning" in event && meanings.includes(event.meaning)));

/** The list of one method is read two items at a time until an answer holds fewer. */
const readItems = async (line: PollLine, method: DyMethod): Promise<void> => {
  for (let index = 0; index < maxItemPairs; index++) {
    const heard = await line.ask(dyReadItems(method, index), hasAnswer("items"));
    if (!heard.some((event) => event.event === "reply" && event.raw.length > pairBytes)) return;
  }
};
const maxItemPairs = 128;
/** An answer with two items is longer than this. */
const pairBytes = 256;

interface Range {
  readonly from: number;
  readonly to: number;
}

const rangeOf = (heard: readonly DeviceEvent[]): Range => {
  const detail = heard.flatMap((event) => (event.event === "reply" && event.meaning === "count" ? [event.detail] : []));
  const [, from, to] = (detail[0] ?? "").split(" ");
  return { from: Number(from ?? 0), to: Number(to ?? 0) };
};

/** Reads the records behind the last one it read; everything again when the analyser has fewer than before. */
const createRound = (methods: readonly DyMethod[]) => {
  const next = new Map<DyMethod, number>();
  let listed = false;

  const readRecords = async (line: PollLine, method: DyMethod): Promise<void> => {
    const { from, to } = rangeOf(await line.ask(dyCount(method), hasReply("count")));
    const known = next.get(method) ?? from;
    const heard: DeviceEvent[] = [];
    for (let index = known > to ? from : Math.max(known, from); index < to; index++) {
      heard.push(...(await line.ask(dyReadRecord(method, index), hasAnswer("read", "empty"))));
    }
    await line.store(heard);
    next.set(method, to);
  };

  const round: PollRound = async (line) => {
    await line.ask(dyIdentify(), hasReply("identified"));
    // The names and units of everything that follows: without them nothing is judged.
    if (!listed) for (const method of methods) await readItems(line, method);
    listed = true;
    for (const method of methods) await readRecords(line, method);
  };
  const connected = () => {
    listed = false;
    next.clear();
  };
  return { round, connected };
};

/** DY-3000, DY-6600 and DY-7200 food analysers; 9600 8N1, some 115200. */
export const dy03ffDriver = defineDriver({
  protocol: dy03ff.id,
  displayName: dy03ff.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: dy03ffConfigSchema,
  example: {
    pollIntervalMs: 2000,
    methods: ["wet"],
    assays: [{ code: "农药残留", use: "gbt-5009-199-2003", suspectFrom: "40" }],
  },
  createSession: (context, config) =>
    createTesterSession(
      context,
      { codec: dy03ff, instrument: "DY-03FF", hearsQuestions: true, createRound: () => createRound(config.methods) },
      config,
    ),
});
