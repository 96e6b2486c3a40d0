import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { lockDataDirectory } from "./data-directory.ts";
import { isStoreFault, type Migration, openForReading, openForWriting } from "./database.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-store-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const first: Migration = (database) => database.exec("CREATE TABLE one (x INTEGER) STRICT");
const second: Migration = (database) => database.exec("ALTER TABLE one ADD COLUMN y INTEGER");
const broken: Migration = (database) => {
  database.exec("CREATE TABLE half (x INTEGER) STRICT");
  throw new Error("planted");
};

describe("a database of the centre", () => {
  it("is brought forward step by step and keeps its rows", () => {
    const path = join(scratch, "forward.db");
    const old = openForWriting({ path, migrations: [first] });
    old.exec("INSERT INTO one VALUES (7)");
    old.close();
    const present = openForWriting({ path, migrations: [first, second] });
    expect(present.prepare("SELECT * FROM one").all()).toEqual([{ x: 7, y: null }]);
    expect(present.pragma("user_version", { simple: true })).toBe(2);
    expect(present.pragma("synchronous", { simple: true })).toBe(2);
    present.close();
  });

  it("written by a newer program is refused and not changed", () => {
    const path = join(scratch, "newer.db");
    openForWriting({ path, migrations: [first, second] }).close();
    const before = readFileSync(path);
    expect(() => openForWriting({ path, migrations: [first] })).toThrow(
      expect.objectContaining({ code: "STORE_TOO_NEW" }),
    );
    expect(readFileSync(path)).toEqual(before);
  });

  it("is never left half way by a step that fails", () => {
    const path = join(scratch, "half.db");
    expect(() => openForWriting({ path, migrations: [first, broken] })).toThrow("planted");
    const database = openForWriting({ path, migrations: [first] });
    expect(database.prepare("SELECT name FROM sqlite_master").pluck().all()).toEqual(["one"]);
    database.close();
  });

  it("cannot be written by a reader", () => {
    const path = join(scratch, "reading.db");
    openForWriting({ path, migrations: [first] }).close();
    const reader = openForReading(path);
    const fault = (() => {
      try {
        reader.exec("INSERT INTO one VALUES (1)");
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(isStoreFault(fault)).toBe(true);
    reader.close();
  });
});

describe("a data directory", () => {
  it("belongs to one process at a time", async () => {
    const dir = join(scratch, "data");
    const lock = await lockDataDirectory(dir);
    await expect(lockDataDirectory(dir)).rejects.toMatchObject({ code: "DATA_DIRECTORY_LOCKED" });
    lock.release();
    (await lockDataDirectory(dir)).release();
  });

  it("that cannot be made is named", async () => {
    await expect(lockDataDirectory(join(scratch, "forward.db", "below"))).rejects.toMatchObject({
      code: "LEDGER_UNAVAILABLE",
    });
  });
});
