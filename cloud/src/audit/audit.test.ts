import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Signer } from "@mingcheng/protocols";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { generateSigningKey, signerFromPem } from "../crypto/signing-key.ts";
import { openRegister } from "../register/register-database.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { auditDigest, auditLink, auditSigned, auditStart } from "./audit-chain.ts";
import type { AuditEvent } from "./audit-event.ts";
import { auditHeadPath, readAuditHead, writeAuditHead } from "./audit-head.ts";
import { AuditLog } from "./audit-log.ts";
import { auditLines, auditPage } from "./audit-reader.ts";
import { Seldom } from "./seldom.ts";
import { type AuditReport, verifyAudit } from "./verify-audit.ts";

let directory: string;
let database: SqliteDatabase;
let signer: Signer;
let log: AuditLog;
let headFaults: unknown[];
const nowMs = Date.parse("2026-11-24T04:00:00Z");

const openLog = (over: SqliteDatabase = database): AuditLog =>
  new AuditLog({
    ...{ database: over, signer, headPath: auditHeadPath(directory), nowMs: () => nowMs },
    onHeadFault: (error) => headFaults.push(error),
  });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mingcheng-audit-"));
  database = openRegister(directory);
  database.pragma("synchronous = OFF");
  signer = signerFromPem(generateSigningKey());
  headFaults = [];
  log = openLog();
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true, force: true });
});

const login = (actor: string): AuditEvent => ({
  actor,
  address: "192.0.2.1",
  action: "session.login",
  subject: "user",
});
const fill = (count: number): void => {
  for (let index = 0; index < count; index++) log.append(login(`user-${index}`));
};
const verify = (rest: Partial<Parameters<typeof verifyAudit>[1]> = {}): Promise<AuditReport> =>
  verifyAudit(database, {
    ...{ keys: new Map([[signer.kid, signer.publicKey]]), headPath: auditHeadPath(directory), ...rest },
  });
const faultOf = async (): Promise<number | null | "none"> => {
  const { ok, fault } = await verify();
  return ok ? "none" : (fault?.n ?? null);
};

/** As somebody does who has the file and cares for no trigger. */
const tamper = (sql: string, ...values: unknown[]): void => {
  for (const name of ["audit_entry_stays", "audit_entry_same"]) database.exec(`DROP TRIGGER IF EXISTS ${name}`);
  database.prepare(sql).run(...values);
};

interface Row {
  n: number;
  bytes: Buffer;
  digest: Buffer;
  h: Buffer;
  kid: string;
  sig: Buffer;
}
const rows = (): Row[] => database.prepare("SELECT * FROM audit_entry ORDER BY n").all() as Row[];

