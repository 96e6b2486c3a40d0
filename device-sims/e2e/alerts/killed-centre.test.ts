import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertDetail, AlertList, MessagePage } from "@mingcheng/protocols";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CentreApi, signIn } from "../../src/harness/centre-api.ts";
import { randomMoment } from "../../src/harness/kill-moment.ts";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { accountKeys, channelsFor } from "../../src/messaging/account-files.ts";
import { type HttpProviders, startHttpProviders } from "../../src/messaging/http-providers.ts";
import { normalBehaviour, ProviderState } from "../../src/messaging/provider-state.ts";
import { createRandom } from "../../src/random.ts";
import { instrumentTime } from "../../src/scenario/run-scenario.ts";
import { hastyTester } from "../system/busy-tester.ts";
import { type RecordingHook, startRecordingHook } from "./recording-hook.ts";

const gw = "market-songbai";
const positives = 18;
const kills = 4;

let dir: string;
let state: ProviderState;
let providers: HttpProviders;
let hook: RecordingHook;
let market: MarketUnderTest | undefined;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "mingcheng-alerts-"));
  state = new ProviderState(
    () => Date.now(),
    () => undefined,
  );
  state.limits = { ...state.limits, aliyun: [{ windowMs: 60_000, most: 1_000 }] };
  providers = await startHttpProviders(state, accountKeys(dir), 0);
  hook = await startRecordingHook();
});
afterEach(async () => {
  await market?.close();
  await providers.stop();
  await hook.close();
  rmSync(dir, { recursive: true });
});

/** Everything goes to the operator at once: quiet hours and limits are tried with a clock that is turned by hand. */
const routing = {
  ...{ version: 1, name: { zh: "测试", en: "test" }, lastResort: { role: "centre" } },
  ...{ grouping: { by: ["specimen"], wait: "1s", interval: "1s" }, failover: { attempts: 3, receipt: "30m" } },
  limits: { perOfficer: [{ messages: 1_000, within: "1m" }], alarm: [{ messages: 1_000, within: "1m" }] },
  routes: [{ id: "all", level: { zh: "全部", en: "all" }, match: {}, path: [{ tier: "operator", receipt: "2h" }] }],
};

const settings = (): Readonly<Record<string, unknown>> => {
  const secretFile = join(dir, "hook-secret");
  writeFileSync(secretFile, "a secret of the duty room");
  writeFileSync(join(dir, "routing.yaml"), JSON.stringify(routing));
  const aliyun = channelsFor(dir, providers.url).filter(({ type }) => type === "aliyun-sms");
  const webhook = { type: "webhook", name: "duty-room", url: hook.url, secretFile };
  return { channels: [webhook, ...aliyun], routing: join(dir, "routing.yaml") };
};

const reportPositives = async ({ device }: MarketUnderTest): Promise<void> => {
  const running = device("tester-1");
  if (running.class !== "tester") throw new Error("no tester");
  for (let number = 1; number <= positives; number++) {
    const specimenId = `S-${String(number).padStart(4, "0")}`;
    const result = { specimenId, item: "韭菜", assay: "OP-CARB", value: "78.5", unit: "%", flags: "A" };
    running.device.report([{ ...result, completedAt: instrumentTime(Date.now()) }]);
    await running.device.drained();
  }
};

const officer = { user: "wang.li", password: "songbai 2026 duty" } as const;

/** An officer says of every third positive that it is handled. Returns what the centre has said yes to, and when. */
const handleSome = async (api: CentreApi): Promise<readonly (readonly [id: string, answeredMs: number])[]> => {
  const { alerts } = await api.get<AlertList>("/api/v1/alerts?state=open&limit=1000");
  const open = alerts.filter(
    ({ rule, state: how, labels }) =>
      rule === "test-positive" && how === "firing" && Number(labels?.["specimen"]?.slice(2)) % 3 === 0,
  );
  const done: (readonly [string, number])[] = [];
  for (const { id } of open) {
    const { outcome } = await api.post<{ outcome: string }>(`/api/v1/alerts/${id}/handle`, { result: "停售" });
    if (outcome === "done") done.push([id, Date.now()]);
  }
  return done;
};

/** Two processes read the clock, which may be set meanwhile. */
const clockMs = 1_000;

