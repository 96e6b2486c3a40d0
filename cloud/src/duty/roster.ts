import { DutyRoster, type DutyTier, type OnDuty } from "../register/duty/on-duty.ts";
import { minuteOf, type ZoneClock } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";

/** Somebody of the register. Texts are empty where it says nothing. */
export interface Officer {
  readonly code: string;
  readonly name: string;
  readonly phone: string;
  /** User name at the centre. */
  readonly login: string;
}

/** A site of the register. */
export interface RosterSite {
  readonly code: string;
  readonly name: string;
  readonly area: string;
}

const then = "until_change IS NULL AND valid_from <= @minute AND @minute < valid_to";
const placedAt = `
  SELECT coalesce(t.site, p.site) FROM placement AS p LEFT JOIN stall AS t ON t.code = p.stall AND t.until_change IS NULL
    AND t.valid_from <= @minute AND @minute < t.valid_to
  WHERE p.gw = @gw AND (p.dev = @dev OR @isGateway = 1) AND p.until_change IS NULL AND p.valid_from <= @minute
    AND @minute < p.valid_to AND coalesce(t.site, p.site, '') <> '' ORDER BY p.dev = @dev DESC, p.dev LIMIT 1`;
const mostRemembered = 50_000;
const nobody: ReadonlySet<string> = new Set();

/** Who is on duty and how to reach them, as the register says now; what was asked in the same minute is remembered. */
export class Roster {
  readonly #database: SqliteDatabase | undefined;
  readonly #duty: DutyRoster | undefined;
  readonly #known = new Map<string, unknown>();
  #minute = -1;
  #version = -1;

  /** `database` may be read-only; left out: there is no register. */
  constructor(database: SqliteDatabase | undefined, clock: ZoneClock) {
    this.#database = database;
    this.#duty = database === undefined ? undefined : new DutyRoster(database, clock);
  }

  /** Who answers for a site at a tier, or the next higher one; undefined: nobody at any. */
  find(site: string, tier: DutyTier, atMs: number, except: ReadonlySet<string> = nobody): OnDuty | undefined {
    const duty = this.#duty;
    if (duty === undefined || site === "") return undefined;
    const minute = this.#minuteOf(atMs);
    if (except.size > 0) return duty.find(site, tier, minute, except);
    return this.#of(`duty ${site} ${tier}`, () => duty.find(site, tier, minute));
  }

  /** An officer by code; undefined when the register knows none now. */
  officer(code: string, atMs: number): Officer | undefined {
    const minute = this.#minuteOf(atMs);
    return this.#of(
      `officer ${code}`,
      () =>
        this.#database
          ?.prepare(`SELECT code, name, phone, login FROM officer WHERE code = @code AND ${then}`)
          .get({ code, minute }) as Officer | undefined,
    );
  }

  /** Codes of those who have, or had, such a text in their name. */
  named(text: string): readonly string[] {
    const database = this.#database;
    if (database === undefined || text === "") return [];
    const sql = "SELECT DISTINCT code FROM officer WHERE until_change IS NULL AND instr(name, ?) > 0 LIMIT 1000";
    return database.prepare(sql).pluck().all(text) as string[];
  }

  /** Officer of a user name; undefined when it is nobody's. */
  ofLogin(login: string, atMs: number): Officer | undefined {
    const minute = this.#minuteOf(atMs);
    return this.#of(
      `login ${login}`,
      () =>
        this.#database
          ?.prepare(`SELECT code, name, phone, login FROM officer WHERE login = @login AND ${then}`)
          .get({ login, minute }) as Officer | undefined,
    );
  }

  /** Name of a site; its code where the register says none. */
  siteName(code: string, atMs: number): string {
    return this.sites(atMs).get(code)?.name ?? code;
  }

  /** Every site there is, by code. */
  sites(atMs: number): ReadonlyMap<string, RosterSite> {
    const minute = this.#minuteOf(atMs);
    return this.#of("sites", () => {
      const rows = this.#database
        ?.prepare(`SELECT code, name, area FROM site WHERE ${then} ORDER BY code`)
        .all({ minute }) as RosterSite[] | undefined;
      return new Map((rows ?? []).map((row) => [row.code, row]));
    });
  }

  /**
   * Where a device stands, or stood; empty when the register does not say. What a gateway says of itself belongs to where
   * its devices stand.
   */
  siteOf(gw: string, dev: string, atMs: number): string {
    const minute = this.#minuteOf(atMs);
    return this.#of(`site ${gw} ${dev}`, () => {
      const database = this.#database;
      if (database === undefined) return "";
      const found = database
        .prepare(placedAt)
        .pluck()
        .get({ gw, dev, isGateway: gw === dev ? 1 : 0, minute }) as string | null | undefined;
      return found ?? "";
    });
  }

  #minuteOf(atMs: number): number {
    const minute = minuteOf(atMs);
    const version = (this.#database?.pragma("data_version", { simple: true }) as number | undefined) ?? 0;
    if (minute !== this.#minute || version !== this.#version || this.#known.size > mostRemembered) this.#known.clear();
    this.#minute = minute;
    this.#version = version;
    return minute;
  }

  #of<Value>(key: string, make: () => Value): Value {
    if (!this.#known.has(key)) this.#known.set(key, make());
    return this.#known.get(key) as Value;
  }
}
