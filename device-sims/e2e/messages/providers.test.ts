import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertDetail, AlertList } from "@mingcheng/protocols";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { builtModule } from "../../src/harness/repository.ts";
import { runProgram } from "../../src/harness/running-program.ts";
import { until } from "../../src/harness/until.ts";
import { accountKeys, channelsFor } from "../../src/messaging/account-files.ts";
import { type HttpProviders, startHttpProviders } from "../../src/messaging/http-providers.ts";
import { normalBehaviour, ProviderState } from "../../src/messaging/provider-state.ts";
import { instrumentTime } from "../../src/scenario/run-scenario.ts";
import { hastyTester } from "../system/busy-tester.ts";

const gw = "market-songbai";

let dir: string;
let state: ProviderState;
let providers: HttpProviders;
let market: MarketUnderTest | undefined;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "mingcheng-messages-"));
  state = new ProviderState(
    () => Date.now(),
    () => undefined,
  );
  providers = await startHttpProviders(state, accountKeys(dir), 0);
});

afterEach(async () => {
  await market?.close();
  await providers.stop();
  rmSync(dir, { recursive: true });
});

/** A positive result of one specimen; the instrument is told when the gateway has it. */
const reportPositive = async ({ device }: MarketUnderTest, specimenId: string): Promise<void> => {
  const running = device("tester-1");
  if (running.class !== "tester") throw new Error("no tester");
  const result = { specimenId, item: "韭菜", assay: "OP-CARB", value: "78.5", unit: "%", flags: "A" };
  running.device.report([{ ...result, completedAt: instrumentTime(Date.now()) }]);
  await running.device.drained();
};

const about = (specimen: string): number => state.messages.filter(({ text }) => text.includes(specimen)).length;

describe("a message to try a channel", () => {
  it("reaches the telephone from the command line, its receipt comes back, and no secret is printed", async () => {
    const config = join(dir, "cloud.yaml");
    const channels = channelsFor(dir, providers.url).map((one) =>
      one["type"] === "aliyun-sms" ? { ...one, receiptPollMs: 100 } : one,
    );
    writeFileSync(config, JSON.stringify({ publicHost: "127.0.0.1", channels }));
    const command = (...args: string[]): Promise<string> =>
      runProgram({
        ...{ name: "mingcheng-cloud", command: process.execPath, env: { LANG: "en_GB.UTF-8" } },
        args: [builtModule("cloud/dist/main.js"), ...args, "--config", config],
      });
    expect(await command("check")).toMatch(/^The configuration is good/);
    const said = await command("channel", "test", "aliyun", "--phone", "+86 139 0000 1234");
    expect(said).toMatch(/^Handed over: OK.*\nReceipt: DELIVERED.*\n$/);
    expect(state.messages).toMatchObject([{ phone: "13900001234", text: "【明秤监管】预警0000：测试消息，无需处置" }]);
    expect(said).not.toContain(accountKeys(dir).aliyun.secret);
  }, 60_000);
});

/** Tells the operator of the market at once; quiet hours, gathering and quotas are none of this test's. */
const routing = {
  ...{ version: 1, name: { zh: "测试", en: "test" }, lastResort: { role: "centre" } },
  ...{ grouping: { wait: "1s", interval: "1s" }, failover: { attempts: 3, receipt: "5m" } },
  limits: { perOfficer: [{ messages: 100, within: "1m" }], alarm: [{ messages: 100, within: "1m" }] },
  routes: [{ id: "all", level: { zh: "全部", en: "all" }, match: {}, path: [{ tier: "operator", receipt: "30m" }] }],
};
const officers = "code,name,phone,login,department,from,to\nop-songbai,示例甲,13900000001,,松柏农贸市场,,\n";

/** The alert about a specimen, with its history. */
const alertOf = async ({ api }: MarketUnderTest, specimen: string): Promise<AlertDetail | undefined> => {
  const { alerts } = await (await api()).get<AlertList>("/api/v1/alerts?limit=100");
  const found = alerts.find(({ labels, title }) => labels?.["specimen"] === specimen || title.zh.includes(specimen));
  return found === undefined ? undefined : (await api()).get<AlertDetail>(`/api/v1/alerts/${found.id}`);
};

const smsBy = (provider: string) => state.messages.filter((message) => message.provider === provider);

