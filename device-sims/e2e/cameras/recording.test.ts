import { execFileSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, statfsSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { SimulatedCamera } from "../../src/cameras/simulated-camera.ts";
import { type BoxManner, type BoxViewer, type CameraBox, openCameraBox } from "../../src/harness/camera-box.ts";
import { fakeTimeLibrary, needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { finishedIn, indexed, playThrough } from "./recorded-files.ts";

/** Undone in reverse when the test is over. */
type Finish = (step: () => Promise<void> | void) => void;

const withinMs = 45_000;
const mebibyte = 1024 ** 2;

const isOver = (viewer: BoxViewer): boolean => viewer.told.some(({ type }) => type === "ended");
const gapsOf = (viewer: BoxViewer): unknown[] =>
  viewer.told.filter(({ type }) => type === "gap").map(({ reason }) => reason);

/** A camera, a folder, and boxes that record the one in the other. */
const studio = async (finish: Finish, limits: Readonly<Record<string, unknown>> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), "mingcheng-recording-"));
  finish(() => rmSync(folder, { recursive: true, force: true }));
  const camera = new SimulatedCamera({ authentication: "none" });
  await camera.start();
  finish(() => camera.stop());
  const recording = {
    ...{ folder, maxGiB: 1, minFreeGiB: 0.1, days: 7, zones: {}, eventDays: 30, stream: "main", segmentSeconds: 2 },
    ...limits,
  };
  const watch = { always: true, measureSeconds: 10 };
  const open = async (manner: BoxManner = {}): Promise<CameraBox> => {
    const box = await openCameraBox([{ id: "one", address: camera.address }], { recording, watch }, manner);
    finish(() => box.close());
    return box;
  };
  /** Waits until so many files more are finished. */
  const records = (more: number): Promise<unknown> => {
    const before = finishedIn(folder).length;
    return until(() => finishedIn(folder).length >= before + more, { what: `${more} files are finished`, withinMs });
  };
  /** Plays all there is since then, to its end. */
  const played = async (box: CameraBox, fromMs: number): Promise<BoxViewer> => {
    const viewer = await box.watch("one", { from: new Date(fromMs).toISOString(), speed: 8 });
    const detail = (): string => JSON.stringify(viewer.told);
    await until(() => isOver(viewer), { what: "the recording ends", withinMs, detail });
    return viewer;
  };
  return { folder, camera, open, records, played };
};

