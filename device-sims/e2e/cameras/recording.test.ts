import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { SimulatedCamera } from "../../src/cameras/simulated-camera.ts";
import { type BoxViewer, type CameraBox, openCameraBox } from "../../src/harness/camera-box.ts";
import { needs } from "../../src/harness/requirements.ts";
import { runProgram } from "../../src/harness/running-program.ts";
import { until } from "../../src/harness/until.ts";
import { connectViewer, viewToken } from "./hub-viewer.ts";
import { openKitchen } from "./kitchen.ts";

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

/** Files that the index has as finished. */
const finishedIn = (folder: string): string[] => {
  const lines = indexed(folder).map((line) => JSON.parse(line) as { type: string; number?: number });
  const finished = new Set(lines.filter(({ type }) => type === "segment").map(({ number }) => number));
  return moviesIn(folder).filter((movie) => finished.has(Number(/-(\d+)\.mp4$/.exec(movie)?.[1])));
};

/** @throws what the other program says where it cannot play a file to its end */
const playThrough = (movie: string): Promise<unknown> =>
  runProgram({ name: "ffmpeg", command: "ffmpeg", args: ["-v", "error", "-i", movie, "-f", "null", "-"] });

const isOver = (viewer: BoxViewer): boolean => viewer.told.some(({ type }) => type === "ended");

describe("the recording of a camera", () => {
  const player = needs("ffmpeg");
  it.skipIf(player.skip)(
    player.title("outlives SIGKILL, says where it has gaps and why, and is played by time"),
    { concurrent: true, timeout: 120_000 },
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
      await until(() => indexed(folder).length >= 1, { what: "a file is finished", withinMs });
      camera.fault("resize");
      await until(() => indexed(folder).length >= 3, { what: "a file of another size is finished", withinMs });
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
      const viewer = await again.watch("one", { from: new Date(startedMs).toISOString(), speed: 8 });
      await until(() => isOver(viewer), {
        what: "the recording ends",
        withinMs,
        detail: () => JSON.stringify(viewer.told),
      });
      // What was salvaged, and all that came after it, plays in another program, too.
      for (const movie of finishedIn(folder)) await playThrough(movie);
      // Nothing is known of the time before the first file.
      const gaps = viewer.told.filter(({ type }) => type === "gap").map(({ reason }) => reason);
      expect(gaps.filter((reason) => reason !== "unknown")).toEqual(["gateway-down"]);
      expect(viewer.told[1]).toMatchObject({ type: "timeline" });
      expect(viewer.told.at(-1)).toMatchObject({ type: "ended", code: "RECORDING_ENDED" });
      expect(viewer.begins.map(({ widthPx }) => widthPx)).toEqual([640, 320]);
      // What was taken stands in its order, and the box never says that it is live.
      expect(viewer.takenMs).toEqual(viewer.takenMs.toSorted((a, b) => a - b));
      expect(viewer.takenMs[0]).toBeGreaterThanOrEqual(startedMs);
      expect(viewer.state()).toBe("");
    },
  );

  it("is played through the centre, exported with a signature, and every state is one record", {
    concurrent: true,
    timeout: 120_000,
  }, async ({ expect, onTestFinished: finish }) => {
    const startedMs = Date.now();
    const kitchen = await openKitchen({
      ...{ gw: "kitchen-kept", cameras: { "kitchen-1": { authentication: "none" } } },
      recording: { maxGiB: 1, minFreeGiB: 0.1, segmentSeconds: 2 },
    });
    finish(() => kitchen.close());
    const { gateway, centre, api } = kitchen;
    const video = join(kitchen.dir, "video");
    const camera = (...args: string[]): Promise<string> =>
      gateway.command("camera", ...args, "--config", gateway.configFile);
    await until(() => existsSync(join(video, "kitchen-1")) && indexed(video).length >= 1, {
      ...{ what: "a file is finished", withinMs, detail: () => gateway.program.output() },
    });
    // The camera process is killed: the same state again is no news.
    const [pid] = [kitchen.cameraPid()];
    process.kill(pid, "SIGKILL");
    // What is salvaged, why there is nothing, and one that is finished.
    const known = indexed(video).length;
    await until(() => indexed(video).length >= known + 3, { what: "it records again", withinMs });
    const { token, port } = await viewToken(kitchen, "kitchen-1");
    const viewer = await connectViewer(kitchen, port);
    viewer.ask(token, { from: new Date(startedMs).toISOString(), speed: 8 });
    await until(() => viewer.ends.length > 0, { what: "the recording ends", withinMs });
    expect(viewer.ends).toEqual(["RECORDING_ENDED"]);
    expect(viewer.fragments()).toBeGreaterThan(10);
    const told = viewer.told.map(({ type, reason }) => reason ?? type);
    expect(told.slice(0, 2)).toEqual(["timeline", "unknown"]);
    // A process that is there again within the seam of two files leaves no gap.
    expect(told.slice(2).filter((reason) => reason !== "gateway-down")).toEqual([]);
    viewer.socket.close();

    const out = join(kitchen.dir, "out");
    const span = ["--from", new Date(startedMs).toISOString(), "--to", new Date().toISOString()];
    await camera("clip", "--channel", "kitchen-1", ...span, "--out", out, "--why", "case 7");
    const keys = join(kitchen.dir, "keys.json");
    writeFileSync(keys, await centre.command("keys", "--gateway", gateway.gw, "--json"));
    await gateway.command("verify-clip", out, "--keys", keys);

    await camera("hold", "add", "--channel", "kitchen-1", ...span, "--why", "complaint", "--by", "wang");
    await centre.command(
      "gateway",
      "command",
      gateway.gw,
      "camera-still",
      "--device",
      "kitchen-1",
      "--ref",
      "case-7",
      "--wait",
      "60",
    );
    const records = await until(
      async () => {
        const { records: found } = await api.get<{ records: { body: Record<string, unknown> }[] }>(
          `/api/v1/records?gateway=${gateway.gw}&device=kitchen-1&kind=camera&limit=50`,
        );
        return found.length >= 4 ? found.map(({ body }) => body) : undefined;
      },
      { what: "the records have arrived", withinMs, everyMs: 250 },
    );
    const events = records.map(({ event, state }) => String(event === "state" ? state : event));
    expect(events).toEqual(["live", "clip", "held", "still"]);
    expect(await centre.command("audit", "list", "--json")).toContain(`"from":"${new Date(startedMs).toISOString()}"`);
  });
});