describe("an alert on its way to an officer's telephone", () => {
  it("is there once with its receipt in the history, fails over, and is taken over by reply", async () => {
    const polls: Readonly<Record<string, unknown>> = { "aliyun-sms": "receiptPollMs", "tencent-sms": "pollMs" };
    const channels = channelsFor(dir, providers.url)
      .filter(({ type }) => type !== "wecom")
      .map((one) => ({ ...one, [String(polls[String(one["type"])])]: 200 }));
    const routingFile = join(dir, "routing.yaml");
    writeFileSync(routingFile, JSON.stringify(routing));
    const config = { channels, routing: routingFile };
    market = await openMarket([{ gw, devices: [{ id: "tester-1", ...hastyTester }] }], { config });
    const opened = market;
    await opened.centre.command("register", "sample");
    writeFileSync(join(dir, "officers.csv"), officers);
    await opened.centre.command("import", "officers", join(dir, "officers.csv"));
    const detail = (): string => JSON.stringify([state.messages, state.answers]);

    // The answer to the first attempt is lost; Aliyun's records say that it went through.
    state.behaviour = { ...normalBehaviour, answer: "lost", count: 1 };
    await reportPositive(opened, "S-0001");
    const delivered = await until(
      async () => {
        const alert = await alertOf(opened, "S-0001");
        return alert?.history.some(({ reason }) => reason === "delivered") === true && alert;
      },
      { what: "the receipt in the history", withinMs: 60_000, everyMs: 200, detail },
    );
    expect(smsBy("aliyun")).toHaveLength(1);
    expect(smsBy("aliyun")[0]).toMatchObject({
      ...{ phone: "13900000001", answered: false },
      text: expect.stringMatching(/^【明秤监管】关注预警：松柏.*发生快检阳性.*，\d\d:\d\d。回复\d{4}签收$/),
    });
    expect(smsBy("tencent")).toEqual([]);
    expect(JSON.stringify(delivered)).not.toContain("13900000001");

    // Aliyun does not take the second one at all: Tencent does, and the officer answers it.
    state.behaviour = { ...normalBehaviour, answer: "isv.SMS_CONTENT_ILLEGAL" };
    await reportPositive(opened, "S-0002");
    const [text] = await until(() => smsBy("tencent").length > 0 && smsBy("tencent").map((message) => message.text), {
      ...{ what: "the message through Tencent", withinMs: 60_000, detail },
    });
    expect(smsBy("aliyun")).toHaveLength(1);
    const code = /回复(\d{4})签收$/.exec(text ?? "")?.[1] ?? "none";
    state.behaviour = normalBehaviour;
    state.replies.push({ phone: "13900000001", text: code, atMs: state.nowMs() });
    await until(async () => (await alertOf(opened, "S-0002"))?.alert.state === "acknowledged", {
      ...{ what: "the reply takes the alert over", withinMs: 30_000, everyMs: 200, detail },
    });
    await until(() => state.messages.some((message) => message.text.startsWith(`【明秤监管】预警${code}：已签收`)), {
      ...{ what: "the officer is told so", withinMs: 30_000, detail },
    });
  }, 180_000);
});

describe("an alert on its way to a group", () => {
  it("is there once, though the robot's provider was away, threw answers away, and the centre was killed meanwhile", async () => {
    const wecom = channelsFor(dir, providers.url).filter(({ type }) => type === "wecom");
    const channels = [{ type: "console" }, ...wecom];
    market = await openMarket([{ gw, devices: [{ id: "tester-1", ...hastyTester }] }], { config: { channels } });
    await reportPositive(market, "S-0001");
    // The centre must know that it was sent: killed before that, it rightly sends once more.
    const opened = market;
    const isNoted = async (): Promise<boolean> => {
      const { history = [] } = (await alertOf(opened, "S-0001")) ?? {};
      return history.some(({ reason, detail }) => reason === "notified" && detail["channel"] === wecom[0]?.["name"]);
    };
    await until(isNoted, { what: "the message in the history", withinMs: 60_000, everyMs: 200 });

    state.behaviour = { ...normalBehaviour, answer: "unavailable" };
    await reportPositive(market, "S-0002");
    await market.centre.kill();
    expect(about("S-0002")).toBe(0);
    state.behaviour = { ...normalBehaviour, answer: "lost", count: 1 };
    await market.centre.start();
    await until(() => state.messages.some(({ text, answered }) => answered && text.includes("S-0002")), {
      what: "the message after the provider came back",
      withinMs: 60_000,
    });
    await reportPositive(market, "S-0003");
    await until(() => about("S-0003") > 0, { what: "the third message", withinMs: 30_000 });
    expect(about("S-0001")).toBe(1);
    expect(about("S-0003")).toBe(1);
    // The answer to one attempt was thrown away after the provider had it: that one may come twice, no more.
    expect(about("S-0002")).toBe(2);
    expect(state.messages.filter(({ answered }) => !answered)).toHaveLength(1);
  }, 180_000);
});
