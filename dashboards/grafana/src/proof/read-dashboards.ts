import { readdirSync, readFileSync } from "node:fs";
import { languages } from "../text.ts";
import type { DashboardFile } from "./dashboard-file.ts";

/** A dashboard as it is committed. */
export interface CommittedDashboard {
  readonly language: (typeof languages)[number];
  readonly file: string;
  readonly dashboard: DashboardFile;
}

const folder = new URL("../../dashboards/", import.meta.url);

/** Every dashboard that is committed, both sets. */
export const committedDashboards = (): readonly CommittedDashboard[] =>
  languages.flatMap((language) =>
    readdirSync(new URL(`${language}/`, folder))
      .sort()
      .map((file) => ({
        language,
        file: `${language}/${file}`,
        dashboard: JSON.parse(readFileSync(new URL(`${language}/${file}`, folder), "utf8")) as DashboardFile,
      })),
  );
