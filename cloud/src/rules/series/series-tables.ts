import type { Migration } from "../../store/database.ts";

/**
 * States of one device lie side by side, whatever their rules: what comes together from a gateway changes few pages. That a
 * line becomes disputed happens hardly ever, its states are looked for then. And a journal of what the rows lack.
 */
export const seriesTables: Migration = (database) => {
  database.exec(`
    ALTER TABLE series RENAME TO earlier_series;
    DROP INDEX series_due;
    DROP INDEX series_line;
    DROP INDEX series_boot;
    CREATE TABLE series (
      rule TEXT NOT NULL, group_key TEXT NOT NULL, holds INTEGER NOT NULL, due_ms INTEGER, line INTEGER NOT NULL,
      boot INTEGER NOT NULL, observation TEXT NOT NULL, PRIMARY KEY (group_key, rule)) STRICT, WITHOUT ROWID;
    INSERT INTO series SELECT * FROM earlier_series ORDER BY group_key, rule;
    DROP TABLE earlier_series;
    CREATE INDEX series_due ON series (due_ms) WHERE due_ms IS NOT NULL;
    CREATE INDEX series_boot ON series (boot);
    CREATE TABLE series_journal (id INTEGER PRIMARY KEY, entries TEXT NOT NULL) STRICT;
  `);
};
