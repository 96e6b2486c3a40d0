import type { SqliteDatabase } from "../store/database.ts";
import { GatewayRegister } from "./gateway-register.ts";

/** Whether a gateway may come in, or stay. Reads only; what another process or thread changes counts at once. */
export interface CredentialCheck {
  authenticates(gw: string, credential: string): boolean;
  /** False when it was disabled, or enrolled anew since it was let in (milliseconds since 1970). */
  mayStay(gw: string, sinceMs: number): boolean;
  /** True when anything in the register has changed since the last call. */
  changed(): boolean;
}

/** Over a reading connection to the register. */
export const createCredentialCheck = (database: SqliteDatabase): CredentialCheck => {
  const register = new GatewayRegister(database);
  const dataVersion = database.prepare("PRAGMA data_version").pluck();
  let version = dataVersion.get();
  return {
    authenticates: (gw, credential) => register.authenticates(gw, credential),
    mayStay: (gw, sinceMs) => {
      const standing = register.standing(gw);
      return standing !== undefined && !standing.disabled && standing.enrolledMs <= sinceMs;
    },
    changed: () => {
      const now = dataVersion.get();
      const changed = now !== version;
      version = now;
      return changed;
    },
  };
};
