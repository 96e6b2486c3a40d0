import {
  apiErrorSchema,
  attributionSchema,
  registerChangeListSchema,
  registerHistorySchema,
  registerKindListSchema,
  registerOutcomeSchema,
  registerPageSchema,
} from "@mingcheng/protocols/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call } from "../../test/https-client.ts";
import { smallCity } from "../../test/tested-register.ts";
import { TestedWeb } from "../../test/tested-web.ts";

let web: TestedWeb;

beforeEach(async () => {
  web = await TestedWeb.start();
});
afterEach(() => web.close());

const noon = "2026-05-12T04:30:00.000Z";
const scale = { gw: "gw-1", dev: "scale-1" };
const cityEntries = smallCity.map(([kind, values]) => ({ kind, values }));

const session = async (user: string) => {
  const cookie = await web.signIn(user);
  const get = (path: string) => call(web.target, `/api/v1/register${path}`, { cookie });
  const change = (body: object) => call(web.target, "/api/v1/register/changes", { method: "POST", body, cookie });
  return { get, change };
};

describe("the register in the API", () => {
  it("is changed as a whole, with history, and says where a device stood", async () => {
    const { get, change } = await session("user-adm");
    const placed = { kind: "placements", values: { ...scale, stall: "songbai-a01" } };
    const made = await change({ put: [...cityEntries, placed], note: "first" });
    expect(registerOutcomeSchema.parse(made.json)).toMatchObject({ change: 1, findings: [] });
    const move = {
      put: [
        { ...placed, to: noon },
        { ...placed, values: { ...scale, stall: "songbai-a02" }, from: noon },
      ],
    };
    expect((await change({ ...move, dryRun: true })).json).toMatchObject({ change: null, findingsTotal: 0 });
    expect((await change(move)).json.counts.placements).toEqual({ added: 1, corrected: 1, unchanged: 0, withdrawn: 0 });

    const where = async (at: string) =>
      attributionSchema.parse((await get(`/attribution?gw=gw-1&dev=scale-1&at=${at}`)).json);
    expect(await where("2026-05-12T12:29:00%2B08:00")).toEqual(await where("2026-05-12T04:29:00.000Z"));
    expect(await where("2026-05-12T04:29:59.999Z")).toEqual({
      stall: { code: "songbai-a01", label: "A01" },
      vendor: { code: "v1", name: "陈记蔬菜" },
      site: { code: "songbai", name: "松柏市场", type: "market" },
      areas: [
        { code: "xm", name: "厦门市", level: "city" },
        { code: "sm", name: "思明区", level: "district" },
        { code: "yd", name: "筼筜所", level: "station" },
        { code: "g1", name: "松柏网格", level: "grid" },
      ],
    });
    expect(await where(noon)).toMatchObject({ stall: { code: "songbai-a02" }, vendor: null });

    const present = registerPageSchema.parse((await get(`/placements?column=dev&value=scale-1`)).json);
    expect(present.entries.map(({ values, from, to }) => [values["stall"], from, to])).toEqual([
      ["songbai-a01", null, noon],
      ["songbai-a02", noon, null],
    ]);
    const then = registerPageSchema.parse((await get(`/placements?at=${noon}`)).json);
    expect(then.entries.map(({ values }) => values["stall"])).toEqual(["songbai-a02"]);
    const history = registerHistorySchema.parse((await get(`/placements/history?id=${present.entries[0]?.id}`)).json);
    expect(history.entries.map(({ since, until }) => [since, until])).toEqual([
      [1, 2],
      [2, null],
      [2, null],
    ]);
    expect(history.changes.map(({ by, note }) => [by, note])).toEqual([
      ["user-adm", "first"],
      ["user-adm", ""],
    ]);
    const changes = registerChangeListSchema.parse((await get("/changes?limit=1")).json);
    expect(changes).toMatchObject({ changes: [{ change: 2, source: "api" }], next: 2 });
    const { kinds } = registerKindListSchema.parse((await get("")).json);
    expect(kinds.find(({ kind }) => kind === "placements")).toMatchObject({ entries: 2, key: ["gw", "dev"] });
  });

  it("answers a change that cannot be with every reason, and pages without a gap", async () => {
    const { get, change } = await session("user-cen");
    const refused = await change({ put: [{ kind: "stalls", values: { code: "a 1", site: "x", label: "A" } }] });
    expect(refused.status).toBe(200);
    expect(refused.json).toMatchObject({ change: null, findings: [{ kind: "stalls", row: 1, column: "code" }] });
    await change({ put: cityEntries });
    const codes: string[] = [];
    let next: number | null = 0;
    while (next !== null) {
      const page = registerPageSchema.parse((await get(`/areas?after=${next}&limit=3`)).json);
      codes.push(...page.entries.map(({ values }) => values["code"] ?? ""));
      next = page.next;
    }
    expect(codes).toEqual(["xm", "sm", "yd", "g1"]);
    const codeOf = async (path: string) => apiErrorSchema.parse((await get(path)).json).error.code;
    expect(await codeOf("/vendor")).toBe("NOT_FOUND");
    expect(await codeOf("/vendors/history?id=99")).toBe("NOT_FOUND");
    expect(await codeOf("/vendors?column=name;--&value=x")).toBe("INPUT_INVALID");
    expect((await change({ put: [{ kind: "nothing", values: {} }] })).json.error.code).toBe("INPUT_INVALID");
    expect((await change({ put: [{ kind: "vendors", values: {}, from: "today" }] })).status).toBe(400);
  });

  it("is not for operators and inspectors, and auditors change nothing", async () => {
    for (const user of ["user-ope", "user-ins"]) {
      const { get, change } = await session(user);
      for (const path of ["", "/officers", "/changes", "/officers/history?id=1"]) {
        expect((await get(path)).json.error.code, path).toBe("ACCESS_DENIED");
      }
      expect((await change({})).json.error.code).toBe("ACCESS_DENIED");
    }
    const auditor = await session("user-aud");
    expect((await auditor.get("/officers")).status).toBe(200);
    expect((await auditor.change({})).json.error.code).toBe("ACCESS_DENIED");
  });
});
