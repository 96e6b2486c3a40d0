import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { toHex } from "@mingcheng/protocols";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BackedUpCentre } from "../../test/backed-up-centre.ts";
import { WriterBench } from "../../test/writer-bench.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { loadCentreKeys } from "../keys/centre-keys.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { GatewayRegister } from "../register/gateway-register.ts";
import { openRegister } from "../register/register-database.ts";
import { lockDataDirectory, restoringPath } from "../store/data-directory.ts";
import { openForReading, type SqliteDatabase } from "../store/database.ts";
import { SessionBook } from "../users/session-book.ts";
import { type RestoreOptions, restoreBackup } from "./restore-backup.ts";

const minuteMs = 60_000;
let centre: BackedUpCentre;
let target: string;
let opened: SqliteDatabase[];
beforeEach(async () => {
  centre = new BackedUpCentre();
  target = join(centre.scratch, "restored");
  opened = [];
  await centre.makeKeys();
  centre.commit(100);
});
afterEach(() => {
  for (const database of opened) database.close();
  centre.close();
});

const restore = (change: Partial<RestoreOptions> = {}) =>
  restoreBackup({
    from: join(centre.backups, "copy"),
    dataDirectory: target,
    keys: undefined,
    nowMs: () => centre.bench.nowMs,
    onProgress: () => undefined,
    ...change,
  });

const ledgerOf = (dataDirectory: string): SqliteDatabase => {
  const database = openForReading(join(dataDirectory, "ledger.db"));
  opened.push(database);
  return database;
};

/** Starts and ends a ledger the way a centre does. */
const startOnce = (gen: string): void => {
  const { signer } = centre;
  const ports = {
    crypto: nodeCrypto,
    signer,
    nowMs: () => centre.bench.nowMs,
    random: () => 0.5,
    onFault: () => undefined,
  };
  openLedger(target, { gen, afterFault: false }, ports).close();
};

describe("a data directory made from a backup", () => {
  it("begins its next generation with a restore, once, and names the time between as a gap", async () => {
    const takenMs = centre.bench.nowMs;
    await centre.backup();
    centre.bench.nowMs += 30 * minuteMs;
    const { restoredAt } = await restore();
    expect(restoredAt).toBe(new Date(takenMs + 30 * minuteMs).toISOString());
    startOnce("aa".repeat(16));
    startOnce("bb".repeat(16));
    const ledger = ledgerOf(target);
    expect(ledger.prepare("SELECT gen, reason FROM generation ORDER BY position").raw().all()).toEqual([
      [centre.bench.ledger.gen, "start"],
      ["aa".repeat(16), "restore"],
      ["bb".repeat(16), "start"],
    ]);
    expect(ledger.prepare("SELECT from_ms, to_ms, lsn, gen FROM restore").raw().all()).toEqual([
      [takenMs, takenMs + 30 * minuteMs, centre.stored(), "aa".repeat(16)],
    ]);
    expect(readdirSync(target).filter((name) => name.endsWith(".db"))).toEqual(
      expect.arrayContaining(["alerts.db", "ledger.db", "register.db"]),
    );
    expect(existsSync(restoringPath(target))).toBe(false);
    const runs = ledger.prepare("SELECT to_seq, hex(h) FROM run").raw().all();
    expect(runs).toEqual([[101, toHex(centre.line.h(101)).toUpperCase()]]);
  });

  it("reports the time between for every gateway that was there before, once, and a later copy as what it is", async () => {
    const takenMs = centre.bench.nowMs;
    await centre.backup();
    centre.bench.nowMs += 30 * minuteMs;
    await restore();
    startOnce("aa".repeat(16));
    const bench = new WriterBench(join(target, "ledger.db"));
    opened.push(bench.database);
    bench.keys.set(centre.signer.kid, centre.signer);
    bench.nowMs = takenMs + 90 * minuteMs;
    const { eid } = centre.line.line;
    const show = (gen: string) => {
      const payload = centre.line.state({ witness: { gen, n: 3 } });
      bench.take({ type: "state", gw: centre.gw, eid, payload });
      return bench.database.prepare("SELECT detail FROM report WHERE kind = 'restore'").pluck().all();
    };
    // A gateway that was first heard of after the restore has lost nothing.
    expect(show("aa".repeat(16))).toEqual([]);
    // The generation that was lost went on under the name that the copy knows.
    const named = JSON.stringify({ fromMs: takenMs, toMs: takenMs + 30 * minuteMs });
    expect(show(centre.bench.ledger.gen)).toEqual([named]);
    // Another process, the same restore.
    bench.restart();
    expect(show(centre.bench.ledger.gen)).toEqual([named]);
    // Nothing that a command did explains this: somebody put yet another copy in place.
    bench.nowMs += minuteMs;
    expect(show("ee".repeat(16))).toEqual([named, JSON.stringify({ fromMs: takenMs, toMs: bench.nowMs })]);
  });

  it("lets nobody in who was only signed in, or holds a code from before", async () => {
    const { nowMs } = centre.bench;
    centre.register.prepare("INSERT INTO user VALUES ('li', 'auditor', 'x', 0, ?, ?, NULL)").run(nowMs, nowMs);
    const token = new SessionBook(centre.register).open("li", nowMs);
    const { secret } = new GatewayRegister(centre.register).addCode("market-b", "", nowMs);
    await centre.backup();
    await restore();
    const register = openRegister(target);
    opened.push(register);
    expect(new SessionBook(register).find(token, nowMs)).toBeUndefined();
    expect(secret.length).toBeGreaterThan(0);
    expect(register.prepare("SELECT expires_ms FROM enrolment_code").pluck().all()).toEqual([nowMs]);
  });

  it("has the keys of its centre, or none", async () => {
    await centre.backup({ includeKeys: false });
    await expect(restore()).rejects.toMatchObject({ code: "RESTORE_REFUSED" });
    const other = join(centre.scratch, "other");
    mkdirSync(other);
    await loadCentreKeys(other, { centreName: "Other", publicHost: "127.0.0.1", nowMs: Date.now() });
    await expect(restore({ keys: { directory: other } })).rejects.toThrow(
      "the receipt key is not the one of this backup's centre",
    );
    expect(existsSync(target)).toBe(false);
    await restore({ keys: { directory: join(centre.data, "keys") } });
    const pem = (directory: string) => readFileSync(join(directory, "keys", "receipt-key.pem"), "utf8");
    expect(pem(target)).toBe(pem(centre.data));
    await restore({ keys: "new", dataDirectory: join(centre.scratch, "third") });
    expect(existsSync(join(centre.scratch, "third", "keys"))).toBe(false);
  });
});

