import type { CameraBody } from "@mingcheng/protocols";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call } from "../../test/https-client.ts";
import type { TestedWeb } from "../../test/tested-web.ts";
import { changeRegister, signInAs, startTwoCounties } from "../../test/two-counties.ts";
import { viewTokensOf } from "../media/media-access.ts";

const media = { key: Buffer.alloc(32, 7), port: 8444 };

let web: TestedWeb;
beforeEach(async () => {
  web = await startTwoCounties({ media });
  for (const [gw, site] of [
    ["market-a", "songbai"],
    ["market-z", "zhongpu"],
  ] as const) {
    web.centre.gateway(gw, site, true, web.nowMs);
    changeRegister(web, [
      ["devices", { gw, dev: "kitchen-1", class: "camera" }],
      ["placements", { gw, dev: "kitchen-1", site }],
    ]);
  }
});
afterEach(() => web.close());

const body = (change: Partial<CameraBody>): CameraBody => ({
  ...{ event: "state", zone: "cooking", state: "live", previous: "pending", previousMs: 900, reason: "pictures come" },
  ...change,
});
const say = (gw: string, change: Partial<CameraBody>): void => {
  web.commit({ gw, dev: "kitchen-1", kind: "camera", body: body(change) });
  web.nowMs += 1_000;
};
const own = { gw: "market-a", channel: "kitchen-1" };
const foreign = { gw: "market-z", channel: "kitchen-1" };
const inspector = () => signInAs(web, "inspector", { areas: ["siming"] });
const post = (path: string, asked: object, cookie?: string) =>
  call(web.target, path, { method: "POST", body: asked, cookie });

describe("cameras", () => {
  it("are listed of the reader's own area, with their place and what they said of themselves last", async () => {
    say("market-a", { state: "frozen", previous: "live", reason: "difference 0.00" });
    say("market-a", { event: "still", state: "frozen", previous: null, reason: "asked for" });
    say("market-z", { state: "live" });
    web.project();
    const { json } = await call(web.target, "/api/v1/cameras", { cookie: await inspector() });
    expect(json.cameras).toMatchObject([
      {
        ...{ ...own, site: "松柏市场", viewing: "private", online: true },
        reported: { state: "frozen", zone: "cooking", reason: "difference 0.00" },
      },
    ]);
    const all = await call(web.target, "/api/v1/cameras", { cookie: await web.signIn("user-cen") });
    expect(all.json.cameras.map(({ gw }: { gw: string }) => gw)).toEqual(["market-z", "market-a"]);
  });

  it("that sent records without standing in the register are seen by those who see everything", async () => {
    web.commit({ gw: "market-a", dev: "kitchen-9", kind: "camera", body: body({}) });
    web.project();
    const channels = async (cookie: string | undefined) =>
      (await call(web.target, "/api/v1/cameras", { cookie })).json.cameras.map(
        ({ channel }: { channel: string }) => channel,
      );
    expect(await channels(await web.signIn("user-cen"))).toContain("kitchen-9");
    expect(await channels(await inspector())).toEqual(["kitchen-1"]);
  });

  it("tell what happened to them and their recording, within a span and an area", async () => {
    const from = new Date(web.nowMs).toISOString();
    say("market-a", { event: "held", reason: "leek", cause: { type: "test", ref: "lsn 7" }, from, until: from });
    say("market-z", { event: "held", reason: "of another county" });
    web.project();
    const until = new Date(web.nowMs + 60_000).toISOString();
    const ask = async ({ gw, channel }: typeof own) =>
      call(web.target, `/api/v1/cameras/${gw}/${channel}/events?${new URLSearchParams({ from, until })}`, {
        cookie: await web.signIn("inspector-of-siming"),
      });
    await inspector();
    expect((await ask(own)).json.events).toMatchObject([
      { event: "held", cause: { type: "test", ref: "lsn 7" }, from },
    ]);
    expect(await ask(foreign)).toMatchObject({ status: 404, json: { error: { code: "NOT_FOUND" } } });
  });
});

describe("view tokens", () => {
  it("are given for one camera and person of the own area, say why, and are good at the media door", async () => {
    const cookie = await inspector();
    const asked = { ...own, quality: "main", why: "complaint 12" };
    const { json, status } = await post("/api/v1/cameras/view-tokens", asked, cookie);
    expect([status, json.port]).toEqual([200, media.port]);
    expect(viewTokensOf(media).redeem(json.token, web.nowMs)).toMatchObject({
      ...{ ...own, quality: "main", why: "complaint 12", person: "inspector-of-siming", isPublic: false },
    });
    // As if it were not there, and the same for what nobody has.
    expect(await post("/api/v1/cameras/view-tokens", foreign, cookie)).toMatchObject({ status: 404 });
    expect(await post("/api/v1/cameras/view-tokens", { ...own, channel: "none" }, cookie)).toMatchObject({
      status: 404,
    });
    expect(await post("/api/v1/cameras/view-tokens", own)).toMatchObject({ status: 401 });
  });

  it("are given to the public only for public cameras, of the small stream, and so often", async () => {
    const list = () => call(web.target, "/api/v1/public/cameras");
    const ask = () => post("/api/v1/public/cameras/view-tokens", own);
    expect([(await list()).json.cameras, (await ask()).status]).toEqual([[], 404]);
    const cookie = await inspector();
    const opened = await post("/api/v1/cameras/viewing", { ...own, viewing: "public", note: "agreed" }, cookie);
    expect(opened.status).toBe(200);
    expect(await post("/api/v1/cameras/viewing", { ...foreign, viewing: "public" }, cookie)).toMatchObject({
      status: 404,
    });
    expect((await list()).json.cameras).toEqual([{ ...own, site: "松柏市场" }]);
    const { json } = await ask();
    expect(viewTokensOf(media).redeem(json.token, web.nowMs)).toMatchObject({ isPublic: true, quality: "sub" });
    const statuses = [];
    for (let more = 0; more < 25; more++) statuses.push((await ask()).status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    await post("/api/v1/cameras/viewing", { ...own, viewing: "off" }, cookie);
    expect(await post("/api/v1/cameras/view-tokens", own, cookie)).toMatchObject({
      json: { error: { code: "VIEWING_OFF" } },
    });
  });
});