describe("the audit log", () => {
  it("counts from 1, says when it begins, keeps its head, and refuses changes", async () => {
    fill(3);
    expect(await verify()).toMatchObject({ ok: true, entries: 4, withheld: 0, fault: null });
    expect(readAuditHead(auditHeadPath(directory))).toMatchObject({ n: 4, kid: signer.kid });
    expect(() => database.exec("DELETE FROM audit_entry WHERE n = 4")).toThrow("never deleted");
    expect(() => database.exec("UPDATE audit_entry SET bytes = x'00' WHERE n = 4")).toThrow("never changed");
    expect(() => database.exec("UPDATE audit_entry SET bytes = NULL, h = x'00' WHERE n = 4")).toThrow("never changed");
    const { entries, next } = auditPage(database, { limit: 2 });
    expect(entries.map(({ n, entry }) => [n, entry?.actor])).toEqual([
      [4, "user-2"],
      [3, "user-1"],
    ]);
    expect(auditPage(database, { limit: 9, before: next ?? 0 }).entries.map(({ n }) => n)).toEqual([2, 1]);
    expect(auditPage(database, { limit: 9, actor: "user-1" }).entries).toMatchObject([
      { n: 3, entry: { action: "session.login", title: { en: "signed in" } } },
    ]);
    expect(headFaults).toEqual([]);
  });

  it("takes an entry back with the change that it belongs to", async () => {
    const change = database.transaction((fails: boolean) => {
      database.exec("CREATE TABLE IF NOT EXISTS changed (x)");
      log.append(login("wang"));
      if (fails) throw new Error("planted");
    });
    expect(() => change(true)).toThrow("planted");
    expect(rows()).toEqual([]);
    change(false);
    await Promise.resolve();
    expect(await verify()).toMatchObject({ ok: true, entries: 2 });
    expect(readAuditHead(auditHeadPath(directory))).toMatchObject({ n: 2 });
  });

  it("is one chain whoever writes it, and never gives the head an older entry", async () => {
    const second = openRegister(directory);
    const other = openLog(second);
    for (let index = 0; index < 20; index++) (index % 2 === 0 ? log : other).append(login(`user-${index}`));
    second.close();
    expect(await verify()).toMatchObject({ ok: true, entries: 21 });
    expect(readAuditHead(auditHeadPath(directory))).toMatchObject({ n: 21 });
  });

  it("stands when the head cannot be written, and says so", async () => {
    log = new AuditLog({
      ...{ database, signer, headPath: join(directory, "missing", "head.json"), nowMs: () => nowMs },
      onHeadFault: (error) => headFaults.push(error),
    });
    fill(1);
    expect(headFaults).toHaveLength(1);
    expect(await verify({ headPath: null })).toMatchObject({ ok: true, entries: 2 });
  });

  it("cuts what is too long and keeps what is strange", async () => {
    log.append({ ...login("长".repeat(600)), detail: { note: '\u0000\n"}', many: "x".repeat(9_000) } });
    expect(await verify()).toMatchObject({ ok: true });
    const [entry] = auditPage(database, { limit: 1 }).entries;
    expect([entry?.entry?.actor.length, entry?.entry?.detail["note"]]).toEqual([500, '\u0000\n"}']);
  });
});

