import type { Migration } from "../store/database.ts";

/**
 * Who has an alert and until when, what people are to be told, messages and their ways, reply codes: in `alerts.db`, so that
 * they change together with the alerts. What belongs to an alert is erased with it; a message goes with its last alert.
 */
export const dutyTables: Migration = (database) => {
  database.exec(`
    -- due_ms: when it is looked at; null: nothing runs. asked counts how often it is to be told, answered how often it was.
    CREATE TABLE care (
      alert TEXT PRIMARY KEY REFERENCES alert, due_ms INTEGER, asked INTEGER NOT NULL, answered INTEGER NOT NULL DEFAULT 0,
      state TEXT NOT NULL DEFAULT '', route TEXT, level TEXT, tier TEXT, officer TEXT, group_key TEXT NOT NULL DEFAULT '',
      receipt_due_ms INTEGER, arrival_due_ms INTEGER, handling_due_ms INTEGER, repeat_ms INTEGER,
      arrived_by TEXT, arrived_ms INTEGER, unreached TEXT, escalations INTEGER NOT NULL DEFAULT 0,
      overdue INTEGER NOT NULL DEFAULT 0) STRICT;
    CREATE INDEX care_due ON care (due_ms) WHERE due_ms IS NOT NULL;
    CREATE INDEX care_last_resort ON care (tier) WHERE tier = 'last-resort';
    CREATE TABLE duty_step (
      id INTEGER PRIMARY KEY, alert TEXT NOT NULL REFERENCES alert, at_ms INTEGER NOT NULL, tier TEXT NOT NULL,
      officer TEXT, role TEXT, reason TEXT NOT NULL, instead_of TEXT) STRICT;
    CREATE INDEX duty_step_alert ON duty_step (alert);
    -- That somebody is to hear something of an alert. It ends in a message, or with a reason.
    CREATE TABLE told (
      id INTEGER PRIMARY KEY, alert TEXT NOT NULL REFERENCES alert, officer TEXT NOT NULL, tier TEXT NOT NULL,
      event TEXT NOT NULL, urgent INTEGER NOT NULL, group_key TEXT NOT NULL, made_ms INTEGER NOT NULL,
      due_ms INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT, message TEXT) STRICT;
    CREATE INDEX told_alert ON told (alert);
    CREATE INDEX told_waiting ON told (officer, due_ms) WHERE state = 'waiting';
    CREATE INDEX told_due ON told (due_ms) WHERE state = 'waiting';
    CREATE INDEX told_digest ON told (officer) WHERE state = 'digest';
    CREATE INDEX told_message ON told (message) WHERE message IS NOT NULL;
    CREATE TABLE message (
      id TEXT PRIMARY KEY, position INTEGER NOT NULL UNIQUE, officer TEXT NOT NULL, phone TEXT NOT NULL, template TEXT NOT NULL,
      variables TEXT NOT NULL, text TEXT NOT NULL, code TEXT NOT NULL, urgent INTEGER NOT NULL, group_key TEXT NOT NULL,
      alerts INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT, leg INTEGER NOT NULL, next_ms INTEGER, deadline_ms INTEGER NOT NULL,
      created_ms INTEGER NOT NULL, first_ms INTEGER, receipt_due_ms INTEGER, done_ms INTEGER) STRICT;
    CREATE INDEX message_next ON message (next_ms) WHERE next_ms IS NOT NULL;
    CREATE INDEX message_receipt ON message (receipt_due_ms) WHERE receipt_due_ms IS NOT NULL;
    CREATE INDEX message_officer ON message (officer, created_ms);
    CREATE INDEX message_created ON message (created_ms);
    CREATE TABLE leg (
      message TEXT NOT NULL, n INTEGER NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
      lost INTEGER NOT NULL, under_way INTEGER NOT NULL, outcome TEXT NOT NULL, receipt TEXT, sent_ms INTEGER, done_ms INTEGER,
      PRIMARY KEY (message, n)) STRICT, WITHOUT ROWID;
    CREATE INDEX leg_receipt ON leg (channel, receipt) WHERE receipt IS NOT NULL;
    CREATE INDEX leg_under_way ON leg (message) WHERE under_way = 1;
    -- digest: of the code with the number that it was sent to.
    CREATE TABLE reply_code (
      id INTEGER PRIMARY KEY, alert TEXT NOT NULL REFERENCES alert, officer TEXT NOT NULL, code TEXT NOT NULL,
      digest TEXT NOT NULL, made_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, used_ms INTEGER) STRICT;
    CREATE INDEX reply_code_digest ON reply_code (digest);
    CREATE INDEX reply_code_officer ON reply_code (officer, expires_ms);
    CREATE TABLE reply (
      channel TEXT NOT NULL, id TEXT NOT NULL, phone_digest TEXT NOT NULL, at_ms INTEGER NOT NULL, outcome TEXT NOT NULL,
      answered INTEGER NOT NULL, PRIMARY KEY (channel, id)) STRICT, WITHOUT ROWID;
    CREATE INDEX reply_at ON reply (at_ms);
    CREATE INDEX reply_phone ON reply (phone_digest, at_ms);
    CREATE TABLE routing_in_force (id INTEGER PRIMARY KEY CHECK (id = 1), content TEXT NOT NULL) STRICT;
    CREATE TRIGGER message_of_nothing AFTER DELETE ON told WHEN OLD.message IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM told WHERE message = OLD.message) BEGIN
      DELETE FROM leg WHERE message = OLD.message;
      DELETE FROM message WHERE id = OLD.message;
    END;
    -- What fires already has its people told as well.
    INSERT INTO care (alert, due_ms, asked)
      SELECT id, 0, 1 FROM alert
      WHERE ended_ms IS NULL AND fired_ms IS NOT NULL AND dry = 0 AND state = 'firing' AND untold IS NULL;
  `);
};

/**
 * Reply codes as keyed digests. `code` holds what a layout before kept in clear until the desk has sealed it, and is null
 * from then on; `salt` null: it cannot be derived. Codes in messages that were made before are hidden for good.
 */
export const replyCodeTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE sealed_code (
      id INTEGER PRIMARY KEY, alert TEXT NOT NULL REFERENCES alert, officer TEXT NOT NULL, message TEXT NOT NULL,
      phone TEXT NOT NULL, salt INTEGER, digest TEXT NOT NULL, made_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
      used_ms INTEGER, code TEXT) STRICT;
    INSERT INTO sealed_code
      SELECT id, alert, officer, '', '', NULL, digest, made_ms, expires_ms, used_ms, code FROM reply_code;
    DROP TABLE reply_code;
    ALTER TABLE sealed_code RENAME TO reply_code;
    CREATE INDEX reply_code_phone ON reply_code (phone, id);
    CREATE INDEX reply_code_message ON reply_code (message);
    CREATE INDEX reply_code_open ON reply_code (id) WHERE code IS NOT NULL;
    UPDATE reply SET phone_digest = '';
    UPDATE message SET code = '····', text = replace(text, code, '····'),
      variables = json_set(variables, '$.code', '····')
      WHERE code GLOB '[0-9][0-9][0-9][0-9]';
    UPDATE message SET text = '····' || substr(text, 5), variables = json_set(variables, '$.code', '····')
      WHERE template = 'reply' AND text GLOB '[0-9][0-9][0-9][0-9]：*' AND state <> 'sending';
  `);
};
