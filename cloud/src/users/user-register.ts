import { MingchengError, type UserRole, userNamePattern, userRoles } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";
import { checkPassword, hashPassword, oneTimePassword, type PasswordCost, passwordCost } from "./password.ts";

/** A user, without secrets. Times are ISO 8601 UTC. */
export interface RegisteredUser {
  readonly name: string;
  readonly role: UserRole;
  readonly mustChangePassword: boolean;
  readonly createdAt: string;
  /** When the password was set last. */
  readonly passwordSetAt: string;
  readonly disabledAt: string | null;
}

/** What a login is checked against. */
export interface Credentials {
  readonly role: UserRole;
  readonly password: string;
  readonly mustChange: boolean;
}

interface UserRow {
  name: string;
  role: string;
  password: string;
  must_change: number;
  created_ms: number;
  changed_ms: number;
  disabled_ms: number | null;
}

const roleOf = (text: string): UserRole => {
  const role = userRoles.find((known) => known === text);
  if (role === undefined) {
    throw new MingchengError("USER_INVALID", `${text}: one of ${userRoles.join(", ")}`, { field: "role" });
  }
  return role;
};

/** Users of the centre, in the register. */
export class UserRegister {
  readonly #database: SqliteDatabase;
  readonly #cost: PasswordCost;

  constructor(database: SqliteDatabase, cost: PasswordCost = passwordCost) {
    this.#database = database;
    this.#cost = cost;
  }

  /**
   * Adds a user. Without a password a one-time password is made, returned, and must be changed at the first login.
   * @throws {MingchengError} USER_INVALID (field `name`, `role` or `password`), USER_EXISTS
   */
  async add(
    user: { readonly name: string; readonly role: string; readonly password?: string },
    nowMs: number,
  ): Promise<{ readonly oneTimePassword: string | null }> {
    const { name, password } = user;
    if (!userNamePattern.test(name)) {
      const message = `${name}: lower-case letters, digits, . _ - and a letter first, at most 32`;
      throw new MingchengError("USER_INVALID", message, { field: "name" });
    }
    const role = roleOf(user.role);
    if (this.credentials(name) !== undefined) throw new MingchengError("USER_EXISTS", name, { field: "name" });
    if (password !== undefined) checkPassword(password, name);
    const made = password === undefined ? oneTimePassword() : null;
    const hash = await hashPassword(password ?? made ?? "", this.#cost);
    const { changes } = this.#database
      .prepare(
        `INSERT INTO user (name, role, password, must_change, created_ms, changed_ms) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
      )
      .run(name, role, hash, made === null ? 0 : 1, nowMs, nowMs);
    if (changes === 0) throw new MingchengError("USER_EXISTS", name, { field: "name" });
    return { oneTimePassword: made };
  }

  /** All users, by name. */
  list(): RegisteredUser[] {
    const rows = this.#database.prepare("SELECT * FROM user ORDER BY name").all() as UserRow[];
    return rows.map((row) => ({
      name: row.name,
      role: roleOf(row.role),
      mustChangePassword: row.must_change === 1,
      createdAt: new Date(row.created_ms).toISOString(),
      passwordSetAt: new Date(row.changed_ms).toISOString(),
      disabledAt: row.disabled_ms === null ? null : new Date(row.disabled_ms).toISOString(),
    }));
  }

  /**
   * Gives a user a new one-time password, returned once; the user's sessions and lock-outs end.
   * @throws {MingchengError} USER_UNKNOWN
   */
  async reset(name: string, nowMs: number): Promise<string> {
    this.#known(name);
    const password = oneTimePassword();
    await this.#store(name, password, true, nowMs);
    return password;
  }

  /**
   * Sets the password that the user chose; all the user's sessions end.
   * @throws {MingchengError} USER_INVALID, field `password`; USER_UNKNOWN
   */
  async setPassword(name: string, password: string, nowMs: number): Promise<void> {
    checkPassword(password, name);
    this.#known(name);
    await this.#store(name, password, false, nowMs);
  }

  /** Lets a user in no more (sessions end at once), or in again. @throws {MingchengError} USER_UNKNOWN */
  setDisabled(name: string, disabled: boolean, nowMs: number): void {
    this.#known(name);
    this.#database
      .transaction(() => {
        this.#database.prepare("UPDATE user SET disabled_ms = ? WHERE name = ?").run(disabled ? nowMs : null, name);
        if (disabled) this.#database.prepare("DELETE FROM session WHERE user = ?").run(name);
      })
      .immediate();
  }

  /** What to check a login against; undefined for unknown and disabled users. */
  credentials(name: string): Credentials | undefined {
    const row = this.#row(name);
    if (row === undefined || row.disabled_ms !== null) return undefined;
    return { role: roleOf(row.role), password: row.password, mustChange: row.must_change === 1 };
  }

  isEmpty(): boolean {
    return this.#database.prepare("SELECT 1 FROM user LIMIT 1").get() === undefined;
  }

  async #store(name: string, password: string, mustChange: boolean, nowMs: number): Promise<void> {
    const hash = await hashPassword(password, this.#cost);
    this.#database
      .transaction(() => {
        this.#database
          .prepare("UPDATE user SET password = ?, must_change = ?, changed_ms = ? WHERE name = ?")
          .run(hash, mustChange ? 1 : 0, nowMs, name);
        this.#database.prepare("DELETE FROM session WHERE user = ?").run(name);
        this.#database.prepare("DELETE FROM login_failure WHERE user = ?").run(name);
      })
      .immediate();
  }

  #known(name: string): void {
    if (this.#row(name) === undefined) throw new MingchengError("USER_UNKNOWN", name, { field: "name" });
  }

  #row(name: string): UserRow | undefined {
    return this.#database.prepare("SELECT * FROM user WHERE name = ?").get(name) as UserRow | undefined;
  }
}

/** The administrator that a centre without any user starts with. Null when there are users. */
export const firstAdministrator = async (
  users: UserRegister,
  nowMs: number,
): Promise<{ readonly user: string; readonly password: string } | null> => {
  if (!users.isEmpty()) return null;
  const { oneTimePassword: password } = await users.add({ name: "admin", role: "administrator" }, nowMs);
  return password === null ? null : { user: "admin", password };
};
