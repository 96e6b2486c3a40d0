import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, call } from "../../test/https-client.ts";
import { testOf, weighingOf } from "../../test/memory-ledger.ts";
import type { TestedWeb } from "../../test/tested-web.ts";
import { changeRegister, signInAs, startTwoCounties, strangersMarks } from "../../test/two-counties.ts";
import { PlaceFinder } from "../register/attribution/place-finder.ts";
import { zoneClock } from "../register/model/validity.ts";
import { RegisterDesk } from "../register/register-desk.ts";
import { SeenEntries } from "../register/seen-entries.ts";
import { Cover } from "../users/cover.ts";

let web: TestedWeb;
let historyIds: { readonly own: number; readonly foreign: number };

/** Something of everything in both counties, and of a device that stands nowhere. */
const fillBoth = (): void => {
  for (const gw of ["market-a", "market-z", "market-nowhere"]) {
    const isForeign = gw === "market-z";
    web.centre.gateway(gw, `${isForeign ? "中埔" : "松柏"}旧名`, true, web.nowMs);
    web.commit({ gw, kind: "weighing", body: weighingOf(isForeign ? "77.7" : "500") });
    const specimen = isForeign ? "JC-Z-1" : "JC-A-1";
    web.commit({ gw, dev: "tester-1", kind: "test", body: testOf(specimen, "positive") });
    web.commit({ gw, kind: "stock-in", body: { crates: isForeign ? 77.7 : 5 } });
    web.centre.ledger
      .prepare("INSERT INTO damaged (gw, reason, digest, bytes, payload, received_ms) VALUES (?, 'gzip', ?, 3, ?, ?)")
      .run(gw, gw, Buffer.from(gw), web.nowMs);
    web.fireAlert(`alert-of-${gw}`, gw);
  }
  web.project();
};

beforeEach(async () => {
  web = await startTwoCounties();
  fillBoth();
  const idOf = (code: string) =>
    Number(web.centre.register.prepare("SELECT id FROM site WHERE code = ?").pluck().get(code));
  historyIds = { own: idOf("songbai"), foreign: idOf("zhongpu") };
  await web.service.makeReports();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await web.close();
});

interface Question {
  readonly path: string;
  readonly body?: object;
  /** False where an answer has nothing of any county in it. */
  readonly showsPlaces?: false;
}

const noon = "2026-11-23T04:30:00.000Z";
const kinds = ["areas", "sites", "stalls", "vendors", "tenancies", "devices", "placements", "item-codes", "officers"];
const cityKinds = ["calendars", "hours", "holidays", "units", "items"];

