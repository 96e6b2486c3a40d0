import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  type AlertDetail,
  downlinkSchema,
  fromHex,
  parseBatch,
  parseSigned,
  signedTags,
  signedVerifies,
  topics,
} from "@mingcheng/protocols";
import { connectAsync } from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import { compareWithLedger } from "../../src/comparison/compare.ts";
import { recordsInEvidence, sayingsOf, storedReadingsOf } from "../../src/comparison/readings.ts";
import { authorityOf, signIn } from "../../src/harness/centre-api.ts";
import { type CentreProcess, startCentre } from "../../src/harness/centre-process.ts";
import { configuredDevice } from "../../src/harness/configured-device.ts";
import { startGateway } from "../../src/harness/gateway-process.ts";
import { brokenPromises, headOf } from "../../src/harness/market.ts";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { Database } from "../../src/harness/sqlite-engine.ts";
import { until } from "../../src/harness/until.ts";
import { nodeCrypto } from "../../src/load/node-crypto.ts";
import { createMemoryOracle } from "../../src/oracle.ts";
import { runScenario } from "../../src/scenario/run-scenario.ts";
import { scenarioSchema } from "../../src/scenario/scenario.ts";
import { heldRecords } from "../restore/lost-centre.ts";
import { hastyTester, keepReporting } from "../system/busy-tester.ts";
import { type EarlierAnswer, readAsThen } from "./earlier-answers.ts";
import { type Recording, recorded, unpackRecording } from "./recording.ts";

const fixtures = join(repositoryRoot, "device-sims/e2e/versions/fixtures");
const files = readdirSync(fixtures).filter((name) => name.endsWith(".tar.gz"));
const { gw, tester, scale, inspector, auditor } = recorded;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const unpack = (file: string): Recording => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-versions-"));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  return unpackRecording(join(fixtures, file), dir);
};

/** Whenever this runs, nothing of the recording is over its period. */
const kept = Object.fromEntries(
  ["readings", "tests", "cameras", "acts", "quarantine", "alerts", "people", "audit"].map((name) => [
    `${name}Days`,
    null,
  ]),
);

const start = async (dir: string): Promise<CentreProcess> => {
  const centre = await startCentre({ dir, config: { retention: kept } });
  undo.push(() => centre.stop());
  return centre;
};

const layoutOf = (path: string): number => {
  const database = new Database(path, { readonly: true });
  try {
    return Number(database.pragma("user_version", { simple: true }));
  } finally {
    database.close();
  }
};

interface PinnedThen {
  readonly credential: string;
  readonly receiptKey: string;
}

const pinnedBy = ({ gateway }: Recording): PinnedThen =>
  JSON.parse(readFileSync(join(gateway, "data", "identity", "enrolment.json"), "utf8")) as PinnedThen;

