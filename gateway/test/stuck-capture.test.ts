import { afterEach, describe, expect, it } from "vitest";
import { Alarms } from "../src/health/alarms.ts";
import { CaptureWatch } from "../src/health/capture-watch.ts";
import { OutboxWatch } from "../src/health/outbox-watch.ts";
import { FaultyFiles, type Operation } from "./outbox/faulty-files.ts";
import { append, cleanUp, freshDirectory, openTest } from "./outbox/test-outbox.ts";

const stallMs = 120_000;
const writesFrames = ({ name, path }: Operation): boolean => name === "write" && path.endsWith(".seg");

afterEach(cleanUp);

/** An outbox on a disk that can be spoiled, as the service manager sees it. */
const setUp = async () => {
  const files = new FaultyFiles();
  const outbox = await openTest(freshDirectory(), { files });
  const seen = new OutboxWatch(new Alarms(() => "2026-11-25T08:00:00+08:00"));
  seen.watch(outbox);
  const watch = new CaptureWatch(stallMs);
  return { files, outbox, isMovingAt: (nowMs: number) => watch.isMoving(seen.signs, nowMs) };
};

describe("a gateway whose disk never answers", () => {
  it("is found stuck, and well again with the next commit", async () => {
    const { files, outbox, isMovingAt } = await setUp();
    await append(outbox, "before");
    expect(isMovingAt(0)).toBe(true);
    let release: () => void = () => undefined;
    const stall = new Promise<void>((resolve) => {
      release = resolve;
    });
    files.onOperation = (operation) => (writesFrames(operation) ? stall : undefined);
    const waiting = append(outbox, "stuck");
    expect([10_000, stallMs - 1, stallMs + 10_000].map(isMovingAt)).toEqual([true, true, false]);
    release();
    await waiting;
    expect(isMovingAt(stallMs + 20_000)).toBe(true);
  });

  it("is not, when the disk refuses: that is an answer", async () => {
    const { files, outbox, isMovingAt } = await setUp();
    files.onOperation = (operation) => (writesFrames(operation) ? "EIO" : undefined);
    await expect(append(outbox, "refused")).rejects.toMatchObject({ code: "OUTBOX_IO" });
    expect([0, stallMs, 2 * stallMs].map(isMovingAt)).toEqual([true, true, true]);
  });
});
