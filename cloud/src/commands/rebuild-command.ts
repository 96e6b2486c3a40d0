import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { lockDataDirectory } from "../store/data-directory.ts";
import { openForWriting } from "../store/database.ts";
import { projectionsMigrations } from "../store/projections-database.ts";
import { timeseriesMigrations, timeseriesPath } from "../timeseries/timeseries-database.ts";
import { type DataOptions, withPresentData } from "./data-options.ts";
import { inLanguage } from "./language.ts";

const rebuildProjections = (data: string): void => {
  const path = join(data, "projections.db");
  if (!existsSync(path)) return;
  const database = openForWriting({ path, migrations: projectionsMigrations });
  // A follower that finds its cursor under another version starts over.
  database.prepare("UPDATE cursor SET version = -1").run();
  database.close();
};

const rebuildTimeseries = (data: string): void => {
  const database = openForWriting({ path: timeseriesPath(data), migrations: timeseriesMigrations });
  database.prepare("INSERT OR REPLACE INTO meta VALUES ('rebuild', '1')").run();
  database.close();
};

/** `rebuild`: what is made from the ledger is thrown away and made again at the next start. The ledger is not touched. */
export const addRebuildCommand = (program: Command, say: (text: string) => void): void => {
  withPresentData(program.command("rebuild"))
    .description(
      "下次启动时由账本重建全部投影（须先停止中心） / make all projections again from the ledger at the next start",
    )
    .option(
      "--timeseries",
      "改为重建时序数据库（InfluxDB）中的数据 / the points of the time series server (InfluxDB) instead",
    )
    .action(async ({ data, timeseries }: DataOptions & { readonly timeseries?: true }) => {
      const lock = await lockDataDirectory(data);
      try {
        if (timeseries === true) rebuildTimeseries(data);
        else rebuildProjections(data);
      } finally {
        lock.release();
      }
      say(
        inLanguage("下次启动时重建；账本未改动。", "It is made again at the next start; the ledger was not touched."),
      );
    });
};
