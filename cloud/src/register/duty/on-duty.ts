import type { SqliteDatabase } from "../../store/database.ts";
import { maxAreaDepth } from "../attribution/attribution.ts";
import { dutyTiers } from "../model/duty-kinds.ts";
import type { ZoneClock } from "../model/validity.ts";
import { withinHours } from "./calendar-hours.ts";

/** Tiers of duty, the nearest first. */
export type DutyTier = (typeof dutyTiers)[number];

/** Who answers for something, and why it is this one. */
export interface OnDuty {
  readonly officer: string;
  /** The tier that was found; a higher one than asked for when nobody nearer is on duty. */
  readonly tier: DutyTier;
  /** Whose post it is, when somebody takes over. */
  readonly insteadOf: string | null;
  readonly reason: "first" | "next-in-rank" | "substitute" | "higher-tier";
}

interface DutyRow {
  readonly rank: string;
  readonly officer: string;
  readonly calendar: string;
}

/** Nobody hands over through more hands. */
const maxSubstitutes = 8;

const then = "until_change IS NULL AND valid_from <= @minute AND @minute < valid_to";

/** Finds who is on duty, by roster, leave and hand-over, hours, and the tree of areas. */
export class DutyRoster {
  readonly #database: SqliteDatabase;
  readonly #clock: ZoneClock;

  constructor(database: SqliteDatabase, clock: ZoneClock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Who answers for a site in a minute, at a tier or, when nobody there is on duty, at the next higher one. Somebody
   * absent is stood in for by the substitute, then by the next in rank. Undefined: nobody at any tier, a hole in the
   * roster that must be reported. `except`: officers who are passed over, because they cannot be reached.
   */
  find(site: string, tier: DutyTier, minute: number, except: ReadonlySet<string> = new Set()): OnDuty | undefined {
    const areas = this.#areasOf(site, minute);
    for (const asked of dutyTiers.slice(dutyTiers.indexOf(tier))) {
      for (const [column, place] of [["site", site] as const, ...areas.map((area) => ["area", area] as const)]) {
        const found = this.#at(column, place, asked, minute, except);
        if (found !== undefined) return asked === tier ? found : { ...found, reason: "higher-tier" };
      }
    }
    return undefined;
  }

  #at(
    column: "site" | "area",
    place: string,
    tier: DutyTier,
    minute: number,
    except: ReadonlySet<string>,
  ): OnDuty | undefined {
    const posts = this.#database
      .prepare(
        `SELECT rank, officer, calendar FROM duty WHERE ${column} = @place AND tier = @tier AND ${then} ORDER BY rank`,
      )
      .all({ place, tier, minute }) as DutyRow[];
    let passedOver = false;
    for (const { officer, calendar } of posts) {
      const hours = { calendar, purpose: "duty", minute } as const;
      const present =
        calendar === "" || withinHours(this.#database, this.#clock, hours) ? this.#present(officer, minute) : undefined;
      if (present !== undefined && !except.has(present)) {
        const substituted = present !== officer;
        const reason = substituted ? "substitute" : passedOver ? "next-in-rank" : "first";
        return { officer: present, tier, insteadOf: substituted ? officer : null, reason };
      }
      passedOver = true;
    }
    return undefined;
  }

  /** The officer, or who stands in; undefined when that leads to nobody. */
  #present(officer: string, minute: number): string | undefined {
    const absent = this.#database
      .prepare(`SELECT substitute FROM absence WHERE officer = @officer AND ${then}`)
      .pluck();
    const known = this.#database.prepare(`SELECT 1 FROM officer WHERE code = @officer AND ${then}`).pluck();
    let present = officer;
    for (let hands = 0; hands <= maxSubstitutes; hands++) {
      const substitute = absent.get({ officer: present, minute }) as string | undefined;
      if (substitute === undefined) return known.get({ officer: present, minute }) === undefined ? undefined : present;
      if (substitute === "") return undefined;
      present = substitute;
    }
    return undefined;
  }

  /** Areas of a site, the nearest first. */
  #areasOf(site: string, minute: number): string[] {
    const parent = this.#database.prepare(`SELECT parent FROM area WHERE code = @area AND ${then}`).pluck();
    const own = this.#database.prepare(`SELECT area FROM site WHERE code = @site AND ${then}`).pluck();
    const areas: string[] = [];
    let area = own.get({ site, minute }) as string | undefined;
    while (area !== undefined && area !== "" && areas.length < maxAreaDepth) {
      areas.push(area);
      area = parent.get({ area, minute }) as string | undefined;
    }
    return areas;
  }
}