describe("tampering with the audit log is found", () => {
  beforeEach(() => fill(20));

  it("when an entry is edited, with its digest, or with the whole chain behind it", async () => {
    const edited = Buffer.from((rows()[9]?.bytes.toString("utf8") ?? "").replace("user-8", "user-x"));
    const original = rows();
    tamper("UPDATE audit_entry SET bytes = ? WHERE n = 10", edited);
    expect(await faultOf()).toBe(10);
    tamper("UPDATE audit_entry SET digest = ? WHERE n = 10", auditDigest(edited));
    expect(await faultOf()).toBe(10);
    let h: Uint8Array = original[8]?.h ?? auditStart;
    for (const row of rows().slice(9)) {
      h = auditLink(h, row.digest);
      tamper("UPDATE audit_entry SET h = ? WHERE n = ?", h, row.n);
    }
    expect(await faultOf()).toBe(10);
    // Signed anew, but not by the centre.
    const { privateKey } = generateKeyPairSync("ed25519");
    const thief = signerFromPem(
      createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }))
        .export({ format: "pem", type: "pkcs8" })
        .toString(),
    );
    for (const row of rows().slice(9)) {
      tamper("UPDATE audit_entry SET kid = ?, sig = ? WHERE n = ?", thief.kid, thief.sign(auditSigned(row.h)), row.n);
    }
    expect(await faultOf()).toBe(10);
    for (const row of rows().slice(9)) tamper("UPDATE audit_entry SET kid = ? WHERE n = ?", signer.kid, row.n);
    expect(await faultOf()).toBe(10);
  });

  it("when entries are deleted, inserted, swapped or cut off, alone or with the head", async () => {
    tamper("DELETE FROM audit_entry WHERE n = 7");
    expect(await faultOf()).toBe(7);
    tamper("UPDATE audit_entry SET n = n - 1 WHERE n > 7");
    expect(await faultOf()).toBe(7);
  });

  it("when one is inserted", async () => {
    const copy = rows()[4];
    for (let n = 21; n >= 6; n--) tamper("UPDATE audit_entry SET n = ? WHERE n = ?", n + 1, n);
    tamper(
      "INSERT INTO audit_entry VALUES (6, ?, ?, ?, ?, ?)",
      copy?.bytes,
      copy?.digest,
      copy?.h,
      copy?.kid,
      copy?.sig,
    );
    expect(await faultOf()).toBe(6);
  });

  it("when two change places", async () => {
    for (const [from, to] of [
      [5, 99],
      [12, 5],
      [99, 12],
    ]) {
      tamper("UPDATE audit_entry SET n = ? WHERE n = ?", to, from);
    }
    expect(await faultOf()).toBe(5);
  });

  it("when the end is cut off, the head is gone, another, or of another log", async () => {
    const path = auditHeadPath(directory);
    const head = readFileSync(path);
    const noted = { n: 21, h: (await verify()).head?.h ?? "" };
    expect(await verify({ noted: [noted] })).toMatchObject({ ok: true });
    const whole = rows();
    tamper("DELETE FROM audit_entry WHERE n > 15");
    expect(await faultOf()).toBe(21);
    rmSync(path);
    expect(await faultOf()).toBeNull();
    // With a head of the time before, only who noted a later one elsewhere can tell.
    const old = whole[14];
    writeAuditHead(path, {
      ...{ v: 1, n: 15, h: old?.h.toString("hex") ?? "", kid: signer.kid, sig: old?.sig.toString("base64") ?? "" },
    });
    expect(await faultOf()).toBe("none");
    expect((await verify({ noted: [noted] })).fault?.n).toBe(21);
    writeFileSync(path, "{}");
    expect(await faultOf()).toBeNull();
    writeFileSync(path, head);
    tamper("DELETE FROM audit_entry");
    expect(await faultOf()).toBeNull();
  });

  it("wherever a single octet is changed", async () => {
    const whole = rows();
    tamper("DELETE FROM audit_entry WHERE n = 0");
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.constantFrom("bytes", "digest", "h", "sig"),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (index, column, at, flip) => {
          const row = whole[index];
          if (row === undefined) return;
          const octets = Buffer.from(row[column as "bytes"]);
          const place = at % octets.length;
          octets[place] = (octets[place] ?? 0) ^ flip;
          tamper(`UPDATE audit_entry SET ${column} = ? WHERE n = ?`, octets, row.n);
          expect(await faultOf()).toBe(row.n);
          tamper(`UPDATE audit_entry SET ${column} = ? WHERE n = ?`, row[column as "bytes"], row.n);
        },
      ),
      { numRuns: 60 },
    );
    expect(await faultOf()).toBe("none");
  });
});

describe("erasing what is out of time", () => {
  it("leaves the chain whole and says so; what nobody said was erased is missed", async () => {
    fill(5);
    expect(log.withhold(2, 4, { actor: "centre", reason: "3 years" })).toBe(3);
    expect(await verify()).toMatchObject({ ok: true, entries: 7, withheld: 3 });
    expect(JSON.stringify([...auditLines(database)])).not.toContain("user-1");
    expect(auditPage(database, { limit: 9 }).entries.find(({ n }) => n === 3)?.entry).toBeNull();
    expect(log.withhold(2, 4, { actor: "centre", reason: "again" })).toBe(0);
    tamper("UPDATE audit_entry SET bytes = NULL WHERE n = 6");
    expect(await faultOf()).toBe(6);
  });
});

describe("what is refused again and again", () => {
  it("is noted once in a while, with how often it happened meanwhile", () => {
    const seldom = new Seldom(1_000);
    expect([0, 10, 20, 999].map((atMs) => seldom.pass("a", atMs))).toEqual([0, undefined, undefined, undefined]);
    expect(seldom.pass("b", 20)).toBe(0);
    expect(seldom.pass("a", 1_000)).toBe(3);
    for (let index = 0; index < 10_001; index++) seldom.pass(`kind ${index}`, 1_500);
    expect(seldom.pass("a", 1_500)).toBe(0);
  });
});
