import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TesterResult } from "../../src/devices/tester.ts";
import { randomMoment } from "../../src/harness/kill-moment.ts";
import { brokenPromises, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { createRandom } from "../../src/random.ts";

const root = mkdtempSync(join(tmpdir(), "mingcheng-results-"));
const writers = { "growing-file": "append", "whole-files": "export", "slow-files": "slow" } as const;
const ids = Object.keys(writers) as (keyof typeof writers)[];
const folderOf = (id: string): string => join(root, id);
const [rounds, perRound, kills] = [12, 3, 6];

let market: MarketUnderTest;
beforeAll(async () => {
  market = await openMarket([
    {
      gw: "box-files",
      devices: ids.map((id) => ({
        id,
        kind: "csv",
        settings: { folder: folderOf(id), files: writers[id], encoding: id === "whole-files" ? "gb18030" : "utf-8" },
      })),
      setup: {
        devices: ids.map((id) => ({
          id,
          protocol: "csv",
          address: `folder://${folderOf(id)}`,
          options: {
            assays: [{ code: "OP", use: "gbt-5009-199-2003" }],
            files: {
              pollIntervalMs: 100,
              stableMs: 150,
              ...(id === "whole-files" ? { afterwards: "move", moveAfterMs: 300 } : {}),
            },
          },
        })),
      },
    },
  ]);
});
afterAll(async () => {
  await market.close();
  rmSync(root, { recursive: true, force: true });
});

let number = 0;
const result = (): TesterResult => {
  number++;
  return {
    specimenId: `S-${number}`,
    item: "韭菜",
    assay: "OP",
    value: (number % 97).toFixed(1),
    unit: "%",
    flags: "N",
    completedAt: `202405170930${String(number % 60).padStart(2, "0")}`,
  };
};

const report = (id: string): Promise<void> => {
  const running = market.device(id);
  if (running.class !== "tester") throw new Error(`${id} is no tester`);
  running.device.report(Array.from({ length: perRound }, result));
  return running.device.drained();
};

/** Waits until the centre holds every row, and none twice. */
const everythingThere = async (): Promise<void> => {
  await until(async () => (await market.findings()).every(({ missing }) => missing.length === 0), {
    what: "every row is in the ledger",
    withinMs: 60_000,
    everyMs: 500,
    detail: () => market.gateways[0]?.program.output().slice(-2000) ?? "",
  });
  expect(brokenPromises(await market.findings())).toEqual([]);
};

describe("folders of result files, with the gateway killed again and again", () => {
  it("give every row once: of a file that grows, of whole files, of files written bit by bit", async () => {
    const [gateway] = market.gateways;
    if (gateway === undefined) throw new Error("no gateway");
    const random = createRandom(99);
    const writing = ids.map(async (id) => {
      for (let round = 0; round < rounds; round++) {
        await report(id);
        await randomMoment(random, 200);
      }
    });
    for (let kill = 0; kill < kills; kill++) {
      await randomMoment(random, 400);
      await gateway.kill();
      await gateway.start();
    }
    await Promise.all(writing);
    await everythingThere();
    await until(() => readdirSync(folderOf("whole-files")).join() === "done", {
      what: "files that are on disk were moved",
      withinMs: 20_000,
    });
    expect(readdirSync(join(folderOf("whole-files"), "done"))).toHaveLength(rounds);

    // The whole export again, under another name, with one row that is none; then a restart.
    const grown = join(folderOf("growing-file"), "growing-file.csv");
    copyFileSync(grown, join(folderOf("growing-file"), "export again.csv"));
    writeFileSync(
      join(folderOf("growing-file"), "bad.csv"),
      "检测时间,编号,样品,项目,结果,单位,结论\nnever,S-0,韭菜,OP,1,%,\n",
    );
    await gateway.stop();
    await gateway.start();
    await report("growing-file");
    await everythingThere();
    expect(existsSync(grown)).toBe(true);
    const aside = join(gateway.dataDir, "quarantine");
    await until(() => readdirSync(aside).length === 1, {
      what: "the bad row is in quarantine, once",
      withinMs: 20_000,
    });
    expect(JSON.parse(readFileSync(join(aside, readdirSync(aside)[0] ?? ""), "utf8"))).toMatchObject({
      dev: "growing-file",
      detail: "bad.csv, row 2: no time in a configured format",
      body: { file: "bad.csv", row: 2 },
      raw: Buffer.from("never,S-0,韭菜,OP,1,%,").toString("base64"),
    });
  }, 180_000);
});
