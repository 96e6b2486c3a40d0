import { type DeviceEvent, tl310, tlIdentify, tlReadAll, tlReadLast, tlTotalOf } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { defineDriver } from "./define-driver.ts";
import { testerPollOptions } from "./tester-config.ts";
import { createTesterSession, hasReply, type PollFamily, type PollRound } from "./tester-session.ts";

const tl310ConfigSchema = z.strictObject({
  ...testerPollOptions(5000),
  assays: assaysOption([
    { code: "GB/T 5009.199", use: "gbt-5009-199-2003" },
    { code: "NY/T 448", use: "nyt-448-2001" },
  ]),
});

const recordsOf = (heard: readonly DeviceEvent[]): readonly Uint8Array[] =>
  heard.flatMap((event) =>
    event.event === "result" || (event.event === "reply" && event.meaning === "empty") ? [event.raw] : [],
  );

/** So many records as the first of them announces. */
const isComplete = (heard: readonly DeviceEvent[]): boolean => {
  const records = recordsOf(heard);
  return records[0] === undefined || records.length >= tlTotalOf(records[0]);
};

/** A meter without results says nothing at all; one whose answer was damaged still says the rest. */
const isWhole = (heard: readonly DeviceEvent[], silent: boolean): boolean =>
  silent || (recordsOf(heard).length > 0 && isComplete(heard));

/**
 * Asks for the last results, and for all when one of them is new. That the last are known says nothing about those before
 * unless all were read whole once on this connection.
 */
const createRound = () => {
  let complete = false;
  const round: PollRound = async (line) => {
    await line.ask(tlIdentify(), hasReply("identified"));
    if (complete && line.holds(await line.ask(tlReadLast(), isWhole))) return;
    complete = false;
    const heard = await line.ask(tlReadAll(), isWhole);
    await line.store(heard);
    complete = isComplete(heard);
  };
  const connected = () => {
    complete = false;
  };
  return { round, connected };
};

const family: PollFamily = { codec: tl310, instrument: "TL-310", createRound };

/** TL-310 multi-channel pesticide meter; 115200 8N1. */
export const tl310Driver = defineDriver({
  protocol: tl310.id,
  displayName: tl310.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: tl310ConfigSchema,
  example: {
    pollIntervalMs: 2000,
    assays: [
      { code: "GB/T 5009.199", use: "gbt-5009-199-2003", suspectFrom: "40" },
      { code: "NY/T 448", use: "nyt-448-2001" },
    ],
  },
  createSession: (context, config) => createTesterSession(context, family, config),
});