/** Leaves no octet on a filesystem, whoever writes there at the same moment. */
const fill = (filler: string, folder: string): void => {
  const { bavail, bsize } = statfsSync(folder);
  try {
    writeFileSync(filler, Buffer.alloc(bavail * bsize));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
};

describe("the recording of a camera", () => {
  const player = needs("ffmpeg");
  it.skipIf(player.skip)(
    player.title("outlives SIGKILL, says where it has gaps and why, and is played by time"),
    { concurrent: true, timeout: 180_000 },
    async ({ expect, onTestFinished: finish }) => {
      const { folder, camera, open, records, played } = await studio(finish);
      const startedMs = Date.now();
      const first = await open();
      await records(1);
      camera.fault("resize");
      await records(2);
      // SIGKILL while a file is being written.
      await first.close();
      const left = finishedIn(folder);
      expect(left.length).toBeGreaterThanOrEqual(3);
      for (const movie of left) await playThrough(movie);
      const known = indexed(folder).length;
      // Long enough to be a gap, however soon the box is there again.
      const awayMs = Date.now();
      await until(() => Date.now() - awayMs > 4_000, { what: "the box is away for a while", withinMs });
      const again = await open();
      // What is salvaged, why there is nothing, and a file that is finished.
      await until(() => indexed(folder).length >= known + 3, { what: "it records again", withinMs });
      const viewer = await played(again, startedMs);
      // What was salvaged, and all that came after it, plays in another program, too.
      for (const movie of finishedIn(folder)) await playThrough(movie);
      // Nothing is known of the time before the first file.
      expect(gapsOf(viewer).filter((reason) => reason !== "unknown")).toEqual(["gateway-down"]);
      expect(viewer.told[1]).toMatchObject({ type: "timeline" });
      expect(viewer.told.at(-1)).toMatchObject({ type: "ended", code: "RECORDING_ENDED" });
      expect(viewer.begins.map(({ widthPx }) => widthPx)).toEqual([640, 320]);
      // What was taken stands in its order, and the box never says that it is live.
      expect(viewer.takenMs).toEqual(viewer.takenMs.toSorted((a, b) => a - b));
      expect(viewer.takenMs[0]).toBeGreaterThanOrEqual(startedMs);
      expect(viewer.state()).toBe("");
    },
  );

  const small = needs("root", "ffmpeg");
  it.skipIf(small.skip)(
    small.title(
      "stops on a disk that is full to the last octet, frees what is its own, says so, and goes on by itself",
    ),
    { concurrent: true, timeout: 180_000 },
    async ({ expect, onTestFinished: finish }) => {
      const { folder, open, records, played } = await studio(finish, {
        ...{ maxGiB: undefined, minFreeGiB: 2 / 1024 },
      });
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "mingcheng-test", folder]);
      finish(() => void execFileSync("umount", ["-l", folder]));
      const startedMs = Date.now();
      const box = await open();
      await records(2);
      const viewer = await box.watch("one");
      const filler = join(folder, "filler");
      fill(filler, folder);
      const detail = (): string => `${JSON.stringify([...box.alarms])} ${box.log.join("\n")}`;
      await until(() => box.alarms.get("RECORDING_STOPPED") === "disk-full", {
        ...{ what: "it says that the disk is full", withinMs, detail },
      });
      // Two recordings cannot make up for what somebody else wrote; each deletion is told.
      const deleted = box.records.filter(({ body }) => body["event"] === "deleted");
      expect(deleted.length).toBeGreaterThan(0);
      expect(deleted.map(({ body }) => body["reason"])).toContain("limit of free-space");
      const seen = viewer.fragments();
      await until(() => viewer.fragments() > seen + 5, { what: "viewers are shown what happens", withinMs });
      truncateSync(filler, statSync(filler).size - 8 * mebibyte);
      await records(1);
      await until(() => box.alarms.size === 0, { what: "the alarm is over", withinMs, detail });
      for (const movie of finishedIn(folder)) await playThrough(movie);
      expect(gapsOf(await played(box, startedMs))).toContain("disk-full");
    },
  );

  it("is not begun beside the outbox without a hard limit, and that is said", {
    concurrent: true,
    timeout: 60_000,
  }, async ({ expect, onTestFinished: finish }) => {
    const { folder, open } = await studio(finish, { maxGiB: undefined });
    const box = await open();
    await until(() => box.alarms.get("RECORDING_STOPPED")?.startsWith("RECORDING_SHARES_DISK: "), {
      ...{ what: "it says why", withinMs, detail: () => box.log.join("\n") },
    });
    expect(finishedIn(folder)).toEqual([]);
    const viewer = await box.watch("one");
    await until(() => viewer.fragments() > 2, { what: "cameras are relayed all the same", withinMs });
  });

  const faketime = needs("libfaketime");
  it.skipIf(faketime.skip)(
    faketime.title("loses and deletes nothing when the clock jumps a day, forward and back"),
    { concurrent: true, timeout: 180_000 },
    async ({ expect, onTestFinished: finish }) => {
      const { folder, open, records, played } = await studio(finish, { days: 0.5 });
      const clockFile = join(folder, "clock");
      const setClock = (time: string): void => {
        writeFileSync(`${clockFile}.new`, `${time}\n`);
        renameSync(`${clockFile}.new`, clockFile);
      };
      const env = {
        ...{ LD_PRELOAD: fakeTimeLibrary() ?? "", FAKETIME_TIMESTAMP_FILE: clockFile, FAKETIME_NO_CACHE: "1" },
        ...{ FAKETIME_DONT_FAKE_MONOTONIC: "1", DONT_FAKE_MONOTONIC: "1" },
      };
      setClock("+0d");
      const startedMs = Date.now();
      const first = await open({ env });
      await records(1);
      // The gateway knows the time: a system clock that was set reaches nothing.
      setClock("+1d");
      await records(2);
      first.tellClock({ aheadMs: -86_400_000, sync: "receipt", errMs: 100 });
      await records(1);
      expect(indexed(folder).filter(({ type }) => type === "gap")).toEqual([]);
      await first.close();
      const before = finishedIn(folder);
      // Nobody knows better than a clock that is a day ahead: by it everything there is would be too old.
      const again = await open({ env, clock: { aheadMs: 0, sync: "none", errMs: null } });
      await records(1);
      for (const time of ["+0d", "-1d", "+0d"]) {
        setClock(time);
        again.tellClock({ aheadMs: 0, sync: "none", errMs: null });
        await records(1);
      }
      expect(finishedIn(folder)).toEqual(expect.arrayContaining(before));
      expect(again.records.filter(({ body }) => body["event"] === "deleted")).toEqual([]);
      const viewer = await played(again, startedMs - 5_000);
      expect(viewer.told.at(-1)).toMatchObject({ code: "RECORDING_ENDED" });
      expect(viewer.fragments()).toBeGreaterThan(20);
    },
  );
});
