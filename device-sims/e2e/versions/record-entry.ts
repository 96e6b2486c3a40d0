import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { AlertList } from "@mingcheng/protocols";
import { signIn } from "../../src/harness/centre-api.ts";
import { type CentreProcess, startCentre } from "../../src/harness/centre-process.ts";
import { configuredDevice } from "../../src/harness/configured-device.ts";
import { enrolGateway, type GatewayProcess, startGateway } from "../../src/harness/gateway-process.ts";
import { headOf } from "../../src/harness/market.ts";
import { Database } from "../../src/harness/sqlite-engine.ts";
import { until } from "../../src/harness/until.ts";
import { createMemoryOracle } from "../../src/oracle.ts";
import { instrumentTime, type RunningScenario, runScenario } from "../../src/scenario/run-scenario.ts";
import { scenarioSchema } from "../../src/scenario/scenario.ts";
import { heldRecords } from "../restore/lost-centre.ts";
import { hastyTester, keepReporting } from "../system/busy-tester.ts";
import { packRecording, type RecordedFacts, recorded, wireLine } from "./recording.ts";
import { startWireTap } from "./wire-tap.ts";

/**
 * Records a small market of another version and stops it in the midst: `node device-sims/dist/e2e/versions/record-entry.js
 * --other <directory> --out <file.tar.gz>`, where the directory is a checkout of the other version in which `npm ci &&
 * npx tsc -b` was run. What is in a recording and why: `fixtures/README.md`.
 */
const { values } = parseArgs({ options: { other: { type: "string" }, out: { type: "string" } } });
const { other, out } = values;
if (other === undefined || out === undefined) throw new Error("--other <directory> --out <file.tar.gz>");
const { gw, tester, scale, inspector, auditor } = recorded;

const register: Readonly<Record<string, string>> = {
  areas:
    "code,name,level,parent,from,to\nlujiang,鹭江市,city,,,\nsinan,思南区,district,lujiang,,\nsongbai-st,松柏所,station,sinan,,\n",
  sites: "code,name,type,area,from,to\nsongbai,松柏农贸市场,market,songbai-st,,\n",
  stalls: "code,site,label,from,to\nsongbai-a01,songbai,A01,,\n",
  vendors: "code,name,from,to\nv1,陈阿蔬菜,,\n",
  tenancies: "stall,vendor,from,to\nsongbai-a01,v1,2025-06-01T00:00+08:00,\n",
  devices: `gw,dev,class,from,to\n${gw},${scale},scale,,\n${gw},${tester},tester,,\n`,
  placements: `gw,dev,stall,site,from,to\n${gw},${scale},songbai-a01,,2025-06-01T00:00+08:00,\n${gw},${tester},,songbai,2025-06-01T00:00+08:00,\n`,
};

const enterRegister = async (centre: CentreProcess, dir: string): Promise<void> => {
  mkdirSync(dir);
  for (const [kind, text] of Object.entries(register)) writeFileSync(join(dir, `${kind}.csv`), text);
  await centre.command("import", "all", dir);
};

const layoutsOf = (dataDir: string): Record<string, number> =>
  Object.fromEntries(
    ["ledger.db", "register.db", "alerts.db"].map((name) => {
      const database = new Database(join(dataDir, name), { readonly: true });
      const version = Number(database.pragma("user_version", { simple: true }));
      database.close();
      return [name, version];
    }),
  );

/** A result that opens an alert, and a weighing. */
const sayOnce = async (devices: RunningScenario): Promise<void> => {
  for (const running of devices.devices) {
    if (running.class === "scale")
      await running.device.weigh({ value: "1.25", rampMs: 400, holdMs: 1_500, restMs: 300 });
    if (running.class !== "tester") continue;
    const result = { specimenId: "P-1", item: "韭菜", assay: "OP-CARB", value: "62.5", unit: "%", flags: "A" };
    running.device.report([{ ...result, completedAt: instrumentTime(Date.now()) }]);
    await running.device.drained();
  }
};

const report = async (devices: RunningScenario, results: number): Promise<void> => {
  const running = devices.devices.find(({ config }) => config.id === tester);
  if (running === undefined) throw new Error(`no ${tester}`);
  const reporting = keepReporting(running);
  await until(() => reporting.reported() >= results, { what: `${results} results`, withinMs: 60_000 });
  await reporting.stop();
};

const holds = (centre: CentreProcess, gateway: GatewayProcess): Promise<unknown> =>
  until(async () => heldRecords(centre.dataDir) >= (await headOf(gateway)), {
    ...{ what: "the centre holds everything", withinMs: 60_000, everyMs: 100 },
  });

const record = async (dir: string): Promise<RecordedFacts> => {
  const oracle = createMemoryOracle();
  const listen = "tcp://127.0.0.1:0";
  const sims = [
    { id: tester, listen, ...hastyTester },
    { id: scale, listen, kind: "mt-sics" },
  ];
  const devices = await runScenario(scenarioSchema.parse({ devices: sims }), oracle);
  const centre = await startCentre({ dir: join(dir, "centre"), main: join(other, "cloud", "dist", "main.js") });
  await centre.addUser(inspector.user, "inspector", inspector.password);
  await centre.addUser(auditor.user, "auditor", auditor.password);
  await enterRegister(centre, join(dir, "register"));
  const main = join(other, "gateway", "dist", "main.js");
  const gatewayDir = join(dir, gw);
  await enrolGateway(gatewayDir, await centre.addGateway(gw), main);
  const tap = await startWireTap(centre);
  const configured = devices.devices.map(({ config, device }) =>
    configuredDevice(config.id, config.kind, device.address),
  );
  const gateway = await startGateway({
    dir: gatewayDir,
    gw,
    devices: configured,
    centre: { host: tap.host, port: tap.port },
    main,
  });
  await report(devices, 20);
  await sayOnce(devices);
  await holds(centre, gateway);
  const api = await signIn(centre, auditor.user, auditor.password);
  const alert = await until(async () => (await api.get<AlertList>("/api/v1/alerts")).alerts.at(0)?.id, {
    ...{ what: "an alert", withinMs: 30_000, everyMs: 100 },
  });
  await centre.command("export", "--gateway", gw, "--out", join(dir, "evidence.mcx"));
  writeFileSync(join(dir, "keys.json"), await centre.command("keys", "--gateway", gw, "--json"));
  // What the centre stores from here on the gateway never hears of.
  tap.holdDown();
  await report(devices, 10);
  await holds(centre, gateway);
  await centre.kill();
  const held = heldRecords(centre.dataDir);
  await report(devices, 60);
  const head = await headOf(gateway);
  await gateway.kill();
  await tap.close();
  await devices.stop();
  writeFileSync(join(dir, "conversation.jsonl"), tap.messages.map(wireLine).join(""));
  return { layouts: layoutsOf(centre.dataDir), alert, head, eid: gateway.line.eid, held, said: [...oracle.entries] };
};

const dir = mkdtempSync(join(tmpdir(), "mingcheng-recording-"));
try {
  const facts = await record(dir);
  writeFileSync(join(dir, "recorded.json"), `${JSON.stringify(facts)}\n`);
  packRecording(resolve(out), dir);
  console.log(
    `${out}: layouts ${JSON.stringify(facts.layouts)}, ${facts.head} records, ${facts.held} of them at the centre`,
  );
} finally {
  rmSync(dir, { recursive: true, force: true });
}