/** How each route of a scope `area` is asked for everything it has. A new one is a line here. */
const questions = (): Readonly<Record<string, readonly Question[]>> => ({
  "GET /api/v1/today": [{ path: "/api/v1/today" }, { path: "/api/v1/today?gateway=market-z" }],
  "GET /api/v1/trend": [{ path: "/api/v1/trend", showsPlaces: false }],
  "GET /api/v1/records": [
    { path: "/api/v1/records?limit=1000" },
    { path: "/api/v1/records?gateway=market-z" },
    { path: "/api/v1/records?kind=test" },
  ],
  "GET /api/v1/devices": [{ path: "/api/v1/devices" }, { path: "/api/v1/devices?gateway=market-z" }],
  "GET /api/v1/gateways": [{ path: "/api/v1/gateways" }],
  "GET /api/v1/quarantine": [{ path: "/api/v1/quarantine?limit=200" }, { path: "/api/v1/quarantine?gateway=market-z" }],
  "GET /api/v1/alerts": [{ path: "/api/v1/alerts" }, { path: "/api/v1/alerts?gateway=market-z" }],
  "GET /api/v1/alerts/:id": [{ path: "/api/v1/alerts/alert-of-market-z" }],
  "POST /api/v1/alerts/:id/acknowledge": [{ path: "/api/v1/alerts/alert-of-market-z/acknowledge", body: {} }],
  "POST /api/v1/alerts/:id/arrive": [{ path: "/api/v1/alerts/alert-of-market-z/arrive", body: {} }],
  // What each message shows of whose alerts has tests of its own in duty.test.ts.
  "GET /api/v1/messages": [{ path: "/api/v1/messages", showsPlaces: false }],
  "GET /api/v1/routing": [{ path: "/api/v1/routing", showsPlaces: false }],
  "GET /api/v1/duty": [{ path: "/api/v1/duty" }, { path: "/api/v1/duty?site=zhongpu" }],
  "POST /api/v1/alerts/:id/handle": [
    { path: "/api/v1/alerts/alert-of-market-z/handle", body: { result: "looked at" } },
  ],
  "POST /api/v1/alerts/:id/close": [
    { path: "/api/v1/alerts/alert-of-market-z/close", body: { result: "put right", evidence: "record 1" } },
  ],
  "POST /api/v1/alerts/:id/pictures": [
    {
      path: `/api/v1/alerts/alert-of-market-z/pictures?sha256=${"0".repeat(64)}&takenAt=${noon}`,
      body: {},
      showsPlaces: false,
    },
  ],
  "GET /api/v1/alerts/:id/pictures/:sha256": [
    { path: `/api/v1/alerts/alert-of-market-z/pictures/${"0".repeat(64)}`, showsPlaces: false },
  ],
  "POST /api/v1/alerts/:id/reopen": [{ path: "/api/v1/alerts/alert-of-market-z/reopen", body: { comment: "again" } }],
  "GET /api/v1/register": [{ path: "/api/v1/register", showsPlaces: false }],
  "GET /api/v1/register/attribution": [{ path: `/api/v1/register/attribution?gw=market-z&dev=scale-01&at=${noon}` }],
  "GET /api/v1/register/:kind": [
    ...[...kinds, "duties", "absences"].map((kind) => ({ path: `/api/v1/register/${kind}?limit=1000` })),
    ...cityKinds.map((kind) => ({ path: `/api/v1/register/${kind}`, showsPlaces: false }) as const),
  ],
  "GET /api/v1/register/:kind/history": [{ path: `/api/v1/register/sites/history?id=${historyIds.foreign}` }],
  // Files have tests of their own in exports.test.ts; here only that they are refused.
  "POST /api/v1/exports": [{ path: "/api/v1/exports", body: { gateway: "market-z" } }],
  "GET /api/v1/sites": [{ path: "/api/v1/sites" }],
  "GET /api/v1/sites/:code": [{ path: "/api/v1/sites/zhongpu" }],
  "GET /api/v1/reports": [{ path: "/api/v1/reports?site=zhongpu&date=2026-11-23" }],
  "GET /api/v1/reports/file": [{ path: "/api/v1/reports/file?site=zhongpu&date=2026-11-23&format=html" }],
  "GET /api/v1/reports/kept": [{ path: "/api/v1/reports/kept?site=zhongpu" }],
  "GET /api/v1/reports/kept/file": [
    { path: "/api/v1/reports/kept/file?site=zhongpu&period=day&first=2026-11-22&revision=1&format=json" },
  ],
  "GET /api/v1/wall": [{ path: "/api/v1/wall" }],
  "GET /api/v1/wall/devices": [{ path: "/api/v1/wall/devices?site=zhongpu" }],
  // Shapes have tests of their own in wall.test.ts, names of walls in event-hub.test.ts.
  "GET /api/v1/map": [
    { path: "/api/v1/map", showsPlaces: false },
    { path: "/api/v1/map?site=zhongpu", showsPlaces: false },
  ],
  "GET /api/v1/walls": [{ path: "/api/v1/walls", showsPlaces: false }],
  "POST /api/v1/walls/:name/acts": [{ path: "/api/v1/walls/hall/acts", body: { do: "home" }, showsPlaces: false }],
  // Which cameras are seen has tests of its own in cameras.test.ts.
  "GET /api/v1/cameras": [{ path: "/api/v1/cameras", showsPlaces: false }],
  "GET /api/v1/cameras/:gw/:channel/events": [
    {
      path: `/api/v1/cameras/market-z/scale-01/events?from=2026-11-01T00:00:00Z&until=${noon}`,
      showsPlaces: false,
    },
  ],
  "POST /api/v1/cameras/view-tokens": [
    { path: "/api/v1/cameras/view-tokens", body: { gw: "market-z", channel: "scale-01" }, showsPlaces: false },
  ],
  "POST /api/v1/cameras/viewing": [
    { path: "/api/v1/cameras/viewing", body: { gw: "market-z", channel: "scale-01", viewing: "off" } },
  ],
  // Streams have tests of their own below.
  "GET /api/v1/events": [],
});

