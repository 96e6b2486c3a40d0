import { mkdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { loadSigners } from "../keys/centre-keys.ts";
import { openRegister } from "../register/register-database.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { auditHeadPath } from "./audit-head.ts";
import { AuditLog } from "./audit-log.ts";

/** Who acts at a terminal, for the audit log and the register's history. */
export const terminalActor = (): string => `${userInfo().username}@terminal`;

/**
 * The audit log of a data directory over a connection to its register that may write; entries inside a transaction of that
 * connection belong to it. Makes the centre's keys when there are none.
 * @throws {MingchengError} KEY_INVALID
 */
export const auditOver = async (
  dataDirectory: string,
  database: SqliteDatabase,
  options: { readonly nowMs?: () => number; readonly onHeadFault?: (error: unknown) => void } = {},
): Promise<AuditLog> => {
  const { manifest } = await loadSigners(dataDirectory);
  return new AuditLog({
    ...{ database, signer: manifest, headPath: auditHeadPath(dataDirectory) },
    nowMs: options.nowMs ?? (() => Date.now()),
    onHeadFault: options.onHeadFault ?? (() => undefined),
  });
};

/**
 * Opens the register of a data directory (both made when missing) with its audit log for one piece of work, and closes it
 * afterwards.
 */
export const withAudit = async <Result>(
  dataDirectory: string,
  body: (audit: AuditLog, register: SqliteDatabase) => Result | Promise<Result>,
): Promise<Result> => {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const register = openRegister(dataDirectory);
  try {
    const audit = await auditOver(dataDirectory, register);
    const result = await body(audit, register);
    audit.settle();
    return result;
  } finally {
    register.close();
  }
};
