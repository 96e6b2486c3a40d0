import { MingchengError, type UserRole, type UserScope, userNamePattern, userRoles } from "@mingcheng/protocols";
import type { AuditAction } from "../audit/audit-actions.ts";
import { type Audit, type AuditEvent, noAudit } from "../audit/audit-event.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { checkPassword, hashPassword, oneTimePassword, type PasswordCost, passwordCost } from "./password.ts";
import { checkScope, scopeOf, storeScope } from "./user-scope.ts";

/** A user, without secrets. Times are ISO 8601 UTC. */
export interface RegisteredUser {
  readonly name: string;
  readonly role: UserRole;
  /** Codes of the register; both empty: the whole centre or nothing, by role. */
  readonly areas: readonly string[];
  readonly sites: readonly string[];
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

/** A user to be added. */
export interface NewUser {
  readonly name: string;
  readonly role: string;
  readonly password?: string;
  readonly scope?: UserScope;
}

/** What {@link UserRegister} may be given besides the register. */
export interface UserRegisterOptions {
  readonly cost?: PasswordCost;
  /** Where changes are noted, in the same transaction. */
  readonly audit?: Audit;
}

/** Who does something: a user's name, or who is at the terminal; and from where. */
export interface Doer {
  readonly actor: string;
  readonly address?: string | null;
}

const centre: Doer = { actor: "centre" };
const everywhere: UserScope = { areas: [], sites: [] };

const scopeText = ({ areas, sites }: UserScope) => ({ areas: areas.join(" "), sites: sites.join(" ") });

/** Users of the centre, in the register. */
export class UserRegister {
  readonly #database: SqliteDatabase;
  readonly #cost: PasswordCost;
  readonly #audit: Audit;

  constructor(database: SqliteDatabase, { cost = passwordCost, audit = noAudit }: UserRegisterOptions = {}) {
    this.#database = database;
    this.#cost = cost;
    this.#audit = audit;
  }

