import type { UserRole, UserScope } from "@mingcheng/protocols";
import type { Attribution } from "../register/attribution/attribution.ts";

/** Roles that see the whole centre when no area and no site is named. Everybody else sees nothing then. */
export const centreWideRoles: readonly UserRole[] = ["centre", "administrator", "auditor"];

/** What somebody may see: the whole centre, or what the register places in some areas (with all below) or at some sites. */
export class Cover {
  readonly whole: boolean;
  /** The same for the same cover. */
  readonly key: string;
  readonly areas: ReadonlySet<string>;
  readonly sites: ReadonlySet<string>;

  private constructor(whole: boolean, areas: readonly string[], sites: readonly string[]) {
    this.whole = whole;
    this.areas = new Set(areas);
    this.sites = new Set(sites);
    this.key = whole ? "*" : JSON.stringify([[...areas].sort(), [...sites].sort()]);
  }

  /** Everything, also what the register does not place. */
  static readonly everything = new Cover(true, [], []);

  static readonly nothing = new Cover(false, [], []);

  /** What a user of a role with a scope sees. */
  static of(role: UserRole, { areas, sites }: UserScope): Cover {
    const named = areas.length + sites.length > 0;
    return !named && centreWideRoles.includes(role) ? Cover.everything : Cover.bounded({ areas, sites });
  }

  /** What lies in the named areas and sites, and nothing else. */
  static bounded({ areas, sites }: UserScope): Cover {
    return new Cover(false, areas, sites);
  }

  /** Whether something that is attributed so is within it. What is not attributed is within the whole centre only. */
  covers({ site, areas }: Attribution): boolean {
    if (this.whole) return true;
    return (site !== null && this.sites.has(site)) || areas.some((area) => this.areas.has(area));
  }
}
