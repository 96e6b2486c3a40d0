import type { Account } from "@mingcheng/protocols";
import { type InjectionKey, inject } from "vue";

/** Who reads, and the ways out. */
export interface Session {
  readonly account: Account;
  /** The centre says that the session has ended: back to the door. */
  ended(): void;
  signOut(): Promise<void>;
}

/** Keeps on this machine who was inside last. */
export interface AccountMemory {
  load(): Account | null;
  keep(account: Account): void;
  /** Somebody signed out: nothing of the centre stays here. */
  forget(): void;
}

/** Where a door puts the session for everything behind it. */
export const sessionKey: InjectionKey<Session> = Symbol("session");

/** The session of the door around. @throws Error in front of a door */
export const useSession = (): Session => {
  const session = inject(sessionKey);
  if (session === undefined) throw new Error("no door around");
  return session;
};

/** May take alerts over and say what was done. */
export const mayAct = ({ role }: Account): boolean => role !== "auditor";

/** May end alerts and open them again. */
export const mayClose = ({ role }: Account): boolean => role !== "auditor" && role !== "operator";

/** May silence: decided for the whole centre only. */
export const maySilence = ({ role, scope }: Account): boolean =>
  scope.whole && (role === "centre" || role === "administrator");
