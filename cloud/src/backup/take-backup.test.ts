import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BackedUpCentre } from "../../test/backed-up-centre.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { openForReading } from "../store/database.ts";
import { Database } from "../store/sqlite-engine.ts";
import { readManifest } from "./backup-manifest.ts";
import { backupName, findBackups, thinOut } from "./backup-names.ts";
import { checkLedgerCopy } from "./check-ledger-copy.ts";

let centre: BackedUpCentre;
beforeEach(async () => {
  centre = new BackedUpCentre();
  await centre.makeKeys();
  centre.commit(300);
});
afterEach(() => centre.close());

const recordsIn = (path: string): number => {
  const database = openForReading(path);
  const count = Number(database.prepare("SELECT count(*) FROM record").pluck().get());
  database.close();
  return count;
};

describe("a backup of a centre that goes on writing", () => {
  it("holds one moment of every database, checked, with a manifest, and no key unless asked for", async () => {
    let pieces = 0;
    const before = centre.stored();
    const { path, manifest } = await centre.backup({
      includeKeys: false,
      onProgress: (phase) => {
        if (phase === "copy" && pieces++ < 20) centre.commit(10);
      },
    });
    expect(centre.stored()).toBeGreaterThan(before);
    expect(manifest).toMatchObject({ ledger: { gen: centre.bench.ledger.gen, lsn: before }, keysIncluded: false });
    expect(manifest.checked.records).toBe(before);
    expect(manifest.checked.spans).toBeGreaterThan(0);
    expect(recordsIn(join(path, "ledger.db"))).toBe(before);
    expect(readdirSync(path).sort()).toEqual(["alerts.db", "ledger.db", "manifest.json", "register.db"]);
    expect(await readManifest(path)).toEqual(manifest);
    for (const file of manifest.files) {
      const content = readFileSync(join(path, file.path));
      expect([file.path, file.bytes, file.sha256]).toEqual([
        file.path,
        content.length,
        Buffer.from(nodeCrypto.sha256(content)).toString("hex"),
      ]);
    }
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it("with keys has all of them, readable by their owner only", async () => {
    const { path, manifest } = await centre.backup();
    expect(manifest.keysIncluded).toBe(true);
    expect(readdirSync(join(path, "keys"))).toContain("receipt-key.pem");
    for (const name of readdirSync(join(path, "keys"))) {
      expect(statSync(join(path, "keys", name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(path, "keys", name))).toEqual(readFileSync(join(centre.data, "keys", name)));
    }
  });

  it("leaves nothing behind when it fails, and never takes the place of something", async () => {
    const planted = () => {
      throw new Error("planted: the disk is gone");
    };
    await expect(centre.backup({ onProgress: planted })).rejects.toMatchObject({
      code: "BACKUP_FAILED",
      message: expect.stringContaining("the disk is gone"),
    });
    expect(readdirSync(centre.backups)).toEqual([]);
    const { path } = await centre.backup();
    const manifest = readFileSync(join(path, "manifest.json"));
    await expect(centre.backup()).rejects.toMatchObject({ code: "BACKUP_FAILED" });
    expect(readFileSync(join(path, "manifest.json"))).toEqual(manifest);
    rmSync(join(centre.data, "keys", "receipt-key.pem"));
    await expect(centre.backup({ target: join(centre.backups, "other") })).rejects.toMatchObject({
      code: "KEY_INVALID",
    });
    expect(readdirSync(centre.backups)).toEqual(["copy"]);
  });

  it("refuses what is spoilt already, and says where", async () => {
    const { database } = centre.bench;
    database.exec(
      "DROP TRIGGER record_same; UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), '\"v\":1', '\"v\":2') AS BLOB) WHERE lsn = 7",
    );
    await expect(centre.backup()).rejects.toThrow("record 7 has not its digest");
    expect(readdirSync(centre.backups)).toEqual([]);
  });
});

describe("the check of a ledger's copy", () => {
  const ports = { sha256: nodeCrypto.sha256, random: Math.random };
  it.each([
    [
      "a changed digest",
      "DROP TRIGGER record_same; UPDATE record SET digest = zeroblob(32) WHERE lsn = 100",
      "record 100 has not its digest",
    ],
    [
      "a missing record",
      "DROP TRIGGER record_stays; DELETE FROM record WHERE lsn = 100",
      "300 records, and the last is number 301",
    ],
    ["a changed seal", "UPDATE seal SET h = zeroblob(32)", "does not lead to the seal"],
    ["a changed chain", "UPDATE run SET prev = zeroblob(32)", "does not lead to the seal"],
  ])("finds %s", async (name, plant, found) => {
    const { path } = await centre.backup();
    const copy = new Database(join(path, "ledger.db"));
    expect(() => checkLedgerCopy(copy, ports)).not.toThrow();
    copy.exec(plant);
    // Only the first stretch starts at the run: keep no other seal.
    if (name === "a changed chain") copy.exec("DELETE FROM seal WHERE seq > (SELECT min(seq) FROM seal)");
    expect(() => checkLedgerCopy(copy, ports)).toThrow(found);
    copy.close();
  });
});

describe("a directory of backups", () => {
  it("keeps the newest whole ones; a half one counts for nothing and goes when nobody works on it", async () => {
    const dayMs = 86_400_000;
    const at = (day: number) => Date.parse("2026-11-01T00:00:00Z") + day * dayMs;
    for (let day = 0; day < 4; day++) await centre.backup({ target: join(centre.backups, backupName(at(day))) });
    rmSync(join(centre.backups, backupName(at(3)), "manifest.json"));
    const half = (name: string, changedMs: number) => {
      const path = join(centre.backups, `${backupName(at(9))}.${name}.unfinished`);
      mkdirSync(path);
      writeFileSync(join(path, "ledger.db"), "");
      for (const each of [join(path, "ledger.db"), path]) utimesSync(each, changedMs / 1_000, changedMs / 1_000);
    };
    half("dead", at(5));
    half("alive", at(7) - 60_000);
    writeFileSync(join(centre.backups, "notes.txt"), "somebody's own");
    await thinOut(centre.backups, 2, at(7));
    expect((await findBackups(centre.backups)).map(({ path }) => path)).toEqual([
      join(centre.backups, backupName(at(1))),
      join(centre.backups, backupName(at(2))),
    ]);
    const left = readdirSync(centre.backups);
    expect(left).toContain("notes.txt");
    expect(left.filter((name) => name.endsWith(".unfinished"))).toEqual([`${backupName(at(9))}.alive.unfinished`]);
  });
});
