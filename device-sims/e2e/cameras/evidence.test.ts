import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AlertDetail, AlertList, CameraEventList, CameraEventView, CameraList } from "@mingcheng/protocols";
import type { ClipFiles, CommandView } from "@mingcheng/protocols/commands";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headOf } from "../../src/harness/market.ts";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { instrumentTime } from "../../src/scenario/run-scenario.ts";
import { keepReporting } from "../system/busy-tester.ts";
import { connectViewer, viewToken } from "./hub-viewer.ts";
import { cameraPassword, gw, type Kitchen, openKitchen } from "./kitchen.ts";
import { finishedIn } from "./recorded-files.ts";

const withinMs = 45_000;
const decoder = needs("ffmpeg");

const eventsOf = async ({ api }: Kitchen, channel: string): Promise<readonly CameraEventView[]> => {
  const [from, until_] = [-3_600_000, 3_600_000].map((ms) => new Date(Date.now() + ms).toISOString());
  const span = new URLSearchParams({ from: from ?? "", until: until_ ?? "" });
  const { events } = await api.get<CameraEventList>(`/api/v1/cameras/${gw}/${channel}/events?${span}`);
  return events.toReversed();
};

/** Waits until a camera's events hold what is wanted, and returns them, the oldest first. */
const told = (
  kitchen: Kitchen,
  channel: string,
  what: string,
  holds: (events: readonly CameraEventView[]) => boolean,
): Promise<readonly CameraEventView[]> => {
  let seen: readonly CameraEventView[] = [];
  return until(
    async () => {
      seen = await eventsOf(kitchen, channel);
      return holds(seen) && seen;
    },
    { what: `${channel}: ${what}`, withinMs, everyMs: 250, detail: () => JSON.stringify(seen) },
  );
};

const isOf =
  (event: string, cause: string) =>
  (one: CameraEventView): boolean =>
    one.event === event && one.cause?.type === cause;

const ordered = async ({ api }: Kitchen, kind: string, body: object): Promise<CommandView> => {
  const at = `/api/v1/gateways/${gw}/commands`;
  const { command } = await api.post<{ command: CommandView }>(at, { kind, body, note: "case 7" });
  return until(
    async () => {
      const { commands } = await api.get<{ commands: CommandView[] }>(at);
      return commands.find(({ id, state }) => id === command.id && state === "done");
    },
    { what: `${kind} is done`, withinMs, everyMs: 100 },
  );
};

const mebibyte = 1024 ** 2;
const changedPassword = "kitchen-5678";

const alarmsOf = async ({ gateway }: Kitchen): Promise<string> => JSON.stringify((await gateway.status())["alarms"]);

const stands = (kitchen: Kitchen, channel: string, state: string): Promise<unknown> =>
  until(
    async () => {
      const { cameras } = await kitchen.api.get<CameraList>("/api/v1/cameras");
      return cameras.find((one) => one.channel === channel)?.reported?.state === state;
    },
    { what: `${channel} is told ${state}`, withinMs, everyMs: 250 },
  );

let kitchen: Kitchen;
let startedMs: number;

beforeAll(async () => {
  startedMs = Date.now();
  kitchen = await openKitchen();
  await until(() => finishedIn(join(kitchen.video, "kitchen-1")).length > 1, {
    ...{ what: "something is recorded", withinMs },
  });
}, 150_000);
afterAll(() => kitchen?.close(), 60_000);