const nameOf = ({ method, path }: { readonly method: string; readonly path: string }) => `${method} ${path}`;
const areaRoutes = () => web.service.routes().filter(({ scope, method }) => scope === "area" && method !== "HEAD");
/** Routes of a scope that nobody says how to ask. */
const unasked = (routes: readonly { readonly method: string; readonly path: string }[]): string[] =>
  routes.map(nameOf).filter((name) => questions()[name] === undefined);

const ask = ({ path, body }: Question, cookie: string | undefined): Promise<Answer> =>
  call(web.target, path, { cookie, ...(body === undefined ? {} : { method: "POST", body }) });

/** Where an answer shows anything of the other county. */
const leaks = async (cookie: string | undefined): Promise<string[]> => {
  const found: string[] = [];
  for (const [name, asked] of Object.entries(questions())) {
    for (const question of asked) {
      const { status, text } = await ask(question, cookie);
      expect(status, `${name} ${question.path}`).toBeLessThan(500);
      // A gateway that is asked for by name is named in no answer, but in the question.
      if (strangersMarks.some((mark) => text.includes(mark))) found.push(`${name} ${question.path}`);
    }
  }
  return found;
};

describe("every route with a scope", () => {
  it("is asked for here, so that none is added without", () => {
    expect(unasked(areaRoutes())).toEqual([]);
    expect(unasked([{ method: "GET", path: "/api/v1/planted" }])).toEqual(["GET /api/v1/planted"]);
  });

  it("shows nothing of another county, whatever the role", async () => {
    for (const role of ["inspector", "operator", "centre", "auditor"] as const) {
      expect(await leaks(await signInAs(web, role, { areas: ["siming"] })), role).toEqual([]);
    }
    expect(await leaks(await signInAs(web, "auditor", { sites: ["songbai"] }))).toEqual([]);
    expect(await leaks(await signInAs(web, "inspector"))).toEqual([]);
    expect(await leaks(undefined)).toEqual([]);
  }, 20_000);

  it("shows it to those whose it is, and to the whole centre: the questions do find something", async () => {
    const expected = Object.entries(questions()).flatMap(([name, asked]) =>
      asked.filter(({ showsPlaces }) => showsPlaces !== false).map(({ path }) => `${name} ${path}`),
    );
    expect(await leaks(await signInAs(web, "centre", { areas: ["zhongpu-district"] }))).toEqual(expected);
    expect(await leaks(await web.signIn("user-adm"))).toEqual(expected);
  });

  it("is found when it does not filter", async () => {
    const cookie = await signInAs(web, "centre", { areas: ["siming"] });
    vi.spyOn(PlaceFinder.prototype, "sees").mockReturnValue(true);
    vi.spyOn(PlaceFinder.prototype, "seesGateway").mockReturnValue(true);
    vi.spyOn(Cover.prototype, "covers").mockReturnValue(true);
    vi.spyOn(SeenEntries.prototype, "sees").mockReturnValue(true);
    const found = await leaks(cookie);
    for (const route of areaRoutes()) {
      const asked = questions()[nameOf(route)]?.filter(({ showsPlaces }) => showsPlaces !== false) ?? [];
      if (asked.length > 0)
        expect(
          found.some((name) => name.startsWith(`${nameOf(route)} `)),
          nameOf(route),
        ).toBe(true);
    }
  });
});

describe("what covers the whole centre", () => {
  it("is refused to everybody with areas, whatever the role", async () => {
    const cookies = {
      inspector: await signInAs(web, "inspector", { areas: ["siming"] }),
      operator: await signInAs(web, "operator", { sites: ["songbai"] }),
      centre: await signInAs(web, "centre", { areas: ["siming"] }),
      auditor: await signInAs(web, "auditor", { areas: ["siming"] }),
    };
    const routes = web.service.routes().filter(({ scope, method }) => scope === "centre" && method !== "HEAD");
    expect(routes.length).toBeGreaterThan(8);
    for (const { method, path } of routes) {
      for (const [role, cookie] of Object.entries(cookies)) {
        const asked = { method, cookie, ...(method === "POST" ? { body: {} } : {}) };
        const answer = await call(web.target, path.replace(/:\w+/g, "some-id"), asked);
        expect([answer.status, answer.json.error.code], `${method} ${path} ${role}`).toEqual([403, "ACCESS_DENIED"]);
      }
    }
  });
});

