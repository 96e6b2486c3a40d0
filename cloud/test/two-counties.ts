import type { UserRole } from "@mingcheng/protocols";
import { zoneClock } from "../src/register/model/validity.ts";
import { RegisterDesk } from "../src/register/register-desk.ts";
import type { ShortEntry } from "./tested-register.ts";
import { TestedWeb, testPassword } from "./tested-web.ts";

/** Every text that only the second county has: none of it may come before the eyes of the first. */
export const strangersMarks = ["market-z", "zhongpu", "中埔", "zp-", "JC-Z", "77.7"] as const;

/** The same small market in two districts of one city. */
const county = (marks: { gw: string; site: string; name: string; prefix: string; district: string }): ShortEntry[] => {
  const { gw, site, name, prefix, district } = marks;
  const stall = `${site}-a01`;
  return [
    ["areas", { code: district, name: `${name}区`, level: "district", parent: "xm" }],
    ["areas", { code: `${site}-grid`, name: `${name}网格`, level: "grid", parent: district }],
    ["sites", { code: site, name: `${name}市场`, type: "market", area: `${site}-grid` }],
    ["stalls", { code: stall, site, label: "A01" }],
    ["vendors", { code: `${prefix}v1`, name: `${name}鱼行` }],
    ["tenancies", { stall, vendor: `${prefix}v1` }],
    ["devices", { gw, dev: "scale-01", class: "scale" }],
    ["devices", { gw, dev: "tester-1", class: "tester" }],
    ["placements", { gw, dev: "scale-01", stall }],
    ["placements", { gw, dev: "tester-1", site }],
    ["item-codes", { site, alias: `${prefix}1`, item: "leek" }],
    ["officers", { code: `${prefix}officer`, name: `${name}所长` }],
    ["duties", { site, tier: "station", rank: "1", officer: `${prefix}officer` }],
    ["absences", { officer: `${prefix}officer`, reason: "leave" }, "2026-11-01", "2026-11-02"],
  ];
};

/** The first county is that of the asking officers, the second the stranger's. */
export const twoCounties: readonly ShortEntry[] = [
  ["areas", { code: "xm", name: "厦门市", level: "city" }],
  ["units", { code: "kg", name: "公斤", dimension: "mass", grams: "1000" }],
  ["items", { code: "leek", name: "韭菜", unit: "kg" }],
  ...county({ gw: "market-a", site: "songbai", name: "松柏", prefix: "sb-", district: "siming" }),
  ...county({ gw: "market-z", site: "zhongpu", name: "中埔", prefix: "zp-", district: "zhongpu-district" }),
];

const clock = zoneClock("Asia/Shanghai");

/** Changes the register of a tested web as somebody at another connection does. Throws when it finds anything wrong. */
export const changeRegister = (web: TestedWeb, put: readonly ShortEntry[]): void => {
  const desk = new RegisterDesk(web.centre.register, clock);
  const asked = put.map(([kind, values, from, to]) => ({ kind, values, from, to }));
  const outcome = desk.change(
    { put: asked, withdraw: [], dryRun: false },
    { by: "test", source: "test", note: "", atMs: web.nowMs },
  );
  if (outcome.change === null) throw new Error(JSON.stringify(outcome.findings));
};

/** A web service over two counties with something of everything in each. */
export const startTwoCounties = async (options: Parameters<typeof TestedWeb.start>[0] = {}): Promise<TestedWeb> => {
  const web = await TestedWeb.start(options);
  changeRegister(web, twoCounties);
  return web;
};

/** Adds a user who sees some areas or sites, and signs in. Returns the cookie. */
export const signInAs = async (
  web: TestedWeb,
  role: UserRole,
  scope: { readonly areas?: string[]; readonly sites?: string[] } = {},
  name = `${role}-of-${[...(scope.areas ?? []), ...(scope.sites ?? [])].join("-") || "nothing"}`.slice(0, 32),
): Promise<string | undefined> => {
  const { areas = [], sites = [] } = scope;
  await web.users.add({ name, role, password: testPassword, scope: { areas, sites } }, web.nowMs);
  return web.signIn(name);
};
