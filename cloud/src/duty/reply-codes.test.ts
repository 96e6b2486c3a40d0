import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { everyTier, minute, TestedSms, testedDuty } from "../../test/tested-duty.ts";
import { alertsMigrations } from "../alerts/alerts-database.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { Database } from "../store/sqlite-engine.ts";
import { replyCodeTables } from "./duty-tables.ts";
import { replyKeyFile, replyKeyOf } from "./reply-key.ts";

/** Columns that hold one of these words. */
const heldIn = (database: SqliteDatabase, words: readonly string[]): string[] => {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  return tables.flatMap((table) =>
    (database.prepare(`SELECT * FROM "${table}"`).all() as Record<string, unknown>[]).flatMap((row) =>
      Object.entries(row).flatMap(([column, value]) =>
        words.some((word) => String(value).includes(word)) ? [`${table}.${column}`] : [],
      ),
    ),
  );
};

describe("reply codes", () => {
  it("are nowhere in the store, before and after they are used; the same message carries the same one again", async () => {
    const sms = new TestedSms();
    sms.answers = [{ type: "failed", outcome: "HTTP 503", lost: false }];
    const city = testedDuty({ routing: await everyTier(), channels: [sms] });
    city.raise("r1", { severity: "alarm" });
    await city.pass(minute);
    const codes = sms.got.map(({ message }) => message.variables["code"] ?? "");
    expect(codes).toHaveLength(2);
    expect(new Set(codes).size).toBe(1);
    const [code = ""] = codes;
    expect(sms.texts()[0]).toContain(`回复${code}签收`);
    // The number stands in nothing that belongs to codes, either; as text it is in no row at all.
    expect(heldIn(city.database, [code, "13800000001"])).toEqual([]);
    sms.inbound?.onReply({ id: "mo-1", phone: "13900000000", text: code, atMs: city.clock.nowMs });
    await city.wake();
    expect(sms.texts().at(-1)).toBe(": 提示：编号无效");
    expect(heldIn(city.database, [code])).toEqual([]);
    sms.inbound?.onReply({ id: "mo-2", phone: "13800000001", text: code, atMs: city.clock.nowMs });
    await city.wake();
    expect(city.rows("SELECT state FROM alert")).toEqual([["acknowledged"]]);
    // Somebody writes it down in clear: that is found.
    city.database.exec(`UPDATE message SET reason = 'code ${code}' WHERE template = 'alert'`);
    expect(heldIn(city.database, [code])).toContain("message.reason");
  });

  it("of a layout before are sealed at the start, and are good as ever; messages that held them hide them", async () => {
    const database = new Database(":memory:");
    database.pragma("foreign_keys = ON");
    for (const migration of alertsMigrations) if (migration !== replyCodeTables) migration(database);
    const sms = new TestedSms();
    // As the program before wrote them: SHA-256 of code and number, and the code beside it.
    const digest = "b6e5a2bc";
    database.exec(`
      INSERT INTO alert (id, rule, group_key, labels, state, severity, title, next, runbook, owner, owner_reason, gw, dev, lsn,
        matches, late, started_ms, opened_ms, fired_ms, site)
        VALUES ('a1', 'test-positive', '{}', '{}', 'firing', 'alarm', '{"zh":"快检阳性","en":"Positive"}', '{"zh":"","en":""}',
          '', 'role:inspector', 'rule', 'gw-1', 'tester-1', 7, 1, 0, 0, 0, 0, 'songbai');
      INSERT INTO message (id, position, officer, phone, template, variables, text, code, urgent, group_key, alerts, state, leg,
        deadline_ms, created_ms)
        VALUES ('m1', 1, 'op', '', 'alert', '{"level":"紧急","code":"7431"}', '紧急预警。回复7431签收', '7431', 2, '', 1, 'sent',
          0, 0, 0);`);
    const insert = database.prepare("INSERT INTO reply_code VALUES (NULL, 'a1', ?, ?, ?, 0, ?, NULL)");
    const { createHash } = await import("node:crypto");
    const of = (code: string, phone: string): string =>
      createHash("sha256").update(`mc-code-v1\0${code}\0${phone}`).digest("hex").slice(0, 32);
    insert.run("op", "7431", of("7431", "13800000001"), 4e12);
    insert.run("gone", "5220", digest, 4e12);
    replyCodeTables(database);
    const city = testedDuty({ routing: await everyTier(), channels: [sms], database });
    expect(heldIn(database, ["7431", "5220"])).toEqual([]);
    expect(city.rows("SELECT text, variables FROM message WHERE id = 'm1'")).toEqual([
      ["紧急预警。回复····签收", '{"level":"紧急","code":"····"}'],
    ]);
    sms.inbound?.onReply({ id: "mo-1", phone: "13800000001", text: "7431", atMs: city.clock.nowMs });
    expect(city.rows("SELECT state, acknowledged_by FROM alert")).toEqual([["acknowledged", "chen.op"]]);
  });

  it("are derived with a key of the data directory, which nobody else may read", () => {
    const data = mkdtempSync(join(tmpdir(), "mingcheng-reply-key-"));
    try {
      const key = replyKeyOf(data);
      const path = join(data, "keys", replyKeyFile);
      expect(key).toHaveLength(32);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(replyKeyOf(data)).toEqual(key);
      chmodSync(path, 0o640);
      expect(() => replyKeyOf(data)).toThrow(expect.objectContaining({ code: "KEY_INVALID" }));
    } finally {
      rmSync(data, { recursive: true });
    }
  });
});