  /**
   * Adds a user. Without a password a one-time password is made, returned, and must be changed at the first login.
   * @throws {MingchengError} USER_INVALID (field `name`, `role`, `password`, `area` or `site`), USER_EXISTS
   */
  async add(user: NewUser, nowMs: number, by: Doer = centre): Promise<{ readonly oneTimePassword: string | null }> {
    const { name, password, scope = everywhere } = user;
    if (!userNamePattern.test(name)) {
      const message = `${name}: lower-case letters, digits, . _ - and a letter first, at most 32`;
      throw new MingchengError("USER_INVALID", message, { field: "name" });
    }
    const role = roleOf(user.role);
    if (this.#row(name) !== undefined) throw new MingchengError("USER_EXISTS", name, { field: "name" });
    checkScope(this.#database, role, scope);
    if (password !== undefined) checkPassword(password, name);
    const made = password === undefined ? oneTimePassword() : null;
    const hash = await hashPassword(password ?? made ?? "", this.#cost);
    this.#change(by, "user.added", name, { role, ...scopeText(scope) }, () => {
      const { changes } = this.#database
        .prepare(
          `INSERT INTO user (name, role, password, must_change, created_ms, changed_ms) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT DO NOTHING`,
        )
        .run(name, role, hash, made === null ? 0 : 1, nowMs, nowMs);
      if (changes === 0) throw new MingchengError("USER_EXISTS", name, { field: "name" });
      storeScope(this.#database, name, scope);
    });
    return { oneTimePassword: made };
  }

  /** All users, by name. */
  list(): RegisteredUser[] {
    const rows = this.#database.prepare("SELECT * FROM user ORDER BY name").all() as UserRow[];
    return rows.map((row) => this.#viewOf(row));
  }

  /** One user. @throws {MingchengError} USER_UNKNOWN */
  get(name: string): RegisteredUser {
    return this.#viewOf(this.#known(name));
  }

  /**
   * Gives a user a new one-time password, returned once; the user's sessions and lock-outs end.
   * @throws {MingchengError} USER_UNKNOWN
   */
  async reset(name: string, nowMs: number, by: Doer = centre): Promise<string> {
    this.#known(name);
    const password = oneTimePassword();
    const hash = await hashPassword(password, this.#cost);
    this.#change(by, "user.reset", name, {}, () => this.#store(name, hash, true, nowMs));
    return password;
  }

  /**
   * Sets the password that the user chose; all the user's sessions end.
   * @throws {MingchengError} USER_INVALID, field `password`; USER_UNKNOWN
   */
  async setPassword(name: string, password: string, nowMs: number, by: Doer = { actor: name }): Promise<void> {
    checkPassword(password, name);
    this.#known(name);
    const hash = await hashPassword(password, this.#cost);
    this.#change(by, "session.password", name, {}, () => this.#store(name, hash, false, nowMs));
  }

  /**
   * Gives a user another role; sessions end at once.
   * @throws {MingchengError} USER_UNKNOWN; USER_INVALID, field `role`, also when nobody would be left to administer users
   */
  setRole(name: string, text: string, by: Doer = centre): void {
    const role = roleOf(text);
    const before = this.#known(name).role;
    checkScope(this.#database, role, scopeOf(this.#database, name));
    this.#change(by, "user.role", name, { role, before }, () => {
      this.#database.prepare("UPDATE user SET role = ? WHERE name = ?").run(role, name);
      this.#endSessions(name);
      if (before === "administrator") this.#requireAdministrator("role");
    });
  }

  /**
   * Says which areas and sites a user sees, in place of what it was; sessions end at once.
   * @throws {MingchengError} USER_UNKNOWN; USER_INVALID, field `area`, `site` or `role`
   */
  setScope(name: string, scope: UserScope, by: Doer = centre): void {
    checkScope(this.#database, roleOf(this.#known(name).role), scope);
    const { areas, sites } = scopeText(scopeOf(this.#database, name));
    const detail = { ...scopeText(scope), areasBefore: areas, sitesBefore: sites };
    this.#change(by, "user.scope", name, detail, () => {
      storeScope(this.#database, name, scope);
      this.#endSessions(name);
    });
  }

  /**
   * Lets a user in no more (sessions end at once), or in again.
   * @throws {MingchengError} USER_UNKNOWN; USER_INVALID, field `name`, when nobody would be left to administer users
   */
  setDisabled(name: string, disabled: boolean, nowMs: number, by: Doer = centre): void {
    const { role } = this.#known(name);
    this.#change(by, disabled ? "user.disabled" : "user.enabled", name, {}, () => {
      this.#database.prepare("UPDATE user SET disabled_ms = ? WHERE name = ?").run(disabled ? nowMs : null, name);
      if (!disabled) return;
      this.#endSessions(name);
      if (role === "administrator") this.#requireAdministrator("name");
    });
  }

  /** What to check a login against; undefined for unknown and disabled users. */
  credentials(name: string): Credentials | undefined {
    const row = this.#row(name);
    if (row === undefined || row.disabled_ms !== null) return undefined;
    return { role: roleOf(row.role), password: row.password, mustChange: row.must_change === 1 };
  }

  /** Whether there is such a user, disabled ones too. */
  has(name: string): boolean {
    return this.#row(name) !== undefined;
  }

  isEmpty(): boolean {
    return this.#database.prepare("SELECT 1 FROM user LIMIT 1").get() === undefined;
  }

  #change(by: Doer, action: AuditAction, name: string, detail: AuditEvent["detail"], body: () => void): void {
    this.#database
      .transaction(() => {
        body();
        this.#audit.append({ ...by, action, subject: `user:${name}`, ...(detail === undefined ? {} : { detail }) });
      })
      .immediate();
  }

  #store(name: string, hash: string, mustChange: boolean, nowMs: number): void {
    this.#database
      .prepare("UPDATE user SET password = ?, must_change = ?, changed_ms = ? WHERE name = ?")
      .run(hash, mustChange ? 1 : 0, nowMs, name);
    this.#endSessions(name);
    this.#database.prepare("DELETE FROM login_failure WHERE user = ?").run(name);
  }

  #endSessions(name: string): void {
    this.#database.prepare("DELETE FROM session WHERE user = ?").run(name);
  }

  #requireAdministrator(field: string): void {
    const left = this.#database
      .prepare("SELECT 1 FROM user WHERE role = 'administrator' AND disabled_ms IS NULL")
      .get();
    if (left !== undefined) return;
    throw new MingchengError("USER_INVALID", "nobody would be left to administer users", { field });
  }

  #known(name: string): UserRow {
    const row = this.#row(name);
    if (row === undefined) throw new MingchengError("USER_UNKNOWN", name, { field: "name" });
    return row;
  }

  #viewOf(row: UserRow): RegisteredUser {
    return {
      name: row.name,
      role: roleOf(row.role),
      ...scopeOf(this.#database, row.name),
      mustChangePassword: row.must_change === 1,
      createdAt: new Date(row.created_ms).toISOString(),
      passwordSetAt: new Date(row.changed_ms).toISOString(),
      disabledAt: row.disabled_ms === null ? null : new Date(row.disabled_ms).toISOString(),
    };
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
