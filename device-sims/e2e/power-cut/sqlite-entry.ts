// Inserts rows into a SQLite database in WAL mode and says on standard output which ones are committed:
//   node sqlite-entry.js --file FILE --rows N --synchronous FULL|OFF
// A subject whose behaviour is known: it shows whether recording and replay can be trusted.
import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { Database } from "../../src/harness/sqlite-engine.ts";

const { values } = parseArgs({
  options: { file: { type: "string" }, rows: { type: "string" }, synchronous: { type: "string", default: "FULL" } },
});
if (values.file === undefined) throw new Error("--file is needed");
const database = new Database(values.file);
database.pragma("journal_mode = WAL");
database.pragma(`synchronous = ${values.synchronous}`);
database.pragma("wal_autocheckpoint = 20");
database.exec("CREATE TABLE IF NOT EXISTS said (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
const insert = database.prepare("INSERT INTO said (text) VALUES (?)");
for (let row = 0; row < Number(values.rows); row++) {
  const { lastInsertRowid } = insert.run("x".repeat(300));
  writeSync(1, `${lastInsertRowid}\n`);
}
// Killed, not closed: closing would checkpoint everything.
process.kill(process.pid, "SIGKILL");
