import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noAudit } from "../src/audit/audit-event.ts";
import { loadRouting } from "../src/duty/routing/load-routing.ts";
import { AlertsThread } from "../src/following/alerts-thread.ts";
import { eventLoopTimers } from "../src/following/follower-loop.ts";
import { GatewayHints } from "../src/following/gateway-hints.ts";
import { ReadingsThread } from "../src/following/readings-thread.ts";
import { builtInRules, loadRules } from "../src/rules/load-rules.ts";
import { openForReading } from "../src/store/database.ts";
import { deviceOf, sampleRecord, testOf, trustedTime, weighingOf } from "./memory-ledger.ts";
import { SeededCentre } from "./seeded-centre.ts";

// The build, because processes are started from files that Node can read.
const entry = fileURLToPath(new URL("../dist/following/follow-entry.js", import.meta.url));

/** One call of the webhook. */
interface Call {
  readonly id: string;
  readonly attempt: number;
  readonly specimen: string;
  readonly status: string;
  /** False: the answer was withheld, so the sender could not know. */
  readonly answered: boolean;
}

let centre: SeededCentre;
let server: Server;
let calls: Call[];
let configFile: string;
let rulesFile: string;

/** Two of the built-in rules in a file: one of each lifecycle, and nothing that others would inhibit. */
const twoRules = (): string => {
  const blocks = ["rapid-tests.yaml", "devices.yaml"].flatMap((file) =>
    readFileSync(join(builtInRules, file), "utf8").split(/^(?= {2}- id: )/m),
  );
  const own = blocks.filter((block) => /^ {2}- id: (test-positive|device-silent)\n/.test(block)).join("");
  return `version: 1\nrules:\n${own.replace(/^ *inhibitedBy:.*\n/gm, "")}`;
};
/** Chooses what becomes of a call. */
let answer: () => 200 | 500 | "cut";

beforeEach(async () => {
  centre = new SeededCentre();
  calls = [];
  seq = 0;
  answer = () => 200;
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    request.on("end", () => {
      const how = answer();
      const { status, alert } = JSON.parse(text) as { status: string; alert: { labels: Record<string, string> } };
      const attempt = Number(request.headers["mingcheng-attempt"]);
      const specimen = alert.labels["specimen"] ?? "";
      calls.push({ id: String(request.headers["webhook-id"]), attempt, specimen, status, answered: how === 200 });
      if (how === "cut") request.socket.destroy();
      else response.writeHead(how).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const secretFile = join(centre.directory, "webhook-secret");
  writeFileSync(secretFile, "a-secret-for-this-test");
  configFile = join(centre.directory, "cloud.yaml");
  rulesFile = join(centre.directory, "rules.yaml");
  writeFileSync(rulesFile, twoRules());
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    configFile,
    `rules: ${rulesFile}\nchannels:\n  - { type: webhook, name: hook, url: "http://127.0.0.1:${port}/", secretFile: ${secretFile} }\n`,
  );
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  centre.close();
});

const startMs = Date.now();
let seq: number;
const commit = (kind: string, dev: string, body: Record<string, unknown>): number => {
  seq++;
  const salt = seq.toString(16).padStart(32, "0");
  const atMs = startMs + seq;
  return centre.commit(sampleRecord({ kind, dev, body, seq, n: seq, salt, t: trustedTime(atMs) }), atMs + 40);
};
const fill = (weighings: number, specimens: readonly string[]): void => {
  centre.ledger.transaction(() => {
    const every = Math.floor(weighings / Math.max(1, specimens.length));
    for (let index = 0; index < weighings; index++) {
      commit("weighing", `scale-${index % 20}`, weighingOf(String(index)));
      const specimen = index % every === 0 ? specimens[index / every] : undefined;
      if (specimen === undefined) continue;
      commit("test", "tester-1", testOf(specimen, "positive"));
      commit("test", "tester-1", testOf(specimen, "positive", { resendOf: "lost answer" }));
    }
  })();
};
const specimensOf = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `s${from + index}`);

const alertsOf = <Row>(sql: string): Row[] => {
  const database = openForReading(join(centre.directory, "alerts.db"));
  try {
    return database.prepare(sql).all() as Row[];
  } finally {
    database.close();
  }
};

/** Both followers on this thread, with what they told. */
const host = async () => {
  const hints = new GatewayHints();
  const told: string[] = [];
  const readings = new ReadingsThread(
    { dataDirectory: centre.directory, timezone: "Asia/Shanghai" },
    { hints, onAppend: () => told.push("appended"), onChange: (parts) => told.push(...parts) },
  );
  let nowMs = startMs;
  const ports = {
    ...{
      audit: noAudit,
      channels: [],
      timers: eventLoopTimers,
      log: pino({ level: "silent" }),
      nowMs: () => nowMs,
      random: () => 0.5,
    },
    ...{ onAppend: () => undefined, onChange: () => told.push("alerts") },
  };
  const [rules, routing] = await Promise.all([loadRules(rulesFile), loadRouting(null)]);
  const alerts = new AlertsThread(
    { dataDirectory: centre.directory, timezone: "Asia/Shanghai", rules, routing },
    ports,
  );
  return {
    hints,
    told,
    readings,
    alerts,
    at: (ms: number) => {
      nowMs = ms;
    },
    close: async () => {
      readings.close();
      await alerts.close();
    },
  };
};
const projected = (sql: string): unknown[] => centre.projections.prepare(sql).all();

