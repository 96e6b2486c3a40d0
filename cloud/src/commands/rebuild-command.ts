import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { lockDataDirectory } from "../store/data-directory.ts";
import { openForWriting } from "../store/database.ts";
import { projectionsMigrations } from "../store/projections-database.ts";
import { type DataOptions, withPresentData } from "./data-options.ts";
import { inLanguage } from "./language.ts";

/** `rebuild`: what is made from the ledger is thrown away and made again at the next start. The ledger is not touched. */
export const addRebuildCommand = (program: Command, say: (text: string) => void): void => {
  withPresentData(program.command("rebuild"))
    .description(
      "下次启动时由账本重建全部投影（须先停止中心） / make all projections again from the ledger at the next start",
    )
    .action(async ({ data }: DataOptions) => {
      const lock = await lockDataDirectory(data);
      try {
        const path = join(data, "projections.db");
        if (existsSync(path)) {
          const database = openForWriting({ path, migrations: projectionsMigrations });
          // A follower that finds its cursor under another version starts over.
          database.prepare("UPDATE cursor SET version = -1").run();
          database.close();
        }
      } finally {
        lock.release();
      }
      say(
        inLanguage("下次启动时重建；账本未改动。", "It is made again at the next start; the ledger was not touched."),
      );
    });
};