describe.each(files)("what an earlier version left when it was killed: %s", (file) => {
  it("goes on with the present programs: nothing lost, nothing twice, everybody and everything still there", async () => {
    const recording = unpack(file);
    const { facts } = recording;
    const centre = await start(recording.centre);
    for (const [name, layout] of Object.entries(facts.layouts)) {
      // An older program refuses what is there now by this very number.
      expect(layoutOf(join(centre.dataDir, name))).toBeGreaterThanOrEqual(layout);
    }
    expect(heldRecords(centre.dataDir)).toBe(facts.held);
    expect(facts.head).toBeGreaterThan(facts.held);

    const oracle = createMemoryOracle();
    const sims = [{ id: tester, listen: "tcp://127.0.0.1:0", ...hastyTester }];
    const devices = await runScenario(scenarioSchema.parse({ devices: sims }), oracle);
    undo.push(() => devices.stop());
    const [running] = devices.devices;
    if (running === undefined) throw new Error("no tester");
    const { host, port } = centre.addresses.mqtts;
    const gateway = await startGateway({
      ...{ dir: recording.gateway, gw, centre: { host, port } },
      devices: [configuredDevice(tester, running.config.kind, running.device.address)],
    });
    undo.push(() => gateway.stop());
    expect(gateway.line.eid).not.toBe(facts.eid);
    const reporting = keepReporting(running);
    await until(() => reporting.reported() >= 5, { what: "new results", withinMs: 60_000 });
    await reporting.stop();
    await until(async () => heldRecords(centre.dataDir) >= facts.head + (await headOf(gateway)), {
      ...{ what: "backlog and new records have arrived", withinMs: 60_000, everyMs: 50 },
      detail: () => gateway.program.output().slice(-2_000),
    });
    await until(async () => JSON.stringify(await gateway.status()).includes('"pending":0'), {
      ...{ what: "everything is receipted", withinMs: 30_000, everyMs: 50 },
    });

    const exported = join(recording.centre, "now.mcx");
    await centre.command("export", "--gateway", gw, "--out", exported);
    await centre.command("verify", exported, "--keys", recording.keys);
    await centre.command("verify", recording.evidence, "--keys", recording.keys);
    const records = recordsInEvidence(readFileSync(exported, "utf8"));
    const said = sayingsOf([...facts.said, ...oracle.entries]);
    expect(brokenPromises(compareWithLedger(said, storedReadingsOf(records)))).toEqual([]);
    // One record less, and one more, would be seen.
    const isResult = ({ kind }: { kind: string }) => kind === "test";
    const fewer = records.toSpliced(records.findIndex(isResult), 1);
    expect(brokenPromises(compareWithLedger(said, storedReadingsOf(fewer)))).toEqual([
      expect.stringContaining("missing"),
    ]);
    const more = [...records, ...records.filter(isResult).slice(0, 1)];
    expect(brokenPromises(compareWithLedger(said, storedReadingsOf(more)))).toEqual([expect.stringContaining("twice")]);

    const api = await signIn(centre, auditor.user, auditor.password);
    const { alert } = await api.get<AlertDetail>(`/api/v1/alerts/${encodeURIComponent(facts.alert)}`);
    expect(alert).toMatchObject({ id: facts.alert, endedAt: null });
    const where = `gw=${gw}&dev=${scale}&at=${encodeURIComponent(new Date().toISOString())}`;
    expect(JSON.stringify(await api.get(`/api/v1/register/attribution?${where}`))).toContain("陈阿蔬菜");
    await signIn(centre, inspector.user, inspector.password);
  }, 120_000);

  it("is understood by the present centre, octet for octet, and its gateway would believe every answer", async () => {
    const recording = unpack(file);
    const { conversation } = recording;
    // The ledger is lost: whatever that gateway said is new.
    for (const name of readdirSync(join(recording.centre, "data"))) {
      if (/^(ledger|projections|alerts)\.db/.test(name)) rmSync(join(recording.centre, "data", name));
    }
    const centre = await start(recording.centre);
    const { host, port } = centre.addresses.mqtts;
    const { credential, receiptKey } = pinnedBy(recording);
    const client = await connectAsync(`mqtts://${host}:${port}`, {
      ...{ protocolVersion: 4, clean: true, reconnectPeriod: 0, ca: authorityOf(centre) },
      ...{ clientId: `${gw}-${recording.facts.eid}`, username: gw, password: credential },
    });
    undo.push(() => client.endAsync(true));
    const answers: (EarlierAnswer | undefined)[] = [];
    let last: Buffer = Buffer.alloc(0);
    client.on("message", (_topic, payload) => {
      last = payload;
      answers.push(readAsThen(gw, receiptKey, payload));
    });
    await client.subscribeAsync(topics.receipt(gw), { qos: 1 });
    const places = new Set<string>();
    for (const { way, topic, payload } of conversation) {
      if (way === "down") continue;
      await client.publishAsync(topic, payload, { qos: 1, retain: topic.includes("/state/") });
      if (topic !== topics.records(gw)) continue;
      const { header } = parseBatch(nodeCrypto.sha256, payload[0] === 0x1f ? gunzipSync(payload) : payload);
      for (let index = 0; index < header.count; index++) places.add(`${header.line.eid} ${header.first + index}`);
    }
    const receipted = (): Set<string> => {
      const seen = new Set<string>();
      for (const answer of answers) {
        if (answer?.type !== "receipt") continue;
        for (const [from, to] of answer.ranges)
          for (let at = from; at <= to; at++) seen.add(`${answer.line.eid} ${at}`);
      }
      return seen;
    };
    await until(() => receipted().size >= places.size, {
      ...{ what: "a receipt for every record", withinMs: 30_000, everyMs: 20 },
      detail: () => JSON.stringify(answers),
    });
    expect(receipted()).toEqual(places);
    expect(places.size).toBe(recording.facts.held);
    expect(heldRecords(centre.dataDir)).toBe(places.size);
    expect(new Set(answers.map((answer) => answer?.type))).toEqual(new Set(["full", "receipt"]));
    // It would have refused an answer of which one octet is another.
    expect(readAsThen(gw, receiptKey, last)).toMatchObject({ type: "receipt" });
    for (const at of [8, last.length >> 1, last.length - 12]) {
      const changed = Buffer.from(last);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(readAsThen(gw, receiptKey, changed)).toBeUndefined();
    }
  }, 60_000);

  it("answers as the present gateway believes it", () => {
    const recording = unpack(file);
    const key = fromHex(pinnedBy(recording).receiptKey) ?? new Uint8Array();
    const down = recording.conversation.filter(({ topic }) => topic === topics.receipt(gw));
    expect(down.length).toBeGreaterThan(5);
    for (const { payload } of down) {
      const message = parseSigned(payload);
      if (message === undefined) throw new Error("an answer that does not parse");
      expect(signedVerifies(nodeCrypto, key, signedTags.receipt, gw, message)).toBe(true);
      expect(downlinkSchema.safeParse(message.value).error).toBeUndefined();
    }
  });
});
