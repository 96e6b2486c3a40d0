import { MingchengError } from "@mingcheng/protocols";
import type { Audit } from "../audit/audit-event.ts";
import { always, forever, minuteOf, minuteStartMs, type ZoneClock } from "../register/model/validity.ts";
import { type AskedEntry, RegisterDesk } from "../register/register-desk.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Doer, UserRegister } from "./user-register.ts";

/** What a link is written with. */
export interface OfficerLinkPorts {
  /** A connection to the register that may write. */
  readonly register: SqliteDatabase;
  readonly users: UserRegister;
  readonly clock: ZoneClock;
  readonly audit: Audit;
  readonly nowMs: () => number;
}

interface OfficerRow {
  readonly code: string;
  readonly name: string;
  readonly phone: string;
  readonly login: string;
  readonly department: string;
  readonly from: number;
  readonly to: number;
}

const isoOrNull = (minute: number, open: number): string | null =>
  minute === open ? null : new Date(minuteStartMs(minute)).toISOString();

const entryOf = ({ code, name, phone, department, from, to }: OfficerRow, login: string): AskedEntry => ({
  kind: "officers",
  values: { code, name, phone, login, department },
  ...{ from: isoOrNull(from, always), to: isoOrNull(to, forever) },
});

/**
 * The entry with another user name from `minute` on; one that said none is corrected. What it said before stays said of
 * the time before.
 */
const entriesWith = (row: OfficerRow, login: string, minute: number): AskedEntry[] =>
  row.login === "" || row.from === minute
    ? [entryOf(row, login)]
    : [entryOf({ ...row, to: minute }, row.login), entryOf({ ...row, from: minute }, login)];

/**
 * Says which officer of the register signs in under a user's name from now on; null: nobody does. The register's column
 * `login` is the only place where that stands.
 * @throws {MingchengError} USER_UNKNOWN; USER_INVALID, field `officer`: no such officer now, or somebody else's
 */
export const linkOfficer = (ports: OfficerLinkPorts, user: string, officer: string | null, by: Doer): void => {
  const { register, users, clock, audit, nowMs } = ports;
  users.get(user);
  const minute = minuteOf(nowMs());
  const refuse = (text: string): never => {
    throw new MingchengError("USER_INVALID", text, { field: "officer" });
  };
  const read = (column: "code" | "login", value: string): OfficerRow[] =>
    register
      .prepare(
        `SELECT code, name, phone, login, department, valid_from AS "from", valid_to AS "to" FROM officer
         WHERE "${column}" = ? AND until_change IS NULL AND valid_from <= ? AND ? < valid_to`,
      )
      .all(value, minute, minute) as OfficerRow[];
  register
    .transaction(() => {
      const before = read("login", user);
      const isSo = officer === null ? before.length === 0 : before.length === 1 && before[0]?.code === officer;
      if (isSo) return;
      const wanted = officer === null ? undefined : read("code", officer)[0];
      if (officer !== null && wanted === undefined) refuse(`there is no officer ${officer} now`);
      if (wanted !== undefined && wanted.login !== "" && wanted.login !== user)
        refuse(`${wanted.code} signs in as ${wanted.login}`);
      const put = [
        ...before.filter(({ code }) => code !== officer).flatMap((row) => entriesWith(row, "", minute)),
        ...(wanted === undefined || wanted.login === user ? [] : entriesWith(wanted, user, minute)),
      ];
      const source = `user ${user}`;
      const origin = { by: by.actor, address: by.address ?? null, source, note: "", atMs: nowMs(), audit };
      const { change, findings } = new RegisterDesk(register, clock).change(
        { put, withdraw: [], dryRun: false },
        origin,
      );
      if (change === null) refuse(findings.map(({ en }) => en).join("; "));
      const detail = { officer, before: before.map(({ code }) => code).join(" ") };
      audit.append({ ...by, action: "user.officer", subject: `user:${user}`, detail });
    })
    .immediate();
};
