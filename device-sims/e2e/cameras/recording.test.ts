import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { SimulatedCamera } from "../../src/cameras/simulated-camera.ts";
import { type BoxViewer, type CameraBox, openCameraBox } from "../../src/harness/camera-box.ts";
import { needs } from "../../src/harness/requirements.ts";
import { runProgram } from "../../src/harness/running-program.ts";
import { until } from "../../src/harness/until.ts";

const withinMs = 30_000;

const moviesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mp4"))
    .map((name) => join(folder, name))
    .sort();

const indexed = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("index.jsonl"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => line !== "");

const isOver = (viewer: BoxViewer): boolean => viewer.told.some(({ type }) => type === "ended");

describe("the recording of a camera", () => {
  const player = needs("ffmpeg");
  it.skipIf(player.skip)(
    player.title("outlives SIGKILL, says where it has gaps and why, and is played by time"),
    { timeout: 120_000 },
    async ({ expect, onTestFinished: finish }) => {
      const folder = mkdtempSync(join(tmpdir(), "mingcheng-recording-"));
      finish(() => rmSync(folder, { recursive: true, force: true }));
      const camera = new SimulatedCamera({ authentication: "none" });
      await camera.start();
      finish(() => camera.stop());
      const recording = {
        ...{ folder, maxGiB: 1, minFreeGiB: 0.1, days: 7, zones: {}, eventDays: 30, stream: "main" },
        segmentSeconds: 2,
      };
      const watch = { always: true, measureSeconds: 10 };
      const open = async (): Promise<CameraBox> => {
        const box = await openCameraBox([{ id: "one", address: camera.address }], { recording, watch });
        finish(() => box.close());
        return box;
      };
      const startedMs = Date.now();
      const first = await open();
      await until(() => indexed(folder).length >= 2, { what: "files are finished", withinMs });
      camera.fault("resize");
      await until(() => indexed(folder).length >= 4, { what: "files of another size are finished", withinMs });
      // SIGKILL while a file is being written.
      await first.close();
      const left = moviesIn(folder);
      for (const movie of left) {
        // `runProgram` rejects where it fails.
        await runProgram({ name: "ffmpeg", command: "ffmpeg", args: ["-v", "error", "-i", movie, "-f", "null", "-"] });
      }
      const again = await open();
      const known = indexed(folder).length;
      await until(() => indexed(folder).length >= known + 2, { what: "it records again", withinMs });
      const viewer = await again.watch("one", { from: new Date(startedMs).toISOString(), speed: 8 });
      await until(() => isOver(viewer), { what: "the recording ends", withinMs, detail: () => viewer.told });
      const gaps = viewer.told.filter(({ type }) => type === "gap").map(({ reason }) => reason);
      expect(gaps).toEqual(["unknown", "gateway-down"]);
      expect(viewer.told[1]).toMatchObject({ type: "timeline" });
      expect(viewer.told.at(-1)).toMatchObject({ type: "ended", code: "RECORDING_ENDED" });
      expect(viewer.begins.map(({ widthPx }) => widthPx)).toEqual([640, 320]);
      // What was taken stands in its order, and the box never says that it is live.
      expect(viewer.takenMs).toEqual(viewer.takenMs.toSorted((a, b) => a - b));
      expect(viewer.takenMs[0]).toBeGreaterThanOrEqual(startedMs);
      expect(viewer.state()).toBe("");
      expect(again.records.map(({ body }) => body["reason"])).toContain("gateway-down");
    },
  );
});
