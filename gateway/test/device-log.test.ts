import { MingchengError } from "@mingcheng/protocols";
import { type DestinationStream, pino } from "pino";
import { expect, it } from "vitest";
import { deviceLog } from "../src/log.ts";

it("writes a complaint that comes again and again once a minute, with the number left out", () => {
  const lines: Record<string, unknown>[] = [];
  const sink: DestinationStream = { write: (text: string) => void lines.push(JSON.parse(text)) };
  let nowMs = 0;
  const log = deviceLog(pino({ level: "debug", base: {} }, sink), "scale-1", () => nowMs);
  const error = new MingchengError("OUTBOX_FULL", "ENOSPC");
  for (; nowMs < 120_000; nowMs += 1000) log.error("a reading could not be stored", { kind: "weighing", error });
  log.error("a reading could not be stored", { error: new MingchengError("OUTBOX_IO", "EIO") });
  log.info("said every time");
  log.info("said every time");
  expect(lines.map(({ msg, leftOut }) => [msg, leftOut])).toEqual([
    ["a reading could not be stored", undefined],
    ["a reading could not be stored", 59],
    ["a reading could not be stored", undefined],
    ["said every time", undefined],
    ["said every time", undefined],
  ]);
  expect(lines[0]).toMatchObject({ device: "scale-1", kind: "weighing" });
});