/** What was said yes to is there once, and nobody was told of it afterwards. */
const handledWrongly = ({ history, messages = [] }: AlertDetail, answeredMs: number): readonly string[] => {
  const times = history.filter(({ reason }) => reason === "handled").length;
  const begun = messages.flatMap(({ legs }) => legs.flatMap(({ sentAt }) => sentAt ?? []));
  const late = begun.filter((at) => Date.parse(at) > answeredMs + clockMs);
  return [...(times === 1 ? [] : [`handled ${times} times`]), ...late.map((at) => `told at ${at}`)];
};

describe("alerts under SIGKILL of the centre", () => {
  it("are none lost, none fired twice, none told when handled; no message is sent twice that is not marked", async () => {
    const random = createRandom(2_611);
    const opened = await openMarket([{ gw, devices: [{ id: "tester-1", ...hastyTester }] }], { config: settings() });
    market = opened;
    await opened.centre.command("register", "sample");
    const officers = "code,name,phone,login,department,from,to\nop-songbai,示例甲,13900000001,,松柏农贸市场,,\n";
    writeFileSync(join(dir, "officers.csv"), officers);
    await opened.centre.command("import", "officers", join(dir, "officers.csv"));
    await opened.centre.addUser(officer.user, "inspector", officer.password);
    const inspector = await signIn(opened.centre, officer.user, officer.password);
    const handled = new Map<string, number>();

    const reporting = reportPositives(opened);
    for (let kill = 0; kill < kills; kill++) {
      await randomMoment(random, 2_500);
      if (kill === 2) state.behaviour = { ...normalBehaviour, answer: "lost", count: 1 };
      // Killed right after the answer: what was answered counts.
      for (const [id, answeredMs] of await handleSome(inspector)) handled.set(id, answeredMs);
      await opened.centre.kill();
      await opened.centre.start();
    }
    await reporting;

    const list = async (): Promise<AlertList["alerts"]> => {
      const { alerts } = await (await opened.api()).get<AlertList>("/api/v1/alerts?limit=1000");
      return alerts.filter(({ rule }) => rule === "test-positive");
    };
    const details = async (): Promise<AlertDetail[]> => {
      const api = await opened.api();
      return Promise.all((await list()).map(({ id }) => api.get<AlertDetail>(`/api/v1/alerts/${id}`)));
    };
    const isTold = ({ messages }: AlertDetail): boolean =>
      messages?.some(({ state: how }) => ["sent", "delivered", "unconfirmed"].includes(how)) === true;
    const told = await until(
      async () => {
        const all = await details();
        return all.length === positives && all.every((one) => isTold(one) || handled.has(one.alert.id)) && all;
      },
      { what: "every alert is told", withinMs: 60_000, everyMs: 500, detail: () => JSON.stringify(state.answers) },
    );

    for (const { alert, history, messages } of told) {
      expect(
        history.filter(({ reason }) => reason === "condition-met"),
        alert.id,
      ).toHaveLength(1);
      expect(
        history.filter(({ reason }) => reason === "assigned"),
        alert.id,
      ).toHaveLength(1);
      const isHandled = handled.has(alert.id);
      // Who was faster than the round leaves nobody to tell.
      if (!isHandled || messages?.length !== 0) expect(messages, alert.id).toHaveLength(1);
      expect(alert.duty?.officers.map(({ code }) => code)).toEqual(["op-songbai"]);
    }
    const wrong = told.flatMap((one) => {
      const answeredMs = handled.get(one.alert.id);
      return answeredMs === undefined ? [] : handledWrongly(one, answeredMs);
    });
    expect(wrong).toEqual([]);
    const { messages } = await (await opened.api()).get<MessagePage>("/api/v1/messages?limit=500");
    const accepted = (id: string): number => state.messages.filter(({ reference }) => reference === id).length;
    for (const { id, legs } of messages) {
      const isMarked = legs.some(({ answersLost }) => answersLost > 0);
      expect(accepted(id), id).toBeLessThanOrEqual(isMarked ? 2 : 1);
    }
    expect(state.messages.length).toBeGreaterThan(0);
    // The duty room got every alert, and what it got twice has the same id and says which attempt it is.
    const fired = hook.got.filter(({ status }) => status === "firing");
    expect(new Set(fired.map(({ alert }) => alert)).size).toBeGreaterThanOrEqual(positives);
    const first = fired.filter(({ attempt }) => attempt === 1).map(({ id }) => id);
    expect(new Set(first).size).toBe(first.length);
  }, 240_000);
});
