import { join } from "node:path";
import { auditTables } from "../audit/audit-schema.ts";
import { commandTables } from "../commanding/command-schema.ts";
import { viewingTables } from "../media/viewing-store.ts";
import { erasedEntryTables, retentionTables } from "../retention/retention-schema.ts";
import { type Migration, openForWriting, type SqliteDatabase } from "../store/database.ts";
import { displaySessionColumns, userScopeTables, userTables } from "../users/user-schema.ts";
import { entryTables, geometryTables, validityTables } from "./entry-schema.ts";
import { gatewayDecisionTables, gatewayTables } from "./gateway-schema.ts";

/** Layout of `register.db`: who is who at this centre. Small, written by hand and by enrolment, never by records. */
export const registerMigrations: readonly Migration[] = [
  gatewayTables,
  userTables,
  entryTables,
  gatewayDecisionTables,
  auditTables,
  userScopeTables,
  commandTables,
  retentionTables,
  erasedEntryTables,
  viewingTables,
  validityTables,
  geometryTables,
  displaySessionColumns,
];

/** Opens the register of a data directory, created when missing. @throws {MingchengError} STORE_TOO_NEW */
export const openRegister = (dataDirectory: string): SqliteDatabase =>
  openForWriting({ path: join(dataDirectory, "register.db"), migrations: registerMigrations });