describe("what cameras saw", () => {
  it("is held with a still for a test of the tester, and for the alert that it raises, whose pictures stand with it", async () => {
    const { tester, api } = kitchen;
    if (tester.class !== "tester") throw new Error("no tester");
    const result = { specimenId: "S-1", item: "韭菜", assay: "OP-CARB", value: "78.5", unit: "%", flags: "A" };
    tester.device.report([{ ...result, completedAt: instrumentTime(Date.now()) }]);
    await tester.device.drained();
    const events = await told(kitchen, "test-room", "the test's still and hold", (all) => {
      return all.some(isOf("still", "test")) && all.some(isOf("held", "test"));
    });
    // Both name the same record.
    expect(new Set(events.filter(({ cause }) => cause?.type === "test").map(({ cause }) => cause?.ref)).size).toBe(1);
    const { id, history } = await until(
      async () => {
        const { alerts } = await api.get<AlertList>("/api/v1/alerts?limit=100");
        const found = alerts.find(({ rule }) => rule === "test-positive");
        const detail = found && (await api.get<AlertDetail>(`/api/v1/alerts/${found.id}`));
        const pictures = detail?.history.filter(({ actor }) => actor.startsWith(`camera:${gw}/`)) ?? [];
        return found !== undefined && pictures.length > 0 && { id: found.id, history: pictures };
      },
      { what: "a camera's picture stands with the alert", withinMs, everyMs: 250 },
    );
    const digest = String(history[0]?.detail["sha256"]);
    const picture = await api.bytes(`/api/v1/alerts/${id}/pictures/${digest}`);
    expect(picture.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    const beside = await told(kitchen, "kitchen-1", "the alert's still and hold", (all) => {
      return all.some(isOf("still", "alert")) && all.some(isOf("held", "alert"));
    });
    expect(beside.find(isOf("held", "alert"))?.cause?.ref).toBe(id);
  }, 90_000);

  it("is told once for each state, and tells what was deleted, when the camera process is killed", async () => {
    const pid = kitchen.cameraPid();
    process.kill(pid, "SIGKILL");
    await until(() => kitchen.cameraPid() !== pid, { what: "another process runs", withinMs });
    const recorded = finishedIn(join(kitchen.video, "test-room")).length;
    await until(() => finishedIn(join(kitchen.video, "test-room")).length > recorded + 1, {
      ...{ what: "it records again", withinMs, detail: () => kitchen.gateway.program.output().slice(-2_000) },
    });
    const yard = await told(kitchen, "yard", "what was deleted", (all) => all.some(({ event }) => event === "deleted"));
    const deleted = yard.find(({ event }) => event === "deleted");
    expect([deleted?.reason, deleted?.cause?.type]).toEqual(["limit of bytes", "bytes"]);
    const states = (await eventsOf(kitchen, "test-room")).filter(({ event }) => event === "state");
    expect(states.map(({ state }) => state)).toEqual(["live"]);
  }, 90_000);

  it("is played through the centre from any moment, and every look is in the log", async () => {
    const { token, port } = await viewToken(kitchen, "kitchen-1");
    const viewer = await connectViewer(kitchen, port);
    const from = new Date(startedMs).toISOString();
    viewer.ask(token, { from, speed: 1 });
    await until(() => viewer.takenMs.length > 0, { what: "the recording is shown", withinMs });
    const [first = 0] = viewer.takenMs;
    expect(viewer.told[0]).toMatchObject({ type: "timeline" });
    // Another moment in the same tile, not sooner than a second after the one before.
    const laterMs = first + 3_000;
    const askedMs = performance.now();
    await until(() => performance.now() - askedMs > 1_200, { what: "a second has passed", withinMs });
    viewer.seek(new Date(laterMs).toISOString(), 8);
    await until(() => (viewer.takenMs[0] ?? 0) > first, { what: "the later moment is shown", withinMs });
    // It begins with the key frame before.
    expect(viewer.takenMs[0]).toBeGreaterThan(laterMs - 2_500);
    expect(viewer.takenMs[0]).toBeLessThan(laterMs + 2_500);
    await until(() => viewer.ends.length > 0, { what: "the recording ends", withinMs });
    expect(viewer.ends).toEqual(["RECORDING_ENDED"]);
    expect(viewer.takenMs).toEqual(viewer.takenMs.toSorted((a, b) => a - b));
    viewer.socket.close();
    expect(await kitchen.centre.command("audit", "list", "--json")).toContain(`"from":"${from}"`);
  }, 90_000);

  it("is exported on order, brought to the centre, and verified by whoever fetches it", async () => {
    const { api, gateway, centre, dir } = kitchen;
    // Some seconds: clips are brought slowly, so that records and alarms have the line.
    const [firstMs = 0] = finishedIn(join(kitchen.video, "kitchen-1")).map((file) =>
      Number(/(\d+)-\d+\.mp4$/.exec(file)?.[1]),
    );
    const span = { from: new Date(firstMs).toISOString(), until: new Date(firstMs + 5_000).toISOString() };
    const { id } = await ordered(kitchen, "camera-clip", { device: "kitchen-1", ...span });
    const at = `/api/v1/gateways/${gw}/commands/${id}/clip`;
    const clip = await until(
      async () => {
        const answer = await api.get<ClipFiles>(at);
        return answer.whole && answer;
      },
      {
        what: "the clip is at the centre",
        withinMs,
        everyMs: 250,
        detail: () => gateway.program.output().slice(-2_000),
      },
    );
    const out = join(dir, "fetched");
    mkdirSync(out);
    for (const { name } of clip.files) writeFileSync(join(out, name), await api.bytes(`${at}/${name}`));
    const keys = join(dir, "keys.json");
    writeFileSync(keys, await centre.command("keys", "--gateway", gw, "--json"));
    await gateway.command("verify-clip", out, "--keys", keys);
    const movie = readFileSync(join(out, "part-1.mp4"));
    movie.writeUInt8(movie.readUInt8(movie.length - 1) ^ 1, movie.length - 1);
    writeFileSync(join(out, "part-1.mp4"), movie);
    await expect(gateway.command("verify-clip", out, "--keys", keys)).rejects.toThrow("part-1.mp4");
    expect(await centre.command("audit", "list", "--json")).toContain('"action":"camera.fetched"');
  }, 90_000);

  it("is held and released on the spot, and a still is brought to the centre on order", async () => {
    const span = ["--from", new Date(startedMs).toISOString(), "--to", new Date().toISOString()];
    await kitchen.spot("hold", "add", "--channel", "kitchen-1", ...span, "--why", "complaint", "--by", "wang");
    const [, hold = ""] = /(hold-[0-9a-f]+)/.exec(await kitchen.spot("hold", "list")) ?? [];
    await kitchen.spot("hold", "release", hold, "--why", "closed", "--by", "li");
    const events = await told(kitchen, "kitchen-1", "hold and release", (all) => {
      return all.some(isOf("held", "operator")) && all.some(isOf("released", "operator"));
    });
    expect(events.find(isOf("released", "operator"))?.reason).toContain("released by li: closed");
    if (decoder.skip) return;
    const { id } = await ordered(kitchen, "camera-still", { device: "kitchen-1", ref: "case-7" });
    const picture = await kitchen.api.bytes(`/api/v1/gateways/${gw}/commands/${id}/picture`);
    expect(picture.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  }, 90_000);
});

// In this order: the gateway is gone afterwards.
describe("cameras of a gateway in trouble", () => {
  it("are told apart when their password was changed, and are back when it is set anew", async () => {
    const camera = kitchen.camera("kitchen-1");
    camera.changePassword(changedPassword);
    // Sessions that are open stay, as with real cameras.
    camera.drop();
    await stands(kitchen, "kitchen-1", "auth-failed");
    await kitchen.setPassword("kitchen-1", changedPassword);
    await stands(kitchen, "kitchen-1", "live");
  }, 120_000);

  const root = needs("root");
  it.skipIf(root.skip)(
    root.title("record no more when the outbox's disk fills up, while every result is still captured"),
    async () => {
      const { gateway, tester } = kitchen;
      const filler = join(gateway.dir, "filler");
      const { bavail, bsize } = statfsSync(gateway.dir);
      // Less is left than recording has to leave free, and enough for the outbox.
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - 48 * mebibyte)));
      await until(async () => (await alarmsOf(kitchen)).includes("RECORDING_STOPPED"), {
        ...{ what: "the alarm is raised", withinMs, everyMs: 100 },
      });
      const before = await headOf(gateway);
      const reporting = keepReporting(tester);
      await until(() => reporting.reported() > 20, { what: "results are captured", withinMs });
      await reporting.stop();
      expect(await headOf(gateway)).toBeGreaterThanOrEqual(before + 20);
      expect(await alarmsOf(kitchen)).not.toContain("OUTBOX");
      rmSync(filler);
    },
    120_000,
  );

  it("leave no process behind when the gateway is killed, and keep passwords to themselves", async () => {
    const pid = kitchen.cameraPid();
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    const seen = ["cmdline", "environ"].map((name) => readFileSync(`/proc/${pid}/${name}`, "utf8")).join();
    const stored = readFileSync(join(kitchen.gateway.dataDir, "camera-passwords.json"), "utf8");
    const written = [seen, stored, kitchen.gateway.program.output()].join();
    for (const secret of [cameraPassword, changedPassword]) expect(written.includes(secret)).toBe(false);
    await kitchen.gateway.kill();
    await until(() => !existsSync(`/proc/${pid}`), { what: "the camera process is gone", withinMs });
  }, 60_000);
});
