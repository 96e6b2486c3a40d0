import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call } from "../../test/https-client.ts";
import { TestedWeb } from "../../test/tested-web.ts";

let web: TestedWeb;
beforeEach(async () => {
  web = await TestedWeb.start();
  web.centre.gateway("market-a", "松柏市场", true, web.nowMs);
  web.fireAlert("alert-1");
});
afterEach(() => web.close());

const picture = (filling: string): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from(filling)]);
const digestOf = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const takenAt = "2026-11-23T06:00:00.000Z";

interface Sending {
  readonly cookie: string | undefined;
  readonly alert?: string;
  readonly sha256?: string;
  readonly type?: string;
}

const send = (content: Buffer, { cookie, alert = "alert-1", sha256, type = "image/jpeg" }: Sending) =>
  call(web.target, `/api/v1/alerts/${alert}/pictures?sha256=${sha256 ?? digestOf(content)}&takenAt=${takenAt}`, {
    ...{ method: "POST", body: content, headers: { "content-type": type }, cookie },
  });

describe("pictures of an alert", () => {
  it("are kept once, stand in its history with both times, and come back as they were sent", async () => {
    const cookie = await web.signIn("user-cen");
    const content = picture("leek at A12");
    expect(await send(content, { cookie })).toMatchObject({ status: 200, json: { outcome: "done" } });
    web.nowMs += 60_000;
    expect(await send(content, { cookie })).toMatchObject({ status: 200, json: { outcome: "already" } });
    const { json } = await call(web.target, "/api/v1/alerts/alert-1", { cookie });
    const entries = json.history.filter(({ reason }: { reason: string }) => reason === "picture-added");
    expect(entries).toMatchObject([
      {
        ...{ actor: "user-cen", from: "firing", to: "firing" },
        detail: { sha256: digestOf(content), type: "image/jpeg", bytes: content.length, takenAt },
      },
    ]);
    const { bytes, headers } = await call(web.target, `/api/v1/alerts/alert-1/pictures/${digestOf(content)}`, {
      cookie,
    });
    expect(bytes.equals(content)).toBe(true);
    expect(headers["content-type"]).toBe("image/jpeg");
    expect(() => web.centre.alerts.exec("UPDATE picture SET actor = 'somebody'")).toThrow(/append-only/);
  });

  it("are refused when they are none, arrived changed, are too large, or too many", async () => {
    const cookie = await web.signIn("user-cen");
    const invalid = (field: string) => ({ status: 400, json: { error: { code: "INPUT_INVALID", field } } });
    expect(await send(Buffer.from("<svg/>"), { cookie })).toMatchObject(invalid("body"));
    expect(await send(Buffer.from("{}"), { cookie, type: "application/json" })).toMatchObject(invalid("body"));
    const altered = { cookie, sha256: digestOf(picture("another")) };
    expect(await send(picture("this"), altered)).toMatchObject(invalid("query.sha256"));
    const large = picture("x".repeat(8 * 1024 * 1024));
    expect(await send(large, { cookie })).toMatchObject(invalid("body"));
    for (let index = 0; index < 20; index++) {
      expect(await send(picture(`number ${index}`), { cookie })).toMatchObject({ status: 200 });
    }
    expect(await send(picture("one more"), { cookie })).toMatchObject(invalid("id"));
    expect(await send(picture("number 7"), { cookie })).toMatchObject({ status: 200, json: { outcome: "already" } });
  });

  it("are for those who see the alert, and added by those who act", async () => {
    const content = picture("kept");
    const [centre, auditor, stranger] = [
      await web.signIn("user-cen"),
      await web.signIn("user-aud"),
      await web.signIn("user-ins"),
    ];
    expect((await send(content, { cookie: undefined })).status).toBe(401);
    expect((await send(content, { cookie: auditor })).json.error).toMatchObject({ code: "ACCESS_DENIED" });
    // An inspector without areas sees nothing: the alert is answered like one that nobody has.
    expect((await send(content, { cookie: stranger })).json.error).toMatchObject({ code: "NOT_FOUND" });
    expect((await send(content, { cookie: centre })).json.outcome).toBe("done");
    const path = `/api/v1/alerts/alert-1/pictures/${digestOf(content)}`;
    expect((await call(web.target, path, { cookie: stranger })).status).toBe(404);
    expect((await call(web.target, path, { cookie: auditor })).status).toBe(200);
  });
});
