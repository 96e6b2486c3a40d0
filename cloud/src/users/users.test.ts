import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCode } from "@mingcheng/protocols";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRegister } from "../register/register-database.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { LoginDesk } from "./login.ts";
import { LoginGuard } from "./login-guard.ts";
import { hashPassword, oneTimePassword, passwordMatches } from "./password.ts";
import { SessionBook } from "./session-book.ts";
import { firstAdministrator, UserRegister } from "./user-register.ts";

const cost = { logN: 4, r: 8, p: 1 };
const hourMs = 3_600_000;

let directory: string;
let database: SqliteDatabase;
let users: UserRegister;
let sessions: SessionBook;
let desk: LoginDesk;
let nowMs: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mingcheng-users-"));
  database = openRegister(directory);
  nowMs = Date.parse("2026-11-23T08:00:00Z");
  users = new UserRegister(database, { cost });
  sessions = new SessionBook(database);
  desk = new LoginDesk({ users, sessions, guard: new LoginGuard(database), cost, nowMs: () => nowMs });
});

afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true, force: true });
});

const login = (user: string, password: string, address = "192.0.2.1") => desk.login({ user, password, address });
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: unknown) =>
      isCode(error, "USER_INVALID") ? `${error.code} ${error.field}` : (error as { code: string }).code,
  );

describe("passwords", () => {
  it("match only themselves, whatever the normal form of the signs, and are salted", async () => {
    const stored = await hashPassword("caf\u00e9 \u798f\u5dde 2026", cost);
    expect(await passwordMatches(stored, "cafe\u0301 \u798f\u5dde 2026")).toBe(true);
    expect(await passwordMatches(stored, "caf\u00e9 \u798f\u5dde 2025")).toBe(false);
    expect(await hashPassword("caf\u00e9 \u798f\u5dde 2026", cost)).not.toBe(stored);
    expect(stored).not.toContain("2026");
    expect(await passwordMatches("not a hash", "x")).toBe(false);
  });

  it("for one use are long and never the same", () => {
    const made = new Set(Array.from({ length: 200 }, oneTimePassword));
    expect(made.size).toBe(200);
    for (const password of made) expect(password).toMatch(/^([a-km-np-z2-9]{4}-){4}[a-km-np-z2-9]{4}$/);
  });

  it("that are easy are refused, and so are bad names, roles and doubles", async () => {
    const add = (name: string, role: string, password?: string) =>
      codeOf(users.add({ name, role, ...(password === undefined ? {} : { password }) }, nowMs));
    expect(await add("wang", "inspector", "short")).toBe("USER_INVALID password");
    expect(await add("wang", "inspector", "aaaaaaaaaaaa")).toBe("USER_INVALID password");
    expect(await add("wang", "inspector", "my-name-is-Wang-1")).toBe("USER_INVALID password");
    expect(await add("Wang Li", "inspector", "leek 韭菜 2026 x")).toBe("USER_INVALID name");
    expect(await add("wang", "boss", "leek 韭菜 2026 x")).toBe("USER_INVALID role");
    expect(await add("wang", "inspector", "leek 韭菜 2026 x")).toBe("none");
    expect(await add("wang", "auditor", "leek 韭菜 2026 x")).toBe("USER_EXISTS");
    expect(await codeOf(users.reset("li", nowMs))).toBe("USER_UNKNOWN");
    expect(JSON.stringify(database.prepare("SELECT * FROM user").all())).not.toContain("leek");
  });
});

describe("first start", () => {
  it("makes one administrator with a one-time password, and only then", async () => {
    const first = await firstAdministrator(users, nowMs);
    expect(first?.user).toBe("admin");
    expect(await firstAdministrator(users, nowMs)).toBeNull();
    expect(users.list()).toMatchObject([{ name: "admin", role: "administrator", mustChangePassword: true }]);
    const outcome = await login("admin", first?.password ?? "");
    expect(outcome.ok && sessions.find(outcome.token, nowMs)).toMatchObject({ mustChangePassword: true });
  });
});

describe("changing a password", () => {
  const present = "leek 韭菜 2026 x";
  beforeEach(() => users.add({ name: "wang", role: "inspector", password: present }, nowMs));

  it("needs the present one, ends every session and opens a new one", async () => {
    const first = await login("wang", present);
    const attempt = { user: "wang", password: present, address: "192.0.2.1" };
    expect(await desk.changePassword({ ...attempt, password: "guess" }, "another one 42")).toMatchObject({ ok: false });
    expect(await codeOf(desk.changePassword(attempt, "easy"))).toBe("USER_INVALID next");
    expect(await codeOf(desk.changePassword(attempt, present))).toBe("USER_INVALID next");
    const changed = await desk.changePassword(attempt, "another one 42");
    expect(first.ok && sessions.find(first.token, nowMs)).toBeUndefined();
    expect(changed.ok && sessions.find(changed.token, nowMs)).toMatchObject({
      user: "wang",
      mustChangePassword: false,
    });
    expect(await login("wang", present)).toMatchObject({ ok: false, code: "LOGIN_REFUSED" });
  });

  it("by an administrator ends sessions and must be followed by one's own", async () => {
    const first = await login("wang", present);
    const given = await users.reset("wang", nowMs);
    expect(first.ok && sessions.find(first.token, nowMs)).toBeUndefined();
    const second = await login("wang", given);
    expect(second.ok && sessions.find(second.token, nowMs)).toMatchObject({ mustChangePassword: true });
  });
});

