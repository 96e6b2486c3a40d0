import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { type CameraConfig, SimulatedCamera } from "../../src/cameras/simulated-camera.ts";
import { type BoxChannel, type BoxViewer, type CameraBox, openCameraBox } from "../../src/harness/camera-box.ts";
import { needs } from "../../src/harness/requirements.ts";
import { startProgram } from "../../src/harness/running-program.ts";
import { until } from "../../src/harness/until.ts";
import { childrenOf, isRunning, isStopped } from "./processes.ts";

/** Undone in reverse when the test is over. */
type Finish = (step: () => Promise<void>) => void;

const withinMs = 20_000;

const play = async (finish: Finish, config: CameraConfig): Promise<SimulatedCamera> => {
  const camera = new SimulatedCamera(config);
  await camera.start();
  finish(() => camera.stop());
  return camera;
};

const open = async (finish: Finish, cameras: readonly BoxChannel[]): Promise<CameraBox> => {
  const box = await openCameraBox(cameras);
  finish(() => box.close());
  return box;
};

const shows = (viewer: BoxViewer, more = 3): Promise<unknown> => {
  const before = viewer.fragments();
  return until(() => viewer.fragments() >= before + more, {
    what: "fragments come",
    withinMs,
    detail: () => viewer.state(),
  });
};

const isTold = (viewer: BoxViewer, state: string): Promise<unknown> =>
  until(() => viewer.state() === state, {
    what: `the viewer is told ${state}`,
    withinMs,
    detail: () => viewer.state(),
  });

