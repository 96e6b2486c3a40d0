import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BroadcastChannel } from "node:worker_threads";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadCloudConfig } from "../src/config/cloud-config.ts";
import type { Following } from "../src/following/following.ts";
import type { openFollowing as OpenFollowing } from "../src/following/open-following.ts";
import { progressChannel } from "../src/following/progress-channel.ts";
import { appendChannel } from "../src/ledger/append-channel.ts";
import { ledgerPath } from "../src/ledger/open-ledger.ts";
import { openForReading } from "../src/store/database.ts";
import { deviceOf, sampleNowMs, sampleRecord, testOf, trustedTime, weighingOf } from "./memory-ledger.ts";
import { SeededCentre } from "./seeded-centre.ts";

// The build, because threads are started from files that Node can read.
const dist = new URL("../dist/following/", import.meta.url);
const { openFollowing } = (await import(new URL("open-following.js", dist).href)) as {
  openFollowing: typeof OpenFollowing;
};

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
/** Chooses what becomes of a call. */
let answer: () => 200 | 500 | "cut";

beforeEach(async () => {
  centre = new SeededCentre();
  calls = [];
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
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    configFile,
    `channels:\n  - { type: webhook, name: hook, url: "http://127.0.0.1:${port}/", secretFile: ${secretFile} }\n`,
  );
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  centre.close();
});

let seq = 0;
const commit = (kind: string, dev: string, body: Record<string, unknown>): number => {
  seq++;
  const salt = seq.toString(16).padStart(32, "0");
  return centre.commit(
    sampleRecord({ kind, dev, body, seq, n: seq, salt, t: trustedTime(sampleNowMs + seq) }),
    sampleNowMs + seq + 40,
  );
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

describe("the threads that follow the ledger", () => {
  let following: Following;
  let said: string[];

  const start = async (): Promise<void> => {
    said = [];
    const log = pino({ level: "error" }, { write: (line: string) => said.push(line) });
    const config = await loadCloudConfig(configFile);
    const onExit = (error: Error): void => {
      throw error;
    };
    following = await openFollowing({ dataDirectory: centre.directory, config, log, onExit });
  };
  const tellAppend = (): void => {
    const channel = new BroadcastChannel(appendChannel(ledgerPath(centre.directory)));
    channel.postMessage(null);
    channel.close();
  };
  /** Resolves with the first progress message that fits. */
  const progress = (fits: (message: { type: string; lsn?: number; parts?: string[] }) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const channel = new BroadcastChannel(progressChannel(centre.directory));
      channel.onmessage = (event) => {
        const { data } = event as unknown as { data: { type: string; lsn?: number; parts?: string[] } };
        if (!fits(data)) return;
        channel.close();
        resolve();
      };
    });
  const projected = (sql: string): unknown[] => {
    const database = openForReading(join(centre.directory, "projections.db"));
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  };

  it("catch up, follow what is committed, and tell screens and metrics", async () => {
    fill(3_000, ["s1"]);
    const head = 3_002;
    const caughtUp = progress(({ lsn }) => lsn === head);
    await start();
    await caughtUp;
    expect(projected("SELECT count(*) AS n FROM record")).toEqual([{ n: head }]);

    const more = progress(({ lsn }) => lsn === head + 1);
    const alerted = progress(({ parts }) => parts?.includes("alerts") === true);
    commit("test", "tester-1", testOf("s2", "positive"));
    tellAppend();
    await Promise.all([more, alerted]);
    following.hint({ gw: "market-a", online: true, atMs: sampleNowMs, reason: "connected", state: null });
    await progress(({ parts }) => parts?.includes("gateways") === true);
    expect(projected("SELECT gw, online, reason FROM gateway_hint")).toEqual([
      { gw: "market-a", online: 1, reason: "connected" },
    ]);

    const disputed = progress(({ parts }) => parts?.includes("readings") === true);
    const { eid } = sampleRecord({ kind: "x", body: {} });
    centre.dispute(eid, "disputed");
    await disputed;
    expect(projected("SELECT count(*) AS n FROM rollup")).toEqual([{ n: 0 }]);
    expect(projected("SELECT status FROM ledger_line")).toEqual([{ status: "disputed" }]);

    expect(following.fault()).toBeNull();
    await following.close();
    expect(said).toEqual([]);
    const figure = (name: string, follower: string) =>
      following.figures().find((one) => one.name === name && one.labels?.["follower"] === follower)?.value;
    expect(figure("mingcheng_following_lag_records", "readings")).toBe(0);
    expect(figure("mingcheng_following_position", "alerts")).toBe(head + 1);
  });

  it("say why they cannot go on, and go on by themselves", async () => {
    commit("device", "scale-1", deviceOf("online"));
    // Somebody else holds the database: no writer gets in.
    centre.projections.exec("BEGIN IMMEDIATE");
    centre.projections.pragma("busy_timeout = 0");
    await start();
    expect(following.fault()).toContain("readings: SqliteError");
    const recovered = progress(({ lsn }) => lsn === 1);
    centre.projections.exec("ROLLBACK");
    await recovered;
    await following.close();
    expect(said).toHaveLength(1);
  });

  it("refuse rules and channels that are wrong before anything starts", async () => {
    writeFileSync(configFile, "rules: /nowhere/rules.yaml\n");
    await expect(start()).rejects.toMatchObject({ code: "RULE_INVALID" });
    writeFileSync(
      configFile,
      "channels: [{ type: webhook, name: a, url: 'https://a.example.org', secretFile: /nowhere }]\n",
    );
    await expect(start()).rejects.toMatchObject({ code: "CHANNEL_INVALID" });
  });
});

describe("SIGKILL of the process that follows", () => {
  const run = (): ChildProcess =>
    spawn(process.execPath, [fileURLToPath(new URL("follow-entry.js", dist)), centre.directory, configFile], {
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

  it("loses no alert, fires none twice, and marks what may have been sent twice", async () => {
    let turn = 0;
    answer = () => {
      turn++;
      return turn % 11 === 0 ? 500 : turn % 7 === 0 ? "cut" : 200;
    };
    const kills = 8;
    let specimens = 0;
    for (let kill = 0; kill < kills; kill++) {
      fill(6_000, specimensOf(specimens, specimens + 40));
      specimens += 40;
      const child = run();
      await said(child, (line) => line === "ready");
      // Somewhere in the work: after so many calls, which differs from life to life.
      const enough = calls.length + Math.floor(Math.random() * 40);
      while (calls.length < enough) await new Promise((resolve) => server.once("request", resolve));
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
  });
});
