import { siteListSchema } from "@mingcheng/protocols/api";
import type { PlaceFinder } from "../register/attribution/place-finder.ts";
import { minuteOf } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { type ApiRoute, defineRoute, everyRole } from "./api-route.ts";

/** What the routes of sites work with. */
export interface SiteRoutePorts {
  readonly register: SqliteDatabase;
  readonly places: PlaceFinder;
  readonly nowMs: () => number;
}

/** The sites that a user sees: what pages let them choose from. */
export const siteRoutes = ({ register, places, nowMs }: SiteRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/sites",
    summary: { zh: "辖区内的场所", en: "The sites of the own area" },
    access: everyRole,
    scope: "area",
    answer: siteListSchema,
    handle: ({ cover }) => {
      const minute = minuteOf(nowMs());
      const index = places.index();
      const present = register
        .prepare(
          `SELECT code, name, type FROM site WHERE until_change IS NULL AND valid_from <= ? AND ? < valid_to
           ORDER BY name, code`,
        )
        .all(minute, minute) as { code: string; name: string; type: string }[];
      return {
        asOf: new Date(nowMs()).toISOString(),
        sites: present.filter(({ code }) => cover.covers(index.site(code, minute))),
      };
    },
  }),
];
