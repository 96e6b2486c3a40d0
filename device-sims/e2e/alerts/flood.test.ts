import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertDetail, AlertList, MessagePage } from "@mingcheng/protocols";
import { afterEach, expect, it } from "vitest";
import { smppChannelFor, smscAccount, smscPassword } from "../../src/commands/smsc-command.ts";
import { type CentreApi, signIn } from "../../src/harness/centre-api.ts";
import { until } from "../../src/harness/until.ts";
import type { RecordDraft } from "../../src/load/memory-outbox.ts";
import { accountKeys, channelsFor } from "../../src/messaging/account-files.ts";
import { startHttpProviders } from "../../src/messaging/http-providers.ts";
import { ProviderState } from "../../src/messaging/provider-state.ts";
import { startSmsc } from "../../src/messaging/smpp/smsc.ts";
import { SmscState } from "../../src/messaging/smpp/smsc-state.ts";
import { startTestedCentre, type TestedCentre } from "../centre/tested-centre.ts";

const alerts = 1_000;
const password = "songbai 2026 duty";
/** So many messages an officer gets in an hour, whatever happens. */
const mostAnHour = 2;

const officers = `code,name,phone,login,department,from,to
songbai-st,示例己,13900000006,,松柏所,,
sinan-duty,示例卯,13900000014,,思南区局,,
`;

/** Positives go to the station, and to the district at once; everything else waits for the digest of the day. */
const routing = {
  ...{ version: 1, name: { zh: "测试", en: "test" }, lastResort: { role: "centre" } },
  ...{ grouping: { by: ["site"], wait: "1s", interval: "1s" }, failover: { attempts: 3, receipt: "30m" } },
  limits: { perOfficer: [{ messages: mostAnHour, within: "1h" }], alarm: [{ messages: mostAnHour, within: "1h" }] },
  routes: [
    {
      ...{ id: "positive", level: { zh: "一般", en: "general" }, match: { rules: ["test-positive"] } },
      ...{ inform: ["district"], path: [{ tier: "station", receipt: "2h" }] },
    },
    {
      ...{ id: "others", level: { zh: "日常", en: "everyday" }, match: {}, delivery: "digest" },
      path: [{ tier: "city", receipt: "24h" }],
    },
  ],
};

const positive = (specimenId: string): RecordDraft => ({
  ...{ dev: "tester-1", kind: "test", raw: "" },
  body: {
    ...{ protocol: "lis", instrument: { name: "NY-8", version: "1.2", serial: "77" }, specimenId, item: "韭菜" },
    ...{ assay: { code: "OPC", name: "有机磷" }, value: "66.6", number: "66.6", unit: "%", flags: "A", status: "F" },
    ...{ verdict: "positive", verdictRule: "GB/T 5009.199-2003: positive >= 50", instrumentVerdict: "positive" },
    ...{ startedAt: "", completedAt: "", resendOf: null },
  },
});

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A centre whose alerts reach telephones by SMPP and a group chat. */
const openCentre = async () => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-flood-"));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  const smsc = new SmscState(() => undefined);
  const running = await startSmsc(smsc, { port: 0, systemId: smscAccount, password: smscPassword(dir) });
  undo.push(() => running.stop());
  const group = new ProviderState(
    () => Date.now(),
    () => undefined,
  );
  const providers = await startHttpProviders(group, accountKeys(dir), 0);
  undo.push(() => providers.stop());
  const file = join(dir, "routing.yaml");
  writeFileSync(file, JSON.stringify(routing));
  const wecom = channelsFor(dir, providers.url).filter(({ type }) => type === "wecom");
  const config = { channels: [smppChannelFor(dir, running.port), ...wecom], routing: file };
  const tested = await startTestedCentre({ dir: join(dir, "centre"), config });
  undo.push(() => tested.dispose());
  const { centre } = tested;
  writeFileSync(join(dir, "officers.csv"), officers);
  const people = async (): Promise<void> => {
    await centre.command("register", "sample");
    await centre.command("import", "officers", join(dir, "officers.csv"));
    await centre.addUser("wang.li", "inspector", password, ["--area", "songbai-st"]);
  };
  await Promise.all([people(), centre.addUser("tester", "auditor", password), tested.add("market-songbai")]);
  return { tested, smsc, group };
};

