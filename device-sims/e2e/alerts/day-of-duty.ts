import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertDetail, AlertList } from "@mingcheng/protocols";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { accountKeys, channelsFor } from "../../src/messaging/account-files.ts";
import { type HttpProviders, startHttpProviders } from "../../src/messaging/http-providers.ts";
import { type AcceptedMessage, ProviderState } from "../../src/messaging/provider-state.ts";
import { instrumentTime } from "../../src/scenario/run-scenario.ts";
import { hastyTester } from "../system/busy-tester.ts";

/** Of everybody who signs in. */
export const password = "songbai 2026 duty";

/** Where text messages of the station and of the district above it go. */
export const phones = { station: "13900000006", district: "13900000014" } as const;

const officers = `code,name,phone,login,department,from,to
songbai-st,示例己,${phones.station},,松柏所,,
sinan-duty,示例卯,${phones.district},,思南区局,,
`;

/** The station has it; the district hears at once. Quiet hours, gathering and quotas are tried elsewhere. */
const routing = {
  ...{ version: 1, name: { zh: "测试", en: "test" }, lastResort: { role: "centre" } },
  ...{ grouping: { by: ["specimen"], wait: "1s", interval: "1s" }, failover: { attempts: 3, receipt: "30m" } },
  limits: { perOfficer: [{ messages: 100, within: "1m" }], alarm: [{ messages: 100, within: "1m" }] },
  routes: [
    {
      ...{ id: "all", level: { zh: "一般", en: "general" }, match: {}, inform: ["district"] },
      path: [{ tier: "station", receipt: "30m", arrival: "1h", handling: "2h" }],
    },
  ],
};

const users = [
  ["wang.li", "inspector", ["--area", "songbai-st"], "songbai-st"],
  ["chen.hao", "inspector", ["--area", "sinan"], "sinan-duty"],
  ["lin.mei", "inspector", ["--area", "hubei"], null],
  ["op.binhai", "operator", ["--site", "binhai"], null],
  ["zhang.wei", "centre", [], null],
] as const;

/** A market, its officers and their providers. */
export interface DayOfDuty {
  readonly market: MarketUnderTest;
  /** Address of the centre's pages. */
  readonly url: string;
  readonly messages: readonly AcceptedMessage[];
  /** A positive result of one specimen; resolves when the gateway has it. */
  report(specimenId: string): Promise<void>;
  /** The alert about a specimen, once `holds` is true of it. */
  alertOf(specimen: string, what: string, holds: (alert: AlertDetail) => boolean): Promise<AlertDetail>;
  close(): Promise<void>;
}

/** Opens it: gateway, tester, centre, SMS provider and group robot, people of the register and their users. */
export const openDayOfDuty = async (): Promise<DayOfDuty> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-duty-"));
  const state = new ProviderState(
    () => Date.now(),
    () => undefined,
  );
  const providers: HttpProviders = await startHttpProviders(state, accountKeys(dir), 0);
  const undo = async (): Promise<void> => {
    await providers.stop();
    rmSync(dir, { recursive: true });
  };
  const routingFile = join(dir, "routing.yaml");
  writeFileSync(routingFile, JSON.stringify(routing));
  writeFileSync(join(dir, "officers.csv"), officers);
  const more: Readonly<Record<string, object>> = {
    "aliyun-sms": { receiptPollMs: 200 },
    wecom: { linkBase: "https://centre.example.org:8443" },
  };
  const channels = channelsFor(dir, providers.url)
    .filter(({ type }) => String(type) in more)
    .map((one) => ({ ...one, ...more[String(one["type"])] }));
  const config = { channels, routing: routingFile };
  const market = await openMarket(
    [
      {
        gw: "market-songbai",
        devices: [
          { id: "tester-1", ...hastyTester },
          { id: "scale-a01", kind: "yaohua-a9" },
        ],
      },
    ],
    { config },
  ).catch(async (error: unknown) => {
    await undo();
    throw error;
  });
  const { centre } = market;
  await centre.command("register", "sample");
  const imported = centre.command("import", "officers", join(dir, "officers.csv"));
  await Promise.all(
    users.map(async ([name, role, scope, officer]) => {
      await centre.addUser(name, role, password, scope);
      if (officer === null) return;
      await imported;
      await centre.command("user", "officer", name, officer);
    }),
  );
  const { host, port } = centre.addresses.https;
  return {
    market,
    url: `https://${host}:${port}`,
    messages: state.messages,
    report: async (specimenId) => {
      const running = market.device("tester-1");
      if (running.class !== "tester") throw new Error("no tester");
      const result = { specimenId, item: "韭菜", assay: "OP-CARB", value: "78.5", unit: "%", flags: "A" };
      running.device.report([{ ...result, completedAt: instrumentTime(Date.now()) }]);
      await running.device.drained();
    },
    alertOf: async (specimen, what, holds) => {
      const api = await market.api();
      return until(
        async () => {
          const { alerts } = await api.get<AlertList>("/api/v1/alerts?limit=100");
          const found = alerts.find(({ labels }) => labels?.["specimen"] === specimen);
          const detail = found && (await api.get<AlertDetail>(`/api/v1/alerts/${found.id}`));
          return detail !== undefined && holds(detail) && detail;
        },
        { what: `the alert about ${specimen}: ${what}`, withinMs: 60_000, everyMs: 200 },
      );
    },
    close: async () => {
      await market.close();
      await undo();
    },
  };
};
