import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtModule } from "../../src/harness/repository.ts";
import { type RunningProgram, startProgram } from "../../src/harness/running-program.ts";
import { Database } from "../../src/harness/sqlite-engine.ts";
import { until } from "../../src/harness/until.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-large-import-"));
const data = join(scratch, "data");
const wal = join(data, "register.db-wal");
const items = 250_000;

/** `蔬菜第`, `号` and `蔬菜` in GB18030: nothing here can write that encoding. */
const [name, mark, category] = ["cadfb2cbb5da", "bac5", "cadfb2cb"].map((hex) => Buffer.from(hex, "hex")) as [
  Buffer,
  Buffer,
  Buffer,
];

const rowOf = (number: number, code = `69${String(number).padStart(11, "0")}`): Buffer =>
  Buffer.concat([
    Buffer.from(`${code},`),
    name,
    Buffer.from(String(number)),
    mark,
    Buffer.from(",,"),
    category,
    Buffer.from(",kg,,\r\n"),
  ]);

/** A file of items in GB18030; `change`: other rows by number, from 1. */
const writeItems = (file: string, change: ReadonlyMap<number, Buffer> = new Map()): string => {
  const path = join(scratch, file);
  const rows = Array.from({ length: items }, (_, index) => change.get(index + 1) ?? rowOf(index + 1));
  writeFileSync(path, Buffer.concat([Buffer.from("code,name,name_en,category,unit,from,to\r\n"), ...rows]));
  return path;
};

const start = (...args: readonly string[]): RunningProgram =>
  startProgram({
    name: `mingcheng-cloud ${args[0]}`,
    command: process.execPath,
    args: [builtModule("cloud/dist/main.js"), ...args, "--data", data],
    env: { LANG: "en_GB.UTF-8" },
  });

const run = async (...args: readonly string[]): Promise<{ code: number | null; said: string }> => {
  const program = start(...args);
  const { code } = await program.exited;
  return { code, said: program.output() };
};

const count = (): number => {
  const database = new Database(join(data, "register.db"));
  try {
    return Number(database.prepare("SELECT count(*) FROM item WHERE until_change IS NULL").pluck().get());
  } finally {
    database.close();
  }
};

let good: string;

beforeAll(async () => {
  good = writeItems("items.csv");
  const units = join(scratch, "units.csv");
  writeFileSync(units, "code,name,name_en,dimension,grams,from,to\nkg,公斤,,mass,1000,,\n");
  expect((await run("import", "units", units)).code).toBe(0);
}, 60_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("a register of 250,000 items in GB18030", () => {
  it("is refused as a whole for a few wrong rows, each named as a spreadsheet counts it", async () => {
    const overlapping = Buffer.concat([rowOf(150_000).subarray(0, -3), Buffer.from("2026-01-01,\r\n")]);
    const bad = writeItems(
      "bad.csv",
      new Map([
        [200_000, rowOf(5)],
        [200_001, overlapping],
        [200_002, rowOf(200_002, "x y")],
      ]),
    );
    const { code, said } = await run("import", "items", bad);
    expect(code).toBe(1);
    expect(said).toMatch(/items row 200001 code: .*has the key and the beginning of row 6\n/);
    expect(said).toMatch(/items row 200002 from: .*row 150001, .*row 200002, .* overlap\n/);
    expect(said).toMatch(/items row 200003 code: "x y": expected a code/);
    expect(said).toContain("3 errors, nothing was imported");
    expect(count()).toBe(0);
  }, 120_000);

  it("is never half there, whenever its import is killed, and goes in whole afterwards", async () => {
    let killed = 0;
    for (const walBytes of [1, 8_000_000]) {
      const program = start("import", "items", good);
      await until(() => !program.running || (existsSync(wal) && statSync(wal).size >= walBytes), {
        what: `the import writes ${walBytes} bytes`,
        withinMs: 60_000,
        everyMs: 1,
      });
      if (program.running) killed++;
      await program.kill();
      const now = count();
      expect([0, items], `killed at ${walBytes}`).toContain(now);
      // Committed after all: the later kills would find nothing to write.
      if (now === items) break;
    }
    expect(killed).toBeGreaterThan(0);
    const before = count();
    const { code, said } = await run("import", "items", good);
    expect(code).toBe(0);
    expect(said).toContain(before === 0 ? "items (gb18030): 250000 added" : "250000 unchanged");
    expect(count()).toBe(items);
    const { said: verdict, code: verified } = await run("audit", "verify");
    expect([verified, verdict]).toEqual([0, expect.stringContaining("good")]);
  }, 240_000);
});