/** Every positive that somebody sees, page by page. */
const seenBy = async (api: CentreApi): Promise<AlertList["alerts"]> => {
  const all: AlertList["alerts"] = [];
  for (let cursor = ""; ; ) {
    const page = await api.get<AlertList>(`/api/v1/alerts?state=open&limit=400${cursor}`);
    all.push(...page.alerts.filter(({ rule }) => rule === "test-positive"));
    if (page.next == null) return all;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
};

const say = ({ gateways }: TestedCentre, specimens: readonly string[]): void => {
  const [watched] = gateways;
  if (watched === undefined) throw new Error("no gateway");
  for (const [index, specimen] of specimens.entries()) {
    const isLast = index === specimens.length - 1;
    watched.gateway.append(positive(specimen), index % 100 === 99 || isLast, true);
  }
};

it("a flood of alerts ends in a few messages, and every alert is on the screens with an owner", async () => {
  const { tested, smsc, group } = await openCentre();
  await tested.gateways[0]?.connect();
  const api = await signIn(tested.centre, "tester", password);
  const station = await signIn(tested.centre, "wang.li", password);
  const specimens = Array.from({ length: alerts }, (_, index) => `F-${index}`);
  const startedMs = Date.now();
  say(tested, specimens);
  // Somebody turns pages meanwhile.
  await until(async () => (await seenBy(api)).length >= alerts, {
    ...{ what: "every positive is an alert", withinMs: 90_000, everyMs: 500 },
    detail: () => tested.centre.program.output().slice(-2_000),
  });
  // Who has it is found in turns: the latest may still wait for theirs.
  await until(async () => (await seenBy(station)).every(({ duty }) => (duty?.officers.length ?? 0) > 0), {
    ...{ what: "every alert has an officer", withinMs: 60_000, everyMs: 300 },
  });
  for (const reader of [api, station]) {
    const seen = await seenBy(reader);
    const named: readonly string[] = seen.map(({ labels }) => labels?.["specimen"] ?? "");
    expect(named.toSorted()).toEqual(specimens.toSorted());
    expect(new Set(seen.map(({ id }) => id)).size).toBe(alerts);
  }
  const { messages: all } = await api.get<MessagePage>("/api/v1/messages?limit=500");
  // In the morning there is a digest of everything else.
  const told = all.filter(({ template }) => template !== "digest");
  const byOfficer = new Map<string, number>();
  for (const { officer } of told) byOfficer.set(officer?.code ?? "", (byOfficer.get(officer?.code ?? "") ?? 0) + 1);
  expect([...byOfficer.keys()].toSorted()).toEqual(["sinan-duty", "songbai-st"]);
  expect(Math.max(...byOfficer.values())).toBeLessThanOrEqual(mostAnHour);
  expect(smsc.messages.filter(({ text }) => !text.includes("日报")).length).toBeLessThanOrEqual(2 * mostAnHour);
  // A robot takes 20 messages a minute: it never had to say so.
  expect(group.answers["wecom 45009"]).toBeUndefined();
  expect(group.messages.length).toBeLessThanOrEqual(11 + (Date.now() - startedMs) / 10_000);
  // Each alert is in one message to an officer, or its page says what it waits for.
  const some = (await seenBy(station)).filter((_, index) => index % 100 === 0);
  for (const { id } of some) {
    const { messages = [] } = await station.get<AlertDetail>(`/api/v1/alerts/${id}`);
    expect(messages.map(({ officer }) => officer?.code ?? "").toSorted(), id).toEqual(["sinan-duty", "songbai-st"]);
    for (const { state, reason, message } of messages)
      expect(
        message !== null || ((state === "waiting" || state === "held") && reason !== undefined),
        `${id}: ${state} ${reason}`,
      ).toBe(true);
  }
}, 240_000);
