import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentOf, dayMs, KeptCentre, type ToldRecord } from "../../test/kept-centre.ts";
import { testOf } from "../../test/memory-ledger.ts";
import { auditPage } from "../audit/audit-reader.ts";
import { exportEvidence } from "../evidence/export-evidence.ts";
import { verifyEvidence } from "../evidence/verify-evidence.ts";
import { loadSigners } from "../keys/centre-keys.ts";
import { openForReading, openForWriting } from "../store/database.ts";
import { projectionsMigrations } from "../store/projections-database.ts";
import { Database } from "../store/sqlite-engine.ts";
import { HoldBook } from "./hold-book.ts";
import type { EraseRecords, ErasureOrder } from "./record-eraser.ts";
import { answerOf, answerRequest, dueRun, lastDueMs, requestRun } from "./retention-schedule.ts";

let centre: KeptCentre;
beforeEach(async () => {
  centre = new KeptCentre();
  await centre.makeKeys();
});
afterEach(() => centre.close());

const startMs = Date.UTC(2022, 0, 1);
const kinds = ["weighing", "weighing", "weighing", "test", "scale-event", "device", "sale"];

/** A number in [0, 1) from a seed. */
const seeded = (seed: number) => {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Records of `days` days, some of them late, by three devices. */
const fill = (days: number, perDay: number, random = seeded(7)): void => {
  for (let day = 0; day < days; day++) {
    for (let each = 0; each < perDay; each++) {
      const at = startMs + day * dayMs + Math.floor((each + random()) * (dayMs / perDay));
      const kind = kinds[Math.floor(random() * kinds.length)] ?? "weighing";
      const late = random() < 0.2 ? Math.floor(random() * 2 * dayMs) : 0;
      centre.tell(kind, `device-${Math.floor(random() * 3)}`, at, late);
    }
  }
};

const settings = { readingsDays: 10, testsDays: 15, camerasDays: 10, actsDays: 10 };

interface Span {
  readonly dev: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What must be erased, worked out from what the test was told alone. */
const expected = (told: readonly ToldRecord[], nowMs: number, holds: readonly Span[] = []): number[] =>
  told.flatMap(({ lsn, kind, dev, receivedMs, ownMs }) => {
    const days = kind === "test" ? 15 : ["weighing", "scale-event", "sale"].includes(kind) ? 10 : null;
    const isHeld = holds.some(
      (hold) =>
        (hold.dev === null || hold.dev === dev) &&
        [receivedMs, ownMs].some((ms) => ms >= hold.fromMs && ms < hold.toMs),
    );
    return days !== null && !isHeld && receivedMs < nowMs - days * dayMs ? [lsn] : [];
  });

const rebuilt = (): Record<string, unknown[]> => {
  const database = openForWriting({ path: join(centre.scratch, "rebuilt.db"), migrations: projectionsMigrations });
  database.prepare("UPDATE cursor SET version = -1").run();
  centre.follower(database)();
  const content = contentOf(database);
  database.close();
  return content;
};

const exported = async () => {
  const { manifest, receipt } = await loadSigners(centre.data);
  expect(receipt.kid).not.toBe(manifest.kid);
  const out = join(centre.scratch, "evidence.mcx");
  const asOf = new Date(centre.bench.nowMs).toISOString();
  const key = { kid: centre.signer.kid, publicKey: centre.signer.publicKey, since: asOf, revokedFrom: null };
  const gateway = { gw: centre.gw, site: centre.gw, createdAt: asOf, enrolledAt: asOf, disabledAt: null, keys: [key] };
  const request = {
    gateway,
    revokedFrom: () => null,
    from: null,
    to: null,
    chosen: null,
    withhold: [],
    out,
    software: "t",
  };
  const result = await exportEvidence(centre.bench.database, manifest, request, { asOf });
  const pinned = { gateway: centre.signer.publicKey, centre: manifest.publicKey };
  return { result, report: await verifyEvidence(out, pinned, { threads: 1 }) };
};

/** What the audit log says was done, the newest first. */
const actions = (): (string | undefined)[] =>
  auditPage(centre.register, { limit: 20 }).entries.map(({ entry }) => entry?.action);

describe("data whose time is over", () => {
  it("is erased by digest: nothing younger goes, the chain verifies, and what was made from it goes too", async () => {
    fill(30, 12);
    centre.follow();
    const before = contentOf(centre.projections);
    const nowMs = startMs + 30 * dayMs;
    const due = expected(centre.told, nowMs);
    const reports = await centre.run(nowMs, settings);
    expect(centre.erased()).toEqual(due);
    expect(due.length).toBeGreaterThan(50);
    const [readings, tests] = [reports[0]?.count ?? 0, reports[1]?.count ?? 0];
    expect(readings + tests).toBe(due.length);
    const { result, report } = await exported();
    expect(report).toMatchObject({ ok: true });
    expect(result).toMatchObject({ withheld: due.length, records: centre.told.length - due.length });
    centre.follow();
    const after = contentOf(centre.projections);
    const places = (content: typeof before) => (content["records"] as { lsn: number }[]).map(({ lsn }) => lsn);
    expect(places(after)).toEqual(places(before).filter((lsn) => !due.includes(lsn)));
    expect(before["events"]?.length).toBeGreaterThan(10);
    expect(before["quarantine"]?.length).toBeGreaterThan(after["quarantine"]?.length ?? 0);
    expect(after).toEqual(rebuilt());
    // Again, there is nothing more.
    expect((await centre.run(nowMs, settings)).every(({ count }) => count === 0)).toBe(true);
    expect(actions()).toContain("data.erased");
  });

  it("leaves no octet behind in the ledger's files", async () => {
    centre.tell("weighing", "device-0", startMs, 0, { note: "a-word-that-nobody-else-uses" });
    for (let each = 0; each < 200; each++) centre.tell("weighing", "device-1", startMs + each);
    const found = () => {
      return ["ledger.db", "ledger.db-wal"].some((name) =>
        readFileSync(join(centre.data, name)).includes("a-word-that-nobody-else-uses"),
      );
    };
    expect(found()).toBe(true);
    await centre.run(startMs + 40 * dayMs, settings);
    expect(found()).toBe(false);
  });

  it.each([1, 2, 3])("stays while a hold covers it, and goes once it is released (draw %i)", async (seed) => {
    const random = seeded(seed);
    fill(25, 6, random);
    centre.follow();
    const nowMs = startMs + 40 * dayMs;
    const holds = new HoldBook(centre.register);
    const spans: Span[] = Array.from({ length: 3 }, () => {
      const fromMs = startMs + Math.floor(random() * 25) * dayMs;
      const dev = random() < 0.5 ? null : `device-${Math.floor(random() * 3)}`;
      return { dev, fromMs, toMs: fromMs + Math.ceil(random() * 6) * dayMs };
    });
    const decision = { by: "test", reason: "a case", nowMs };
    const ids = spans.map((span) => holds.place({ gw: centre.gw, ...span }, decision));
    // Of another gateway: it covers nothing here.
    holds.place({ gw: "market-b", dev: null, fromMs: 0, toMs: nowMs }, decision);
    const reports = await centre.run(nowMs, settings);
    const free = expected(centre.told, nowMs, spans);
    expect(centre.erased()).toEqual(free);
    const all = expected(centre.told, nowMs);
    expect(reports.slice(0, 2).reduce((sum, { held }) => sum + held, 0)).toBe(all.length - free.length);
    expect((await exported()).report).toMatchObject({ ok: true });
    for (const id of ids) holds.release(id, decision);
    expect(() => holds.release(ids[0] ?? 0, decision)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
    await centre.run(nowMs, settings);
    expect(centre.erased()).toEqual(all);
    centre.follow();
    expect(contentOf(centre.projections)).toEqual(rebuilt());
  });

  it("stays when a hold is placed between the look and the erasing", async () => {
    fill(20, 10);
    const nowMs = startMs + 40 * dayMs;
    const span = { dev: null, fromMs: startMs, toMs: startMs + 10 * dayMs };
    let orders = 0;
    const erase: EraseRecords = async (order) => {
      if (orders++ === 0) {
        new HoldBook(centre.register).place({ gw: null, ...span }, { by: "test", reason: "late", nowMs });
      }
      return centre.erase(order);
    };
    await centre.run(nowMs, settings, erase);
    expect(centre.erased()).toEqual(expected(centre.told, nowMs, [span]));
  });

  it("is erased in any order of crashes: what is done stands, what is not is done by the next run", async () => {
    fill(20, 10);
    centre.follow();
    const nowMs = startMs + 40 * dayMs;
    const due = expected(centre.told, nowMs);
    let crashes = 0;
    for (let after = 0; after < 40; after++) {
      let orders = 0;
      const erase: EraseRecords = async (order: ErasureOrder) => {
        // Small pieces, so that there is much to be interrupted.
        const piece = { ...order, records: order.records.slice(0, 7) };
        const last = piece.records.at(-1)?.lsn;
        if (order.records.length > 7 && last !== undefined) {
          await centre.erase({ ...piece, upTo: last });
          throw new Error("planted: the process dies here");
        }
        if (orders++ > after) throw new Error("planted: the process dies here");
        return centre.erase(order);
      };
      try {
        await centre.run(nowMs, settings, erase);
        break;
      } catch {
        crashes++;
        expect(centre.erased().every((lsn) => due.includes(lsn))).toBe(true);
      }
    }
    expect(crashes).toBeGreaterThan(5);
    await centre.run(nowMs, settings);
    expect(centre.erased()).toEqual(due);
    centre.follow();
    expect(contentOf(centre.projections)).toEqual(rebuilt());
  });

  it("lets a repetition count in place of the result that was erased", async () => {
    const body = testOf("leek-1", "positive");
    centre.tell("test", "device-0", startMs, 0, body);
    centre.tell("test", "device-0", startMs + 20 * dayMs, 0, {
      ...body,
      resendOf: "lost answer",
    });
    centre.follow();
    await centre.run(startMs + 30 * dayMs, settings);
    expect(centre.erased()).toEqual([2]);
    centre.follow();
    const content = contentOf(centre.projections);
    expect(content["tests"]).toMatchObject([{ lsn: 3, counted: 1 }]);
    expect(content).toEqual(rebuilt());
  });

  it("is found missing by the chain when it is not erased by the rules", async () => {
    fill(3, 5);
    const database = centre.bench.database;
    // The planted fault: a record is emptied without a word.
    expect(() => database.exec("UPDATE record SET bytes = x'' WHERE lsn = 3")).toThrow("records are never changed");
    expect(() => database.exec("DELETE FROM record WHERE lsn = 3")).toThrow("records are never deleted");
    database.exec("DROP TRIGGER record_same; UPDATE record SET bytes = x'' WHERE lsn = 3");
    expect((await exported()).report).toMatchObject({ ok: false });
  });
});

describe("a duplicate of an erased record", () => {
  it("is receipted as stored, and does not come back", async () => {
    fill(5, 5);
    await centre.run(startMs + 40 * dayMs, settings);
    const before = centre.erased();
    expect(before.length).toBeGreaterThan(10);
    const answers = centre.bench.take(centre.bench.batch(centre.gw, centre.line.batch(1, centre.line.head)));
    expect(answers[0]).toMatchObject({ outcome: "stored", records: 0, quarantined: 0 });
    expect(centre.erased()).toEqual(before);
  });
});

describe("the daily run", () => {
  it("is due once after its hour, and whenever somebody asks", () => {
    const { register } = centre;
    const at = (text: string) => Date.parse(`${text}+08:00`);
    const due = (text: string) => dueRun(register, { timezone: "Asia/Shanghai", atHour: 3, nowMs: at(text) });
    const ran = (text: string) =>
      register
        .prepare("INSERT INTO retention_run (by, began_ms, ended_ms, result) VALUES ('centre', ?, ?, '[]')")
        .run(at(text), at(text));
    expect(lastDueMs("Asia/Shanghai", 3, at("2026-11-25T02:59:59"))).toBe(at("2026-11-24T03:00:00"));
    expect(due("2026-11-25T09:00:00")).toEqual({ by: "centre", request: null });
    ran("2026-11-25T09:00:00");
    expect(due("2026-11-25T23:59:00")).toBeUndefined();
    expect(due("2026-11-26T02:59:59")).toBeUndefined();
    expect(due("2026-11-26T03:00:00")).toEqual({ by: "centre", request: null });
    ran("2026-11-26T03:00:01");
    const request = requestRun(register, "root@terminal", at("2026-11-26T04:00:00"));
    expect(due("2026-11-26T04:00:00")).toEqual({ by: "root@terminal", request });
    expect(answerOf(register, request)).toBeUndefined();
    answerRequest(register, request, [], at("2026-11-26T04:00:01"));
    expect(answerOf(register, request)).toEqual([]);
    expect(due("2026-11-26T04:00:02")).toBeUndefined();
  });
});

describe("other classes of data", () => {
  it("lets ended alerts go with everything that belongs to them, and nothing else", async () => {
    const { alerts } = centre;
    const nowMs = startMs + 400 * dayMs;
    const columns = alerts
      .prepare("SELECT name, type, \"notnull\" AS needed, dflt_value AS given FROM pragma_table_info('alert')")
      .all() as {
      name: string;
      type: string;
      needed: number;
      given: string | null;
    }[];
    const add = (id: string, endedMs: number | null, gw = centre.gw): void => {
      const row: Record<string, unknown> = {
        id,
        gw,
        ended_ms: endedMs,
        started_ms: (endedMs ?? nowMs) - 1_000,
        group_key: id,
      };
      const names = columns.filter(({ name, needed, given }) => name in row || (needed === 1 && given === null));
      const values = names.map(({ name, type }) => (name in row ? row[name] : type === "INTEGER" ? 0 : "{}"));
      alerts
        .prepare(`INSERT INTO alert (${names.map(({ name }) => name).join()}) VALUES (${names.map(() => "?").join()})`)
        .run(...values);
      alerts
        .prepare(
          "INSERT INTO history (alert, at_ms, to_state, reason, actor, detail) VALUES (?, 0, 'closed', 'r', 'wang', '{}')",
        )
        .run(id);
    };
    add("old", nowMs - 120 * dayMs);
    add("held", nowMs - 120 * dayMs, "market-b");
    add("young", nowMs - 10 * dayMs);
    add("open", null);
    new HoldBook(centre.register).place(
      { gw: "market-b", dev: null, fromMs: 0, toMs: nowMs },
      { by: "test", reason: "a case", nowMs },
    );
    expect(() => alerts.exec("DELETE FROM history WHERE alert = 'old'")).toThrow("append-only");
    const reports = await centre.run(nowMs, { ...settings, alertsDays: 100 });
    expect(reports.find(({ name }) => name === "alerts")).toMatchObject({ count: 1, held: 1 });
    const left = (table: string, column: string) =>
      alerts.prepare(`SELECT ${column} FROM ${table} ORDER BY ${column}`).pluck().all();
    expect(left("alert", "id")).toEqual(["held", "open", "young"]);
    expect(left("history", "alert")).toEqual(["held", "open", "young"]);
    expect(left("erased_alert", "id")).toEqual(["old"]);
    expect(() => alerts.exec("DELETE FROM erased_alert")).toThrow("stays named");
  });

  it("empties what could not be believed, and keeps its digest and reason", async () => {
    fill(2, 2);
    centre.bench.nowMs = startMs + 3 * dayMs;
    centre.bench.take(centre.bench.batch(centre.gw, centre.line.batch(1, 3, { badSeal: true })));
    const rows = () =>
      centre.bench.database
        .prepare("SELECT reason, length(content) AS size, length(digest) AS digest FROM quarantine")
        .all();
    expect(rows()).toMatchObject([{ digest: 32 }]);
    await centre.run(startMs + 100 * dayMs, { ...settings, quarantineDays: 200 });
    expect(rows()).not.toMatchObject([{ size: 0 }]);
    await centre.run(startMs + 300 * dayMs, { ...settings, quarantineDays: 200 });
    expect(rows()).toMatchObject([{ size: 0, digest: 32 }]);
  });

  it("withholds audit entries by digest, from the oldest on", async () => {
    const first = startMs + 10 * dayMs;
    centre.tell("weighing", "device-0", startMs);
    await centre.run(first, { ...settings, readingsDays: 1 });
    await centre.run(first + 400 * dayMs, { ...settings, auditDays: 200 });
    expect(actions()).toContain("audit.withheld");
    const empty = centre.register.prepare("SELECT count(*) FROM audit_entry WHERE bytes IS NULL").pluck().get();
    expect(Number(empty)).toBeGreaterThan(0);
  });

  it("empties names in entries of the register that are over; codes, and what is in force, stay", async () => {
    const { register } = centre;
    register.exec(
      "INSERT INTO register_change (id, at_ms, by, source, note, counts) VALUES (1, 0, 'test', 'test', '', '{}')",
    );
    const minutes = (ms: number) => Math.floor(ms / 60_000);
    const nowMs = startMs + 4_000 * dayMs;
    const add = register.prepare(
      "INSERT INTO officer (code, name, phone, login, department, valid_from, valid_to, since_change) VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
    );
    add.run("o1", "王丽", "13800000000", "wang.li", "station", 0, minutes(startMs));
    add.run("o2", "李强", "13900000000", "li.qiang", "station", 0, minutes(nowMs + dayMs));
    await centre.run(nowMs, { ...settings, peopleDays: 1_000 });
    expect(register.prepare("SELECT code, name, phone, login FROM officer ORDER BY code").all()).toEqual([
      { code: "o1", name: "—", phone: "", login: "" },
      { code: "o2", name: "李强", phone: "13900000000", login: "li.qiang" },
    ]);
    expect(() => register.exec("UPDATE officer SET name = 'x' WHERE code = 'o1'")).toThrow("never changed");
    expect(() =>
      register.exec("UPDATE officer SET name = '—', phone = '', login = '', department = '' WHERE code = 'o2'"),
    ).toThrow("never changed");
  });
});

describe("people under a legal hold", () => {
  it("stay named: whoever is named in a hold of everything, and the vendor at whose stall a held device stood", async () => {
    const { register } = centre;
    register.exec(
      "INSERT INTO register_change (id, at_ms, by, source, note, counts) VALUES (1, 0, 'test', 'test', '', '{}')",
    );
    const minutes = (day: number) => Math.floor((startMs + day * dayMs) / 60_000);
    const nowMs = startMs + 4_000 * dayMs;
    const add = (table: string, row: Readonly<Record<string, string>>, from: number, to: number): void => {
      const full = { ...row, valid_from: minutes(from), valid_to: minutes(to), since_change: 1 };
      const names = Object.keys(full);
      const marks = names.map(() => "?").join();
      register.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${marks})`).run(...Object.values(full));
    };
    for (const code of ["before", "then", "elsewhere"]) add("vendor", { code, name: code, licence: "" }, 0, 100);
    add("officer", { code: "o1", name: "王丽", phone: "1", login: "", department: "" }, 0, 100);
    // The scale stood at stall s1 from day 0 to 20. `before` had the stall until day 10, `then` from then on.
    add("placement", { gw: "market-a", dev: "scale-1", stall: "s1", site: "" }, 0, 20);
    add("tenancy", { stall: "s1", vendor: "before" }, 0, 10);
    add("tenancy", { stall: "s1", vendor: "then" }, 10, 100);
    add("tenancy", { stall: "s2", vendor: "elsewhere" }, 0, 100);
    const holds = new HoldBook(register);
    const order = { by: "test", reason: "case", nowMs };
    const span = (from: number, to: number) => ({ fromMs: startMs + from * dayMs, toMs: startMs + to * dayMs });
    // Nobody's: it stood there no more, or it is another device.
    holds.place({ gw: "market-a", dev: "scale-1", ...span(20, 30) }, order);
    holds.place({ gw: "market-a", dev: "scale-2", ...span(0, 30) }, order);
    const scale = holds.place({ gw: "market-a", dev: "scale-1", ...span(10, 12) }, order);
    const all = holds.place({ gw: null, dev: null, ...span(99, 200) }, order);
    const named = () => register.prepare("SELECT code FROM vendor WHERE name <> '—' ORDER BY code").pluck().all();
    const people = async () => {
      const [report] = (await centre.run(nowMs, { ...settings, peopleDays: 10 })).filter(
        ({ name }) => name === "people",
      );
      return [report?.count, report?.held];
    };
    expect(await people()).toEqual([0, 4]);
    holds.release(all, order);
    expect(await people()).toEqual([3, 1]);
    expect(named()).toEqual(["then"]);
    holds.release(scale, order);
    expect(await people()).toEqual([1, 0]);
    expect(named()).toEqual([]);
  });
});

describe("a backup of a ledger in which records were erased", () => {
  it("is checked as good, and finds a record that was emptied without a word", async () => {
    fill(3, 20);
    await centre.run(startMs + 40 * dayMs, settings);
    const { path } = await centre.backup();
    const reading = openForReading(join(path, "ledger.db"));
    expect(reading.prepare("SELECT count(*) FROM record WHERE length(bytes) = 0").pluck().get()).toBe(
      centre.erased().length,
    );
    reading.close();
    const writing = new Database(join(centre.data, "ledger.db"));
    const kept = writing.prepare("SELECT max(lsn) FROM record WHERE length(bytes) > 0").pluck().get();
    writing.exec(`DROP TRIGGER record_same; UPDATE record SET bytes = x'' WHERE lsn = ${Number(kept)}`);
    writing.close();
    await expect(centre.backup({ target: join(centre.backups, "second") })).rejects.toThrow("has not its digest");
  });
});
