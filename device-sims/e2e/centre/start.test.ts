import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type BetterSqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtModule } from "../../src/harness/repository.ts";
import { ProgramEndedError, runProgram } from "../../src/harness/running-program.ts";
import { Database } from "../../src/harness/sqlite-engine.ts";
import { until } from "../../src/harness/until.ts";
import { faultless, judgeLedger } from "./judge-ledger.ts";
import { readLedger } from "./ledger-reading.ts";
import { startTestedCentre, type TestedCentre } from "./tested-centre.ts";
import type { WatchedGateway } from "./watched-gateway.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-start-"));
let tested: TestedCentre;
let watched: WatchedGateway;

const settle = () =>
  until(() => watched.settled(), {
    what: "everything is receipted",
    withinMs: 60_000,
    detail: () => tested.centre.program.output(),
  });

beforeAll(async () => {
  tested = await startTestedCentre();
  watched = await tested.add("market-a");
  watched.capture(300);
  await watched.connect();
  await settle();
}, 120_000);
afterAll(async () => {
  await tested.dispose();
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs a command of the centre that is expected to fail; returns its exit code and what it said. */
const failing = async (...args: string[]): Promise<{ code: number | null; said: string }> => {
  try {
    const said = await runProgram({
      name: "mingcheng-cloud",
      command: process.execPath,
      args: [builtModule("cloud/dist/main.js"), ...args],
      env: { LANG: "en_GB.UTF-8" },
    });
    return { code: 0, said };
  } catch (error) {
    if (!(error instanceof ProgramEndedError)) throw error;
    return { code: Number(/exit code (\d+)/.exec(error.message)?.[1]), said: error.message };
  }
};

const run = (dataDir: string) => {
  const config = join(scratch, "same-ports.yaml");
  writeFileSync(config, JSON.stringify({ publicHost: "127.0.0.1", ...tested.centre.addresses }));
  return failing("run", "--data", dataDir, "--config", config);
};

describe("evidence from a running centre", () => {
  it("is exported while records come in, verifies without the centre, and fails when changed", async () => {
    const file = join(scratch, "market-a.mcx");
    const keys = join(scratch, "keys.json");
    watched.capture(20);
    expect(await tested.centre.command("export", "--gateway", "market-a", "--out", file)).toMatch(/records, 1 spans/);
    writeFileSync(keys, await tested.centre.command("keys", "--gateway", "market-a", "--json"));
    const verify = (path: string) => failing("verify", path, "--keys", keys, "--data", join(scratch, "nowhere"));
    expect(await verify(file)).toMatchObject({ code: 0, said: expect.stringMatching(/^good: gateway market-a/) });
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace('"grams":"150"', '"grams":"151"'));
    expect(await verify(file)).toMatchObject({ code: 1, said: expect.stringMatching(/not good: span 0, record/) });
    expect(await verify(join(scratch, "missing.mcx"))).toMatchObject({ code: 2 });
    await settle();
  }, 60_000);
});

describe("a second centre", () => {
  it("is kept off the data directory and off the ports, and says so", async () => {
    const { dataDir } = tested.centre;
    expect(await run(dataDir)).toMatchObject({ code: 2, said: expect.stringContaining("DATA_DIRECTORY_LOCKED") });
    expect(await run(join(scratch, "other"))).toMatchObject({
      code: 2,
      said: expect.stringContaining("LISTEN_FAILED"),
    });
  }, 60_000);
});

describe("a ledger that cannot be used", () => {
  const spoilt = (name: string, spoil: (path: string) => void): string => {
    const dir = join(scratch, name);
    cpSync(tested.centre.dataDir, dir, { recursive: true });
    spoil(join(dir, "ledger.db"));
    return dir;
  };
  const withDatabase = (body: (database: BetterSqlite.Database) => void) => (path: string) => {
    const database = new Database(path);
    body(database);
    database.close();
  };
  beforeAll(async () => {
    await tested.centre.stop();
  });

  it("stops the start with a message that says what is wrong and what to do", async () => {
    const cases: readonly (readonly [string, string, (path: string) => void])[] = [
      ["garbage", "LEDGER_DAMAGED", (path) => writeFileSync(path, Buffer.alloc(20_000, 0x55))],
      ["newer", "STORE_TOO_NEW", withDatabase((database) => database.pragma("user_version = 99"))],
      [
        "a changed octet",
        "LEDGER_DAMAGED",
        withDatabase((database) =>
          database.exec(
            "DROP TRIGGER record_same; UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), '150', '151') AS BLOB) WHERE lsn = 52",
          ),
        ),
      ],
      [
        "a missing row",
        "LEDGER_DAMAGED",
        withDatabase((database) => database.exec("DROP TRIGGER record_stays; DELETE FROM record WHERE lsn = 77")),
      ],
    ];
    for (const [name, code, spoil] of cases) {
      const dir = spoilt(name, spoil);
      const before = readFileSync(join(dir, "ledger.db"));
      const { code: exitCode, said } = await run(dir);
      expect({ name, exitCode, said }).toEqual({ name, exitCode: 2, said: expect.stringContaining(`[${code}]`) });
      expect(readFileSync(join(dir, "ledger.db")).equals(before)).toBe(true);
    }
  }, 120_000);

  it("and an older copy is taken as what it is: the gateway sends again what it lacks", async () => {
    const older = join(scratch, "older.db");
    cpSync(join(tested.centre.dataDir, "ledger.db"), older);
    await tested.centre.start();
    watched.capture(500);
    await settle();
    await tested.centre.stop();
    cpSync(older, join(tested.centre.dataDir, "ledger.db"));
    await tested.centre.start();
    await until(() => readLedger(tested.centre.dataDir).length === watched.digests.length, {
      what: "the ledger is whole again",
      withinMs: 60_000,
      everyMs: 100,
    });
    watched.capture(5);
    await settle();
    expect((await tested.centre.stop()).code).toBe(0);
    expect(judgeLedger(readLedger(tested.centre.dataDir), [watched])).toEqual(faultless);
    const database = new Database(join(tested.centre.dataDir, "ledger.db"), { readonly: true });
    expect(database.prepare("SELECT kind FROM report").pluck().all()).toEqual(["restore"]);
    database.close();
    await tested.centre.start();
  }, 120_000);
});
