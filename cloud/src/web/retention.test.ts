import {
  auditPageSchema,
  holdAnswerSchema,
  holdListSchema,
  personErasedSchema,
  personExportSchema,
  retentionStateSchema,
} from "@mingcheng/protocols/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call } from "../../test/https-client.ts";
import type { TestedWeb } from "../../test/tested-web.ts";
import { signInAs, startTwoCounties } from "../../test/two-counties.ts";
import { answerRequest, dueRun } from "../retention/retention-schedule.ts";

let web: TestedWeb;
beforeEach(async () => {
  web = await startTwoCounties();
});
afterEach(() => web.close());

const asCookie = (cookie: string | undefined) => ({
  get: (path: string) => call(web.target, `/api/v1${path}`, { cookie }),
  post: (path: string, body: object = {}) => call(web.target, `/api/v1${path}`, { method: "POST", body, cookie }),
});
const as = async (user: string) => asCookie(await web.signIn(user));

/** Actions of the audit log with their subjects, the newest first. */
const noted = async (): Promise<string[]> => {
  const { entries } = auditPageSchema.parse((await (await as("user-aud")).get("/audit?limit=500")).json);
  return entries.map(({ entry }) => `${entry?.actor} ${entry?.action} ${entry?.subject}`);
};

/** An officer whose entry ended a year ago, one who is on duty, and a vendor that is gone. */
const enterPeople = (): void => {
  const minutes = Math.floor(web.nowMs / 60_000);
  const year = 525_600;
  const { register } = web.centre;
  const officer = register.prepare(
    "INSERT INTO officer (code, name, phone, login, department, valid_from, valid_to, since_change) VALUES (?, ?, ?, ?, '', ?, ?, 1)",
  );
  officer.run("o-left", "王丽", "13800000000", "", minutes - 2 * year, minutes - year);
  officer.run("o-here", "李强", "13900000000", "", minutes - year, minutes + year);
  register
    .prepare("INSERT INTO vendor (code, name, licence, valid_from, valid_to, since_change) VALUES (?, ?, ?, ?, ?, 1)")
    .run("v-gone", "赵记", "JY1", minutes - 2 * year, minutes - year);
};

const nameOf = (table: "officer" | "vendor", code: string) =>
  web.centre.register.prepare(`SELECT name FROM ${table} WHERE code = ?`).pluck().get(code);

