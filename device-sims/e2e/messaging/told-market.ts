import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertDetail, AlertList } from "@mingcheng/protocols";
import { smppChannelFor, smscAccount, smscPassword } from "../../src/commands/smsc-command.ts";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { type Smsc, startSmsc } from "../../src/messaging/smpp/smsc.ts";
import { SmscState } from "../../src/messaging/smpp/smsc-state.ts";
import { instrumentTime } from "../../src/scenario/run-scenario.ts";
import { hastyTester } from "../system/busy-tester.ts";

const gw = "market-songbai";

/** Numbers of the people on duty for the market, as SMPP writes them. */
export const phones = { station: "8613900000006", district: "8613900000014" } as const;

const officers = `code,name,phone,login,department,from,to
songbai-st,示例己,${phones.station.slice(2)},,松柏所,,
sinan-duty,示例卯,${phones.district.slice(2)},,思南区局,,
`;

/** Tells the station, and those who are informed, at once; quiet hours, gathering and quotas are tried elsewhere. */
const routingOf = (inform: readonly string[]): Readonly<Record<string, unknown>> => ({
  ...{ version: 1, name: { zh: "测试", en: "test" }, lastResort: { role: "centre" } },
  ...{ grouping: { by: ["specimen"], wait: "1s", interval: "1s" }, failover: { attempts: 3, receipt: "30m" } },
  limits: { perOfficer: [{ messages: 1_000, within: "1m" }], alarm: [{ messages: 1_000, within: "1m" }] },
  routes: [
    {
      ...{ id: "all", level: { zh: "全部", en: "all" }, match: {}, inform },
      path: [{ tier: "station", receipt: "2h" }],
    },
  ],
});

/** A market whose alerts reach telephones through a simulated SMS centre. */
export interface ToldMarket {
  readonly market: MarketUnderTest;
  readonly smsc: Smsc;
  readonly state: SmscState;
  /** A positive result of one specimen; resolves when the gateway has it. */
  report(specimenId: string): Promise<void>;
  /** Alerts about positive results with their histories. */
  alerts(): Promise<readonly AlertDetail[]>;
  /** The alert about a specimen, once `holds` is true of it. */
  alertOf(specimenId: string, what: string, holds: (alert: AlertDetail) => boolean): Promise<AlertDetail>;
  close(): Promise<void>;
}

/** Opens it. `more`: settings of further channels. */
export const openToldMarket = async (
  inform: readonly string[],
  more: readonly Readonly<Record<string, unknown>>[] = [],
): Promise<ToldMarket> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-told-"));
  const state = new SmscState(() => undefined);
  const smsc = await startSmsc(state, { port: 0, systemId: smscAccount, password: smscPassword(dir) });
  const routing = join(dir, "routing.yaml");
  writeFileSync(routing, JSON.stringify(routingOf(inform)));
  const config = { channels: [smppChannelFor(dir, smsc.port), ...more], routing };
  const undo = async (): Promise<void> => {
    await smsc.stop();
    rmSync(dir, { recursive: true });
  };
  const market = await openMarket([{ gw, devices: [{ id: "tester-1", ...hastyTester }] }], { config }).catch(
    async (error: unknown) => {
      await undo();
      throw error;
    },
  );
  await market.centre.command("register", "sample");
  writeFileSync(join(dir, "officers.csv"), officers);
  await market.centre.command("import", "officers", join(dir, "officers.csv"));

  const alerts = async (): Promise<readonly AlertDetail[]> => {
    const api = await market.api();
    const list = (await api.get<AlertList>("/api/v1/alerts?limit=1000")).alerts;
    const ours = list.filter(({ rule }) => rule === "test-positive");
    return Promise.all(ours.map(({ id }) => api.get<AlertDetail>(`/api/v1/alerts/${id}`)));
  };
  return {
    ...{ market, smsc, state, alerts },
    report: async (specimenId) => {
      const running = market.device("tester-1");
      if (running.class !== "tester") throw new Error("no tester");
      const result = { specimenId, item: "韭菜", assay: "OP-CARB", value: "78.5", unit: "%", flags: "A" };
      running.device.report([{ ...result, completedAt: instrumentTime(Date.now()) }]);
      await running.device.drained();
    },
    alertOf: (specimenId, what, holds) =>
      until(
        async () => {
          const alert = (await alerts()).find((one) => one.alert.labels?.["specimen"] === specimenId);
          return alert !== undefined && holds(alert) && alert;
        },
        { what, withinMs: 60_000, everyMs: 200, detail: () => JSON.stringify([state.messages, state.taken]) },
      ),
    close: async () => {
      await market.close();
      await undo();
    },
  };
};
