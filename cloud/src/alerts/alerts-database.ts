import { join } from "node:path";
import { cursorMigration } from "../cursor/cursor-store.ts";
import { dutyTables, replyCodeTables } from "../duty/duty-tables.ts";
import { erasedAlertTables } from "../retention/alert-eraser.ts";
import { fewerJoinIndexes, gatheredTables, packedJournal } from "../rules/gathering/gathered-tables.ts";
import { seriesJournal } from "../rules/series/series-tables.ts";
import type { Migration } from "../store/database.ts";
import { pictureTables } from "./pictures.ts";

/** Where alerts and the rules' state of a data directory are. */
export const alertsPath = (dataDirectory: string): string => join(dataDirectory, "alerts.db");

const firstTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE boot (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL, boot TEXT NOT NULL, bound_ms REAL, anchors TEXT NOT NULL,
      corrections INTEGER NOT NULL, UNIQUE (gw, boot)) STRICT;
    CREATE TABLE line (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL, ep INTEGER NOT NULL, eid TEXT NOT NULL, status TEXT NOT NULL,
      UNIQUE (gw, ep, eid)) STRICT;
    CREATE TABLE alert (
      id TEXT PRIMARY KEY, rule TEXT NOT NULL, group_key TEXT NOT NULL, labels TEXT NOT NULL, state TEXT NOT NULL,
      severity TEXT NOT NULL, title TEXT NOT NULL, next TEXT NOT NULL, runbook TEXT NOT NULL, owner TEXT NOT NULL,
      owner_reason TEXT NOT NULL, gw TEXT NOT NULL, dev TEXT NOT NULL, lsn INTEGER NOT NULL, matches INTEGER NOT NULL,
      late INTEGER NOT NULL, started_ms INTEGER NOT NULL, opened_ms INTEGER NOT NULL, fired_ms INTEGER,
      ended_ms INTEGER, acknowledged_by TEXT, acknowledged_ms INTEGER) STRICT;
    CREATE UNIQUE INDEX alert_open ON alert (rule, group_key) WHERE ended_ms IS NULL;
    CREATE INDEX alert_ended ON alert (ended_ms) WHERE ended_ms IS NOT NULL;
    CREATE TABLE history (
      id INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL REFERENCES alert, at_ms INTEGER NOT NULL,
      from_state TEXT, to_state TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL, lsn INTEGER,
      detail TEXT NOT NULL) STRICT;
    CREATE INDEX history_alert ON history (alert);
    CREATE TRIGGER history_unchanged BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
    CREATE TRIGGER history_kept BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
    -- What matched an event rule, once per identity, with the observation, so that it can be judged again.
    CREATE TABLE match (
      rule TEXT NOT NULL, identity TEXT NOT NULL, alert TEXT NOT NULL REFERENCES alert, lsn INTEGER NOT NULL,
      line INTEGER NOT NULL, boot INTEGER NOT NULL, observation TEXT NOT NULL,
      PRIMARY KEY (rule, identity)) STRICT, WITHOUT ROWID;
    CREATE INDEX match_alert ON match (alert);
    CREATE INDEX match_line ON match (line);
    CREATE INDEX match_boot ON match (boot);
    -- Latest observation of each group under a state rule. due_ms: when a pending alert fires.
    CREATE TABLE series (
      rule TEXT NOT NULL, group_key TEXT NOT NULL, holds INTEGER NOT NULL, due_ms INTEGER, line INTEGER NOT NULL,
      boot INTEGER NOT NULL, observation TEXT NOT NULL, PRIMARY KEY (rule, group_key)) STRICT, WITHOUT ROWID;
    CREATE INDEX series_due ON series (due_ms) WHERE due_ms IS NOT NULL;
    CREATE INDEX series_line ON series (line);
    CREATE INDEX series_boot ON series (boot);
    -- Observations of disputed lines: they take effect when the line is decided for.
    CREATE TABLE withheld (
      rule TEXT NOT NULL, identity TEXT NOT NULL, line INTEGER NOT NULL, lsn INTEGER NOT NULL,
      observation TEXT NOT NULL, PRIMARY KEY (line, rule, identity)) STRICT, WITHOUT ROWID;
    CREATE TABLE channel (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE notification (
      id TEXT PRIMARY KEY, alert TEXT NOT NULL REFERENCES alert, channel TEXT NOT NULL, event TEXT NOT NULL,
      body TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, outcome TEXT NOT NULL,
      position INTEGER NOT NULL UNIQUE, created_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL, deadline_ms INTEGER NOT NULL,
      done_ms INTEGER) STRICT;
    CREATE INDEX notification_queued ON notification (channel, next_ms) WHERE state = 'queued';
    CREATE INDEX notification_alert ON notification (alert, channel);
  `);
};

const gathering: Migration = (database) => {
  database.exec(`
    ALTER TABLE alert ADD COLUMN site TEXT NOT NULL DEFAULT '';
    ALTER TABLE alert ADD COLUMN tier TEXT;
    ALTER TABLE alert ADD COLUMN dry INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE alert ADD COLUMN untold TEXT;
    ALTER TABLE alert ADD COLUMN inhibited_by TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE alert ADD COLUMN repeat_ms INTEGER;
    -- When it is told again, if nobody takes it over until then.
    ALTER TABLE alert ADD COLUMN again_ms INTEGER;
    ALTER TABLE alert ADD COLUMN handled_by TEXT;
    ALTER TABLE alert ADD COLUMN handled_ms INTEGER;
    CREATE INDEX alert_untold ON alert (untold) WHERE untold IS NOT NULL AND ended_ms IS NULL;
    CREATE INDEX alert_again ON alert (again_ms) WHERE again_ms IS NOT NULL;
    CREATE TABLE silence (
      id INTEGER PRIMARY KEY AUTOINCREMENT, matchers TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,
      by TEXT NOT NULL, comment TEXT NOT NULL, made_ms INTEGER NOT NULL, ended_by TEXT, ended_ms INTEGER) STRICT;
    CREATE INDEX silence_to ON silence (to_ms);
    -- What rules gathered. due_ms: when it must be looked at though nothing came.
    CREATE TABLE window_state (
      rule TEXT NOT NULL, group_key TEXT NOT NULL, state TEXT NOT NULL, due_ms INTEGER,
      PRIMARY KEY (rule, group_key)) STRICT, WITHOUT ROWID;
    CREATE INDEX window_state_due ON window_state (due_ms) WHERE due_ms IS NOT NULL;
    CREATE TABLE presence (
      rule TEXT NOT NULL, group_key TEXT NOT NULL, state TEXT NOT NULL, due_ms INTEGER,
      PRIMARY KEY (rule, group_key)) STRICT, WITHOUT ROWID;
    CREATE TABLE join_side (
      id INTEGER PRIMARY KEY, rule TEXT NOT NULL, role TEXT NOT NULL, join_key TEXT NOT NULL, at_ms INTEGER NOT NULL,
      line INTEGER NOT NULL, observation TEXT NOT NULL) STRICT;
    CREATE INDEX join_side_key ON join_side (rule, role, join_key, at_ms);
    CREATE INDEX join_side_at ON join_side (rule, role, at_ms);
    CREATE INDEX join_side_line ON join_side (line);
    CREATE TABLE rule_state (
      rule TEXT PRIMARY KEY, shape TEXT NOT NULL, since_ms INTEGER NOT NULL, broken TEXT) STRICT, WITHOUT ROWID;
  `);
};

/** Layout of `alerts.db`: rules' state, alerts with their history, notifications. Not droppable: people's acts are in it. */
export const alertsMigrations: readonly Migration[] = [
  cursorMigration,
  firstTables,
  gathering,
  erasedAlertTables,
  gatheredTables,
  pictureTables,
  dutyTables,
  replyCodeTables,
  packedJournal,
  fewerJoinIndexes,
  seriesJournal,
];