describe("retention in the API", () => {
  it("shows periods and runs, and asks the running centre for one", async () => {
    const admin = await as("user-adm");
    const state = async () => retentionStateSchema.parse((await admin.get("/retention")).json);
    expect(await state()).toMatchObject({ atHour: 3, holds: 0, waiting: 0, runs: [] });
    expect((await state()).classes.map(({ name, days }) => [name, days])).toContainEqual(["readings", 1095]);
    const { request } = (await admin.post("/retention/runs")).json;
    expect((await state()).waiting).toBe(1);
    // The centre's own thread finds it, runs and answers.
    const { register } = web.centre;
    const due = dueRun(register, { timezone: "Asia/Shanghai", atHour: 3, nowMs: web.nowMs });
    expect(due).toEqual({ by: "user-adm", request });
    const result = [{ name: "tests", days: 1825, olderThan: "2021-11-24T00:00:00.000Z", count: 3, held: 1 }];
    answerRequest(register, request, result, web.nowMs);
    register
      .prepare("INSERT INTO retention_run (by, began_ms, ended_ms, result) VALUES ('user-adm', ?, ?, ?)")
      .run(web.nowMs, web.nowMs, JSON.stringify(result));
    expect(await state()).toMatchObject({ waiting: 0, runs: [{ by: "user-adm", classes: result }] });
    expect(await noted()).toContain("user-adm erasure.requested data:*");
  });

  it("places, lists and releases holds; what is wrong with one is named", async () => {
    const admin = await as("user-adm");
    const asked = { gateway: "market-a", device: "scale-01", from: "2026-11-01T00:00:00+08:00", reason: "case 7" };
    const { hold } = holdAnswerSchema.parse((await admin.post("/holds", asked)).json);
    expect(hold).toMatchObject({ gateway: "market-a", from: "2026-10-31T16:00:00.000Z", to: null, by: "user-adm" });
    const everything = holdAnswerSchema.parse((await admin.post("/holds", { reason: "inquiry" })).json).hold;
    expect(everything).toMatchObject({ gateway: null, device: null, from: null, to: null, released: null });
    for (const [body, field] of [
      [{ device: "scale-01", reason: "x" }, "body.gateway"],
      [{ from: "2026-11-02T00:00:00Z", to: "2026-11-01T00:00:00Z", reason: "x" }, "body.to"],
      [{ gateway: "market-a" }, "body.reason"],
      [{ reason: "x", until: "never" }, "body.until"],
    ] as const) {
      const { status, json } = await admin.post("/holds", body);
      expect([status, json.error.code, json.error.field]).toEqual([400, "INPUT_INVALID", field]);
    }
    const { json } = await admin.post(`/holds/${hold.id}/release`, { reason: "case closed" });
    expect(holdAnswerSchema.parse(json).hold.released).toMatchObject({ by: "user-adm", reason: "case closed" });
    for (const id of [hold.id, 999]) {
      expect((await admin.post(`/holds/${id}/release`, { reason: "again" })).status).toBe(404);
    }
    const { holds } = holdListSchema.parse((await (await as("user-aud")).get("/holds")).json);
    expect(holds.map(({ id, released }) => [id, released === null])).toEqual([
      [hold.id, false],
      [everything.id, true],
    ]);
    expect((await noted()).filter((line) => line.includes("hold."))).toEqual([
      `user-adm hold.released hold:${hold.id}`,
      `user-adm hold.placed hold:${everything.id}`,
      `user-adm hold.placed hold:${hold.id}`,
    ]);
  });

  it("gives a person what is held, and erases what is over on request, unless it is under a hold", async () => {
    enterPeople();
    const admin = await as("user-adm");
    const person = personExportSchema.parse((await admin.get("/persons/o-left")).json);
    expect(person).toMatchObject({ code: "o-left", officer: [{ name: "王丽", phone: "13800000000" }] });
    expect((await admin.get("/persons/nobody")).status).toBe(404);
    expect(personExportSchema.parse((await admin.get("/persons/user-ins")).json).logins).toEqual(["user-ins"]);

    const erase = async (code: string) =>
      personErasedSchema.parse((await admin.post(`/persons/${code}/erase`, { reason: "asked for it" })).json);
    const { hold } = (await admin.post("/holds", { reason: "inquiry" })).json;
    expect(await erase("o-left")).toEqual({ code: "o-left", erased: 0, held: 1, inForce: 0 });
    expect(nameOf("officer", "o-left")).toBe("王丽");
    await admin.post(`/holds/${hold.id}/release`, { reason: "over" });
    expect(await erase("o-left")).toEqual({ code: "o-left", erased: 1, held: 0, inForce: 0 });
    expect(await erase("v-gone")).toMatchObject({ erased: 1 });
    expect(await erase("o-here")).toEqual({ code: "o-here", erased: 0, held: 0, inForce: 1 });
    expect([nameOf("officer", "o-left"), nameOf("vendor", "v-gone"), nameOf("officer", "o-here")]).toEqual([
      "—",
      "—",
      "李强",
    ]);
    expect((await admin.post("/persons/nobody/erase", { reason: "x" })).status).toBe(404);
    const lines = await noted();
    for (const line of ["data.erased person:o-left", "data.erased person:v-gone", "person.exported person:o-left"]) {
      expect(lines).toContain(`user-adm ${line}`);
    }
  });

  it("is for administrators of the whole centre; auditors may look", async () => {
    const reading = ["/retention", "/holds", "/audit/views"];
    const auditor = await as("user-aud");
    for (const path of reading) expect((await auditor.get(path)).status, path).toBe(200);
    const writing = ["/retention/runs", "/holds", "/holds/1/release", "/persons/o-left/erase"];
    for (const path of writing) expect((await auditor.post(path, { reason: "x" })).status, path).toBe(403);
    expect((await auditor.get("/persons/o-left")).status).toBe(403);
    const others = [
      await as("user-cen"),
      await as("user-ins"),
      await as("user-ope"),
      asCookie(await signInAs(web, "auditor", { areas: ["siming"] })),
    ];
    for (const other of others) {
      for (const path of [...reading, "/persons/o-left"]) expect((await other.get(path)).status, path).toBe(403);
      for (const path of writing) expect((await other.post(path, { reason: "x" })).status, path).toBe(403);
    }
  });
});

describe("the view log", () => {
  it("has everybody who looked at personal data or took it away, whichever way, and nothing else", async () => {
    enterPeople();
    web.centre.gateway("market-a", "松柏旧名", true, web.nowMs);
    const centre = await as("user-cen");
    const admin = await as("user-adm");
    for (const kind of ["officers", "vendors", "duties", "absences", "stalls"]) await centre.get(`/register/${kind}`);
    const id = web.centre.register.prepare("SELECT id FROM officer WHERE code = 'o-left'").pluck().get();
    await centre.get(`/register/officers/history?id=${Number(id)}`);
    await centre.post("/exports", { gateway: "market-a" });
    await admin.get("/users");
    await admin.get("/persons/o-left");
    await admin.get("/audit");
    await admin.post("/holds", { reason: "inquiry" });
    const auditor = await as("user-aud");
    const page = async (query = "") => auditPageSchema.parse((await auditor.get(`/audit/views${query}`)).json);
    const lines = async (query = "") =>
      (await page(query)).entries.map(({ entry }) => `${entry?.actor} ${entry?.action} ${entry?.subject}`).reverse();
    expect(await lines()).toEqual([
      ...["officers", "vendors", "duties", "absences", "officers"].map(
        (kind) => `user-cen register.viewed register:${kind}`,
      ),
      "user-cen evidence.exported gateway:market-a",
      "user-adm user.viewed user:*",
      "user-adm person.exported person:o-left",
      "user-adm audit.viewed audit",
    ]);
    // Looking at it is in it, too.
    expect(await lines("?actor=user-aud")).toEqual(["user-aud audit.viewed views"]);
    expect(await lines("?subject=person:o-left")).toEqual(["user-adm person.exported person:o-left"]);
    const first = await page("?limit=2");
    expect(first.entries).toHaveLength(2);
    expect((await page(`?limit=1&before=${first.next}`)).entries[0]?.n).toBeLessThan(first.entries.at(-1)?.n ?? 0);
  });
});