describe("sessions", () => {
  beforeEach(() => users.add({ name: "wang", role: "centre", password: "leek 韭菜 2026 x" }, nowMs));

  it("are stored as a hash and end when left alone, whatever was asked meanwhile, and by logging out", () => {
    const token = sessions.open("wang", nowMs);
    const stored = database.prepare("SELECT token FROM session").pluck().get() as Buffer;
    expect(stored.length).toBe(32);
    expect(stored.toString("latin1")).not.toContain(token);
    for (let minutes = 0; minutes < 12 * 60; minutes += 29) {
      expect(sessions.find(token, nowMs + minutes * 60_000)).toMatchObject({ user: "wang", role: "centre" });
    }
    expect(sessions.find(token, nowMs + 12 * hourMs)).toBeUndefined();
    const idle = sessions.open("wang", nowMs);
    expect(sessions.find(idle, nowMs + 30 * 60_000 - 1)).toMatchObject({ user: "wang" });
    expect(sessions.find(idle, nowMs + 61 * 60_000)).toBeUndefined();
    const left = sessions.open("wang", nowMs);
    sessions.end(left);
    expect(sessions.find(left, nowMs)).toBeUndefined();
    expect(sessions.find("made up", nowMs)).toBeUndefined();
  });

  it("of a disabled user end at once, and there is no new one", async () => {
    const token = sessions.open("wang", nowMs);
    users.setDisabled("wang", true, nowMs);
    expect(sessions.find(token, nowMs)).toBeUndefined();
    expect(await login("wang", "leek 韭菜 2026 x")).toMatchObject({ ok: false, code: "LOGIN_REFUSED" });
    users.setDisabled("wang", false, nowMs);
    expect(await login("wang", "leek 韭菜 2026 x")).toMatchObject({ ok: true });
  });
});

describe("guessing", () => {
  const right = "leek 韭菜 2026 x";
  beforeEach(() => users.add({ name: "wang", role: "centre", password: right }, nowMs));

  it("locks after five failures, for longer each time, and tells nothing about unknown names", async () => {
    const waits = async (user: string) => {
      const found: (number | null)[] = [];
      for (let attempt = 0; attempt < 5; attempt++) {
        expect(await login(user, "wrong")).toEqual({ ok: false, code: "LOGIN_REFUSED", retryAfterMs: null });
      }
      for (let round = 0; round < 8; round++) {
        const refused = await login(user, right);
        expect(refused).toMatchObject({ ok: false, code: "LOGIN_LOCKED" });
        const waitMs = refused.ok ? 0 : (refused.retryAfterMs ?? 0);
        found.push(waitMs / 1000);
        nowMs += waitMs;
        expect(await login(user, "wrong")).toMatchObject({ code: "LOGIN_REFUSED" });
      }
      return found;
    };
    const known = await waits("wang");
    expect(known).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
    expect(await waits("nobody")).toEqual(known);
    nowMs += 15 * 60_000;
    expect(await login("wang", right)).toMatchObject({ ok: true });
    for (let attempt = 0; attempt < 4; attempt++) await login("wang", "wrong");
    expect(await login("wang", right)).toMatchObject({ ok: true });
  });

  it("from one address leaves the user in from another, until there are too many", async () => {
    for (let attempt = 0; attempt < 5; attempt++) await login("wang", "wrong", "198.51.100.7");
    expect(await login("wang", right, "198.51.100.7")).toMatchObject({ code: "LOGIN_LOCKED" });
    expect(await login("wang", right, "192.0.2.1")).toMatchObject({ ok: true });
    for (let attempt = 0; attempt < 50; attempt++) await login("wang", "wrong", `198.51.100.${attempt + 10}`);
    expect(await login("wang", right, "192.0.2.1")).toMatchObject({ code: "LOGIN_LOCKED" });
  });

  it("at the same time counts every attempt", async () => {
    const refusals = async () => {
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => login("wang", "wrong")));
      return outcomes.filter((outcome) => !outcome.ok && outcome.code === "LOGIN_REFUSED").length;
    };
    // Four are checked at a time; counted only afterwards, the second round would check four more.
    expect(await refusals()).toBe(4);
    expect(await refusals()).toBe(1);
    expect(await login("wang", right)).toMatchObject({ code: "LOGIN_LOCKED" });
  });
});
