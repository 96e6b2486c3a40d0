import { type DeviceEvent, type ResultEvent, tyIdentify, tyRead, tyReadNext } from "@mingcheng/protocols/devices";
import { hasReply, type PollLine, type PollRound } from "./tester-session.ts";

/** No meter holds more runs. */
const maxRecords = 5000;

const isEnd = hasReply("end");
const isRecord = (heard: readonly DeviceEvent[]): boolean =>
  heard.some((event) => event.event === "result" || (event.event === "reply" && event.meaning === "empty"));

/**
 * Reads everything a TY-16 or Z-24 holds: the first record, then the next, and the next, until the meter says that there
 * is none. `first`: the answer to the first request (the TY-16 gives a record, the Z-24 is ready only).
 */
export const createTyRound =
  (first: string, complete: (result: ResultEvent) => ResultEvent = (result) => result): PollRound =>
  async (line: PollLine) => {
    await line.ask(tyIdentify(), hasReply("identified"));
    const isReady = hasReply(first);
    const events = [...(await line.ask(tyRead(), (heard) => isReady(heard) || isRecord(heard) || isEnd(heard)))];
    for (let count = 1; count < maxRecords && !isEnd(events); count++) {
      events.push(...(await line.ask(tyReadNext(), (heard) => isRecord(heard) || isEnd(heard))));
    }
    await line.store(events.map((event) => (event.event === "result" ? complete(event) : event)));
  };