describe("what follows the ledger", () => {
  it("catches up, follows lines and gateways, and says what changed", async () => {
    fill(300, ["s1"]);
    const { readings, alerts, hints, told, close } = await host();
    while (readings.step().taken > 0);
    while (alerts.step().taken > 0);
    expect(projected("SELECT count(*) AS n FROM record")).toEqual([{ n: 302 }]);
    expect([readings.position(), alerts.position(), readings.head()]).toEqual([302, 302, 302]);
    expect(told).toEqual(["gateways", "alerts"]);
    expect(projected("SELECT gw, status, heard_head FROM ledger_line")).toMatchObject([
      { gw: "market-a", status: "ok" },
    ]);

    hints.take({ gw: "market-a", online: true, atMs: 5, reason: "connected", state: null });
    readings.step();
    hints.take({ gw: "market-a", online: true, atMs: 9, reason: "state", state: null });
    readings.step();
    expect(projected("SELECT online, since_ms, seen_ms, reason FROM gateway_hint")).toEqual([
      { online: 1, since_ms: 5, seen_ms: 9, reason: "state" },
    ]);
    await close();

    centre.dispute(sampleRecord({ kind: "x", body: {} }).eid, "disputed");
    const again = await host();
    again.readings.step();
    again.alerts.step();
    again.alerts.idle();
    expect(again.told).toEqual(["readings", "gateways", "alerts"]);
    expect(projected("SELECT count(*) AS n FROM rollup")).toEqual([{ n: 0 }]);
    expect(alertsOf("SELECT state, matches FROM alert")).toEqual([{ state: "resolved", matches: 0 }]);
    await again.close();
  });

  it("fires what has been pending once the ledger was read to its end, and says when to look again", async () => {
    commit("device", "scale-1", deviceOf("silent"));
    const { alerts, at, close } = await host();
    at(startMs + 100_000);
    while (alerts.step().taken > 0);
    const left = alerts.idle();
    expect(left).toBeGreaterThan(190_000);
    at(startMs + 500_000);
    expect(alerts.idle()).toBeNull();
    expect(alertsOf("SELECT state FROM alert")).toEqual([{ state: "firing" }]);
    expect(alerts.figures().find(({ labels }) => labels?.["state"] === "firing")?.value).toBe(1);
    await close();
  });
});

describe("the process that follows", () => {
  const run = (): ChildProcess =>
    spawn(process.execPath, [entry, centre.directory, configFile], {
      stdio: ["ignore", "pipe", "ignore"],
    });
  const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once("exit", () => resolve()));
  /** Resolves when the child has said something that fits. */
  const said = (child: ChildProcess, fits: (line: string) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      child.once("exit", () => reject(new Error("ended")));
      let text = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        if (lines.some(fits)) resolve();
      });
    });
  const isDone = (line: string): boolean => {
    if (!line.startsWith("{")) return false;
    const { figures } = JSON.parse(line) as { figures: { name: string; value: number }[] };
    const values = (name: string): number[] => figures.filter((one) => one.name === name).map(({ value }) => value);
    const lags = values("mingcheng_following_lag_records");
    return lags.length === 2 && [...lags, ...values("mingcheng_notifications_queued")].every((value) => value === 0);
  };

  it("refuses rules that are wrong before anything starts", async () => {
    writeFileSync(configFile, "rules: /nowhere/rules.yaml\n");
    const child = spawn(process.execPath, [entry, centre.directory, configFile], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    await ended(child);
    expect(text).toContain("RULE_INVALID");
  });

  it("killed at random loses no alert, fires none twice, and marks what may have been sent twice", async () => {
    let turn = 0;
    answer = () => {
      turn++;
      return turn % 11 === 0 ? 500 : turn % 7 === 0 ? "cut" : 200;
    };
    // The alerts are there before the ledger's first record, as in the field.
    await (await host()).close();
    const kills = 4;
    let specimens = 0;
    for (let kill = 0; kill < kills; kill++) {
      fill(400, specimensOf(specimens, specimens + 20));
      specimens += 20;
      // Somewhere in the work: after so many calls, which differs from life to life.
      const enough = calls.length + Math.floor(Math.random() * 16);
      const child = run();
      while (calls.length <= enough) await new Promise((resolve) => server.once("request", resolve));
      child.kill("SIGKILL");
      await ended(child);
    }
    answer = () => 200;
    const last = run();
    await said(last, isDone);
    last.kill("SIGTERM");
    await ended(last);

    const expected = specimensOf(0, specimens);
    const alerts = alertsOf<{
      id: string;
      specimen: string;
      state: string;
      matches: number;
      opened: number;
      told: number;
    }>(
      `SELECT id, labels ->> 'specimen' AS specimen, state, matches,
         (SELECT count(*) FROM history WHERE alert = alert.id AND reason IN ('condition-met', 'condition-met-late')) AS opened,
         (SELECT count(*) FROM history WHERE alert = alert.id AND reason = 'notified') AS told FROM alert`,
    );
    expect(alerts.map(({ specimen }) => specimen).toSorted()).toEqual(expected.toSorted());
    expect(alerts.filter(({ matches, opened, told }) => matches !== 1 || opened !== 1 || told !== 1)).toEqual([]);
    expect(new Set(calls.map(({ specimen }) => specimen))).toEqual(new Set(expected));
    expect(new Set(calls.map(({ id }) => id)).size).toBe(specimens);
    const repeated = calls.filter((call, index) => calls.findIndex(({ id }) => id === call.id) !== index);
    expect(repeated.filter(({ attempt }) => attempt === 1)).toEqual([]);
    // Otherwise no kill came while something was being sent, and the test proves little.
    expect(repeated.length).toBeGreaterThan(0);
  }, 120_000);
});
