import { createRequire } from "node:module";
import type BetterSqlite from "better-sqlite3";

const require = createRequire(import.meta.url);

// Built against the headers of Node 24.19 and later, version 12 aborts the process when an idle collection frees a statement
// (nodejs/node #65446). Version 13 stands on Node-API 10 and crashes where there is only 9: Node 20 and early Node 22.
const nodeApi = Number(process.versions["napi"]);
const engine = nodeApi >= 10 ? "better-sqlite3-node-api" : "better-sqlite3";

/** The SQLite binding that fits the running Node.js: better-sqlite3 12 or 13, the same API. Every database is opened by it. */
export const Database = require(engine) as typeof BetterSqlite;