/** What of an answer could tell two of them apart. */
const told = ({ status, text, headers }: Answer): unknown => {
  const { date: _date, "x-ratelimit-remaining": _left, "x-ratelimit-reset": _reset, etag: _etag, ...rest } = headers;
  return { status, headers: rest, text: text.replace(/"asOf":"[^"]+"/g, "").replace(/market-(z|unknown)/g, "") };
};

describe("ids of another county", () => {
  it("are answered as ids that nobody has: same status, headers and text", async () => {
    const cookie = await signInAs(web, "centre", { areas: ["siming"] });
    const pairs: readonly (readonly [foreign: Question, unknown: Question])[] = [
      [{ path: "/api/v1/alerts/alert-of-market-z" }, { path: "/api/v1/alerts/alert-of-unknown1" }],
      [
        { path: "/api/v1/alerts/alert-of-market-z/acknowledge", body: {} },
        { path: "/api/v1/alerts/alert-of-unknown1/acknowledge", body: {} },
      ],
      [
        { path: `/api/v1/register/sites/history?id=${historyIds.foreign}` },
        { path: "/api/v1/register/sites/history?id=9999" },
      ],
      ...["today", "records", "devices", "alerts", "quarantine"].map(
        (name) =>
          [{ path: `/api/v1/${name}?gateway=market-z` }, { path: `/api/v1/${name}?gateway=market-unknown` }] as const,
      ),
      [
        { path: `/api/v1/register/attribution?gw=market-z&dev=scale-01&at=${noon}` },
        { path: `/api/v1/register/attribution?gw=market-unknown&dev=scale-01&at=${noon}` },
      ],
      [
        { path: "/api/v1/register/stalls?column=code&value=zhongpu-a01" },
        { path: "/api/v1/register/stalls?column=code&value=unknown-a01" },
      ],
    ];
    for (const [foreign, unknown] of pairs) {
      expect(told(await ask(foreign, cookie)), foreign.path).toEqual(told(await ask(unknown, cookie)));
    }
    expect(web.centre.alerts.prepare("SELECT state FROM alert WHERE gw = 'market-z'").pluck().all()).toEqual([
      "firing",
    ]);
  });
});

describe("the day of a county", () => {
  const today = async (cookie: string | undefined) => (await call(web.target, "/api/v1/today", { cookie })).json;

  it("has its own totals, names and alerts; the whole centre sees what stands nowhere, and how much", async () => {
    const cookie = await signInAs(web, "inspector", { areas: ["siming"] });
    const own = await today(cookie);
    expect(own.totals).toMatchObject({
      ...{ weighings: 1, grams: "500", tests: { all: 1, positive: 1 }, devices: { all: 2 }, gateways: { all: 1 } },
      unattributed: null,
    });
    expect(own.alerts).toMatchObject({ firing: 1, alerts: [{ id: "alert-of-market-a", site: "松柏市场" }] });
    expect(own.weighings).toMatchObject([
      {
        gw: "market-a",
        place: {
          site: { code: "songbai", name: "松柏市场" },
          area: { code: "songbai-grid", name: "松柏网格" },
          areas: ["xm", "siming", "songbai-grid"],
          stall: { code: "songbai-a01", label: "A01" },
          vendor: { code: "sb-v1", name: "松柏鱼行" },
        },
      },
    ]);
    const city = await today(await signInAs(web, "inspector", { areas: ["xm"] }));
    const sumOf = async (cookie: string | undefined) => {
      const { json } = await call(web.target, "/api/v1/trend", { cookie });
      expect(json.hours).toHaveLength(15);
      const hours: readonly { weighings: number; tests: number }[] = json.hours;
      return [hours.reduce((sum, hour) => sum + hour.weighings, 0), hours.reduce((sum, hour) => sum + hour.tests, 0)];
    };
    expect(await sumOf(cookie)).toEqual([1, 1]);
    expect(await sumOf(await web.signIn("user-cen"))).toEqual([3, 3]);
    expect(city.totals).toMatchObject({ weighings: 2, tests: { all: 2 }, devices: { all: 4 }, unattributed: null });
    const whole = await today(await web.signIn("user-cen"));
    expect(whole.totals).toMatchObject({
      ...{ weighings: 3, tests: { all: 3 }, devices: { all: 6 }, gateways: { all: 3 } },
      unattributed: { devices: 2, weighings: 1, tests: 1 },
    });
    const nothing = await today(await signInAs(web, "operator"));
    expect(nothing).toMatchObject({ devices: [], weighings: [], tests: [], gateways: [], alerts: { firing: 0 } });
  });

  it("is split to the minute where a scale was moved, and follows a later correction", async () => {
    const cookie = await signInAs(web, "inspector", { areas: ["siming"] });
    const stranger = await signInAs(web, "inspector", { areas: ["zhongpu-district"] });
    // 14:05 local. Two more weighings, a minute apart, around the move.
    web.nowMs += 10 * 60_000;
    web.commit({ kind: "weighing", body: weighingOf("20") });
    web.nowMs += 60_000;
    web.commit({ kind: "weighing", body: weighingOf("3") });
    web.project();
    const scale = { gw: "market-a", dev: "scale-01" };
    const moved = "2026-11-23 14:16";
    changeRegister(web, [
      ["placements", { ...scale, stall: "songbai-a01" }, undefined, moved],
      ["placements", { ...scale, stall: "zhongpu-a01" }, moved],
    ]);
    const [left, came] = [await today(cookie), await today(stranger)];
    expect(left.totals).toMatchObject({ weighings: 2, grams: "520", devices: { all: 1 } });
    expect(left.weighings.map(({ value }: { value: string }) => value)).toEqual(["20", "500"]);
    expect(came.totals).toMatchObject({ weighings: 2, grams: "80.7", devices: { all: 3 } });
    const here = came.devices.find(({ gw }: { gw: string }) => gw === "market-a");
    expect(here).toMatchObject({ today: { weighings: 1, grams: "3" }, lastWeighing: { value: "3" } });
    // It was moved a minute later, as turns out: what is told of the past changes with it.
    const entry = web.centre.register
      .prepare(
        "SELECT valid_from FROM placement WHERE gw = 'market-a' AND stall = 'zhongpu-a01' AND until_change IS NULL",
      )
      .pluck()
      .get();
    expect(entry).toBe(Date.parse("2026-11-23T06:16:00Z") / 60_000);
    const desk = new RegisterDesk(web.centre.register, zoneClock("Asia/Shanghai"));
    const really = "2026-11-23T06:17:00.000Z";
    const correction = desk.change(
      {
        put: [
          { kind: "placements", values: { ...scale, stall: "songbai-a01" }, to: really },
          { kind: "placements", values: { ...scale, stall: "zhongpu-a01" }, from: really },
        ],
        withdraw: [{ kind: "placements", key: ["market-a", "scale-01"], from: "2026-11-23T06:16:00.000Z" }],
        dryRun: false,
      },
      { by: "test", source: "test", note: "", atMs: web.nowMs },
    );
    expect(correction).toMatchObject({ findings: [], change: expect.any(Number) });
    web.nowMs += 2_000;
    expect((await today(cookie)).totals).toMatchObject({ weighings: 3, grams: "523" });
    expect((await today(stranger)).totals).toMatchObject({ weighings: 1, grams: "77.7" });
  });

  it("never shows the last reading from where a device stood before", async () => {
    const scale = { gw: "market-z", dev: "scale-01" };
    web.nowMs += 5 * 60_000;
    const moved = "2026-11-23 14:08";
    changeRegister(web, [
      ["placements", { ...scale, stall: "zhongpu-a01" }, undefined, moved],
      ["placements", { ...scale, stall: "songbai-a01" }, moved],
    ]);
    const { devices } = await today(await signInAs(web, "inspector", { areas: ["siming"] }));
    const came = devices.find(({ gw }: { gw: string }) => gw === "market-z");
    expect(came).toMatchObject({ lastWeighing: null, lastAt: null, today: { weighings: 0, grams: "0" } });
  });
});
