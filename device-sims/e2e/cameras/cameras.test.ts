import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { launchBrowser } from "../screens/browser.ts";
import { connectViewer, viewToken } from "./hub-viewer.ts";
import { cameraPassword, type Kitchen, openKitchen, watcher } from "./kitchen.ts";
import { watchOnTheSpot, watchThroughCentre } from "./watching.ts";

const tools = needs("chromium");
const withinMs = 20_000;

describe.skipIf(tools.skip)(tools.title("cameras"), () => {
  let kitchen: Kitchen;
  let browser: Browser;

  beforeAll(async () => {
    kitchen = await openKitchen({ gw: "kitchen-songbai", cameras: { "kitchen-1": { starts: "mid" } } });
    browser = await launchBrowser();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await kitchen?.close();
  }, 30_000);

  it("are watched through the centre", async () => {
    const watching = await watchThroughCentre(browser, kitchen, { channel: "kitchen-1", login: watcher });
    const pictures: number[] = [];
    await until(
      async () => {
        pictures.push(...(await watching.seen()).map(({ number }) => number));
        return new Set(pictures).size > 30;
      },
      {
        what: "thirty pictures",
        withinMs,
        detail: () => `${pictures.join(" ")}\n${kitchen.gateway.program.output().slice(-2000)}`,
      },
    );
    expect(await watching.state()).toBe("live");
    await watching.context.close();
  }, 40_000);

  it("are watched on the spot", async () => {
    const watching = await watchOnTheSpot(browser, kitchen, "kitchen-1");
    const pictures: number[] = [];
    await until(
      async () => {
        pictures.push(...(await watching.seen()).map(({ number }) => number));
        return new Set(pictures).size > 30;
      },
      { what: "thirty pictures", withinMs, detail: () => pictures.join(" ") },
    );
    await watching.context.close();
  }, 40_000);

  it("serve fifty at the centre with one stream, and a slow one holds nobody up", async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => viewToken(kitchen, "kitchen-1")));
    const viewers = await Promise.all(tokens.map(({ port }) => connectViewer(kitchen, port)));
    const [slow, ...others] = viewers;
    for (const [at, viewer] of viewers.entries()) viewer.ask(tokens[at]?.token ?? "");
    slow?.socket.pause();
    await until(() => others.every((viewer) => viewer.fragments() > 10), {
      ...{
        what: "everybody sees something",
        withinMs,
        detail: () => others.map((viewer) => viewer.fragments()).join(" "),
      },
    });
    expect(kitchen.camera("kitchen-1").sessions.most).toBe(1);
    for (const { socket } of viewers) socket.terminate();
  }, 60_000);

  it("are watched with tokens that are good once, and every view is in the log", async () => {
    const { token, port } = await viewToken(kitchen, "kitchen-1");
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => connectViewer(kitchen, port)));
    first?.ask(token);
    await until(() => (first?.fragments() ?? 0) > 0, { what: "the first sees something", withinMs });
    second?.ask(token);
    third?.ask(`${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`);
    await until(() => (second?.ends.length ?? 0) + (third?.ends.length ?? 0) === 2, {
      what: "the others are refused",
      withinMs,
    });
    expect([second?.ends, third?.ends]).toEqual([["VIEW_TOKEN_USED"], ["VIEW_TOKEN_INVALID"]]);
    for (const viewer of [first, second, third]) viewer?.socket.close();
    const log = await until(
      async () => {
        const text = await kitchen.centre.command("audit", "list", "--json");
        return text.includes("camera.view-ended") ? text : undefined;
      },
      { what: "the view is in the log", withinMs, everyMs: 500 },
    );
    expect(log).toContain(`camera:${kitchen.gateway.gw}/kitchen-1`);
    expect(log).toContain('"why":"test"');
  }, 40_000);

  it("are shut to the public and to everybody within a second", async () => {
    const of = { gw: kitchen.gateway.gw, channel: "kitchen-1" };
    const set = (viewing: string) => kitchen.api.post("/api/v1/cameras/viewing", { ...of, viewing, note: "test" });
    const asPublic = () => kitchen.api.file("/api/v1/public/cameras/view-tokens", of);
    expect((await asPublic()).status).toBe(404);
    await set("public");
    const given = JSON.parse((await asPublic()).text) as { readonly token: string; readonly port: number };
    const inside = await viewToken(kitchen, "kitchen-1");
    const [visitor, officer] = await Promise.all([
      connectViewer(kitchen, given.port),
      connectViewer(kitchen, inside.port),
    ]);
    visitor.ask(given.token);
    officer.ask(inside.token);
    await until(() => visitor.fragments() > 0 && officer.fragments() > 0, { what: "both see something", withinMs });
    let setMs = performance.now();
    await set("private");
    await until(() => visitor.ends.length === 1, { what: "the visitor is shut out", withinMs });
    expect(visitor.endedMs() - setMs).toBeLessThan(1_000);
    expect(officer.ends).toEqual([]);
    setMs = performance.now();
    await set("off");
    await until(() => officer.ends.length === 1, { what: "everybody is shut out", withinMs });
    expect(officer.endedMs() - setMs).toBeLessThan(1_000);
    expect([visitor.ends, officer.ends]).toEqual([["VIEWING_OFF"], ["VIEWING_OFF"]]);
    await set("private");
    for (const { socket } of [visitor, officer]) socket.close();
  }, 40_000);

  it("leave no process behind when the gateway is killed, and keep passwords to themselves", async () => {
    const pid = kitchen.cameraPid();
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    const seen = ["cmdline", "environ"].map((name) => readFileSync(`/proc/${pid}/${name}`, "utf8")).join();
    const stored = readFileSync(join(kitchen.gateway.dataDir, "camera-passwords.json"), "utf8");
    expect([seen, stored, kitchen.gateway.program.output()].join().includes(cameraPassword)).toBe(false);
    await kitchen.gateway.kill();
    await until(() => !existsSync(`/proc/${pid}`), { what: "the camera process is gone", withinMs });
  }, 40_000);
});
