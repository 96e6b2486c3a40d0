import type { Migration } from "../../store/database.ts";

/** What the rows of `series` lack, one row for each transaction. */
export const seriesJournal: Migration = (database) => {
  database.exec("CREATE TABLE series_journal (id INTEGER PRIMARY KEY, entries TEXT NOT NULL) STRICT");
};