describe("the camera process", () => {
  it.concurrent("plays what cameras send: H.264 and H.265, by TCP and UDP, with and without parameter sets in the description", async ({
    expect,
    onTestFinished: finish,
  }) => {
    const [tcp, udp, h265, bare] = await Promise.all([
      play(finish, { authentication: "none", sound: true, starts: "mid" }),
      play(finish, { authentication: "none", sees: "kitchen-320x240" }),
      play(finish, { authentication: "none", sees: "kitchen-h265-640x360" }),
      play(finish, { authentication: "none", describesParameters: false, aggregates: false, mostPacketBytes: 300 }),
    ]);
    const box = await open(finish, [
      { id: "tcp", address: tcp.address },
      { id: "udp", address: udp.address, transport: "udp" },
      { id: "h265", address: h265.address },
      { id: "bare", address: bare.address, sound: true },
    ]);
    const viewers = await Promise.all(["tcp", "udp", "h265", "bare"].map((id) => box.watch(id)));
    await Promise.all(viewers.map((viewer) => shows(viewer)));
    expect(
      viewers.map(({ begins }) => begins.map(({ codec, widthPx, heightPx }) => [codec, widthPx, heightPx])),
    ).toEqual([
      [["avc1.4d401e", 640, 360]],
      [["avc1.4d400d", 320, 240]],
      [["hvc1.1.6.L63.90", 640, 360]],
      [["avc1.4d401e", 640, 360]],
    ]);
    // Sound that is not allowed is not even asked for.
    expect(tcp.requests.filter((method) => method === "SETUP")).toHaveLength(1);
    expect(viewers[0]?.sounds()).toBe(0);
  }, 40_000);

  it.concurrent("lets sound through where it is allowed", async ({ onTestFinished: finish }) => {
    const camera = await play(finish, { authentication: "none", sound: true });
    const box = await open(finish, [{ id: "loud", address: camera.address, sound: true }]);
    const viewer = await box.watch("loud");
    await until(() => viewer.sounds() > 10, { what: "sound comes", withinMs });
  }, 60_000);

  it.concurrent("keeps one session however many watch, ends it after the last, and says good-bye", async ({
    expect,
    onTestFinished: finish,
  }) => {
    const camera = await play(finish, { authentication: "none" });
    const box = await open(finish, [{ id: "one", address: camera.address }]);
    const viewers = await Promise.all(Array.from({ length: 20 }, () => box.watch("one")));
    await Promise.all(viewers.map((viewer) => shows(viewer)));
    expect(camera.sessions).toEqual({ now: 1, most: 1 });
    for (const viewer of viewers) viewer.close();
    await until(() => camera.sessions.now === 0, { what: "the session ends", withinMs });
    expect(camera.requests.at(-1)).toBe("TEARDOWN");
  }, 40_000);

  it.concurrent("is not held up by a viewer that does not read", async ({ onTestFinished: finish }) => {
    const camera = await play(finish, { authentication: "none" });
    const box = await open(finish, [{ id: "one", address: camera.address }]);
    const [slow, quick] = await Promise.all([box.watch("one"), box.watch("one")]);
    slow.socket.pause();
    await shows(quick, 10);
    slow.socket.resume();
    await shows(slow);
  }, 60_000);

  it.concurrent("says what is true while a camera fails, and comes back by itself", async ({
    expect,
    onTestFinished: finish,
  }) => {
    const camera = await play(finish, { authentication: "none" });
    const box = await open(finish, [{ id: "one", address: camera.address }]);
    const viewer = await box.watch("one");
    await shows(viewer);
    expect(viewer.state()).toBe("live");
    camera.fault("stall");
    await isTold(viewer, "stalled");
    camera.fault("none");
    await isTold(viewer, "live");
    camera.drop();
    await shows(viewer);
    // A cable that is pulled: nobody says that the connection is over, and what is plugged in again knows nothing of it.
    camera.fault("mute");
    await until(() => ["stalled", "disconnected"].includes(viewer.state()), { what: "no picture is shown", withinMs });
    camera.fault("none");
    camera.drop();
    await isTold(viewer, "live");
    camera.fault("resize");
    await until(() => viewer.begins.at(-1)?.widthPx === 320, { what: "another size begins anew", withinMs });
    await camera.stop();
    await isTold(viewer, "disconnected");
    camera.fault("none");
    await camera.start();
    await isTold(viewer, "live");
    await until(() => viewer.begins.at(-1)?.widthPx === 640, { what: "the first size again", withinMs });
  }, 60_000);

  it.concurrent("does not try a wrong password again and again, and says so", async ({
    expect,
    onTestFinished: finish,
  }) => {
    const camera = await play(finish, { authentication: "digest" });
    const box = await open(finish, [{ id: "one", address: camera.address, user: "admin" }]);
    const viewer = await box.watch("one");
    await isTold(viewer, "auth-failed");
    const tries = camera.requests.length;
    await until(() => box.states.length >= 2, { what: "the change was told", withinMs });
    expect(tries).toBeLessThanOrEqual(3);
    expect(camera.requests).toHaveLength(tries);
    expect(box.states.map(({ state }) => state)).toEqual(["pending", "auth-failed"]);
  }, 60_000);

  it.concurrent("connects to nothing but cameras' networks", async ({ expect, onTestFinished: finish }) => {
    const box = await open(finish, [{ id: "far", address: "rtsp://192.0.2.1/live" }]);
    const viewer = await box.watch("far");
    await isTold(viewer, "disconnected");
    // The viewer and the gateway are told by ways of their own.
    await until(() => box.states.at(-1)?.state === "disconnected", { what: "the change was told", withinMs });
    expect(box.states.at(-1)?.reason).toContain("none of the cameras' networks");
  }, 60_000);

  it.concurrent("shows neither addresses nor passwords to others on the box", async ({
    expect,
    onTestFinished: finish,
  }) => {
    const box = await open(finish, [{ id: "far", address: "rtsp://127.0.0.1:9/live" }]);
    const seen = ["cmdline", "environ"].map((name) => readFileSync(`/proc/${box.pid}/${name}`, "utf8")).join("\n");
    expect(seen).not.toContain("rtsp:");
  }, 60_000);

  const coder = needs("ffmpeg");
  it.skipIf(coder.skip)(
    coder.title("leaves nothing running when it is killed while a picture is decoded"),
    { concurrent: true, timeout: 60_000 },
    async ({ expect, onTestFinished: finish }) => {
      const camera = await play(finish, { authentication: "none" });
      const box = await open(finish, [{ id: "one", address: camera.address }]);
      await box.watch("one", { quality: "pictures" });
      // Held where it is, so that it is still at work when its parent dies.
      const pid = await until(() => childrenOf(box.pid).find(isStopped), {
        ...{ what: "a picture is being decoded", withinMs, everyMs: 1 },
      });
      await box.close();
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      process.kill(pid, "SIGCONT");
      await until(() => !isRunning(pid), { what: "the decoder is gone", withinMs });
    },
  );

  const server = needs("gstreamer");
  it.skipIf(server.skip)(
    server.title("plays from a server that is not ours, by TCP and UDP, and knows when that wants a password"),
    { concurrent: true, timeout: 120_000 },
    async ({ expect, onTestFinished: finish }) => {
      const program = startProgram({
        name: "gst-rtsp-server",
        command: "/usr/bin/python3",
        args: ["-u", fileURLToPath(new URL("./gst-rtsp-server.py", import.meta.url))],
      });
      finish(async () => void (await program.kill()));
      const [, free = "", guarded = ""] = await until(
        () => /^ports (\d+) (\d+)$/m.exec(program.output()) ?? undefined,
        {
          ...{ what: "GStreamer's servers listen", withinMs, detail: () => program.output() },
        },
      );
      const address = `rtsp://127.0.0.1:${free}/camera`;
      const box = await open(finish, [
        { id: "tcp", address },
        { id: "udp", address, transport: "udp" },
        { id: "locked", address: `rtsp://127.0.0.1:${guarded}/camera` },
      ]);
      const [tcp, udp, locked] = await Promise.all([box.watch("tcp"), box.watch("udp"), box.watch("locked")]);
      await Promise.all([shows(tcp, 8), shows(udp, 8), isTold(locked, "auth-failed")]);
      expect([tcp, udp].map(({ begins }) => [begins[0]?.widthPx, begins[0]?.heightPx])).toEqual([
        [640, 360],
        [640, 360],
      ]);
    },
  );
});