describe("a restore that cannot be", () => {
  beforeEach(() => centre.backup());
  const copy = () => join(centre.backups, "copy");

  it("overwrites nothing", async () => {
    mkdirSync(target);
    writeFileSync(join(target, "ledger.db"), "somebody's own");
    await expect(restore()).rejects.toMatchObject({ code: "RESTORE_REFUSED" });
    expect(readdirSync(target)).toEqual(["ledger.db"]);
    await expect(restore({ dataDirectory: centre.data })).rejects.toMatchObject({ code: "RESTORE_REFUSED" });
  });

  it.each([
    ["a changed file", () => appendFileSync(join(copy(), "ledger.db"), "x")],
    ["a missing file", () => rmSync(join(copy(), "alerts.db"))],
    ["no manifest", () => rmSync(join(copy(), "manifest.json"))],
    ["a path out of the backup", () => rewrite((text) => text.replace('"alerts.db"', '"../alerts.db"'))],
    ["no ledger", () => rewrite((text) => text.replace('"path": "ledger.db"', '"path": "alerts.db"'))],
  ])("finds %s, and leaves nothing", async (_name, spoil) => {
    spoil();
    await expect(restore()).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
    expect(existsSync(target) ? readdirSync(target).filter((name) => !name.startsWith("lock.db")) : []).toEqual([]);
  });
  const rewrite = (change: (text: string) => string) => {
    const path = join(copy(), "manifest.json");
    writeFileSync(path, change(readFileSync(path, "utf8")));
  };

  it("is refused by an older program", async () => {
    rewrite((text) => text.replaceAll(/"layout": \d+/g, '"layout": 99'));
    await expect(restore()).rejects.toMatchObject({ code: "STORE_TOO_NEW" });
    expect(existsSync(target)).toBe(false);
  });

  it("is not taken for a centre when it was interrupted", async () => {
    mkdirSync(restoringPath(target), { recursive: true });
    cpSync(join(copy(), "register.db"), join(target, "register.db"));
    await expect(lockDataDirectory(target)).rejects.toMatchObject({ code: "RESTORE_UNFINISHED" });
    await expect(restore()).rejects.toMatchObject({ code: "RESTORE_REFUSED" });
  });
});
