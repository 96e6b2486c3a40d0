import type { Command, CommandKind, RefusalReason } from "@mingcheng/protocols/commands";

/** What became of a command. `result` is for people, or JSON by kind. */
export interface CommandOutcome {
  readonly outcome: "done" | "failed" | "refused" | "unknown";
  readonly reason: RefusalReason | null;
  readonly result: string;
}

/** How one kind of command is carried out. */
export interface CommandWork {
  /** May throw: that is a failure with the reason `fault`. `signal` aborts when the gateway stops. */
  run(command: Command, signal: AbortSignal): Promise<CommandOutcome>;
  /**
   * What to do with a command that was under way when the process died: `again` when it may be carried out once more
   * without harm, or what is known to have become of it.
   */
  afterCrash(command: Command): Promise<CommandOutcome | "again">;
  /** The stored answer goes out once more: what belongs to it does, too. */
  repeat?(id: string): Promise<void>;
}

/** Loads what carries out a kind: nothing is in memory that nobody has asked for. */
export type WorkLoader = (kind: CommandKind) => Promise<CommandWork>;

/** It was done. */
export const done = (result: string): CommandOutcome => ({ outcome: "done", reason: null, result });
/** It was tried and did not come about. */
export const failed = (reason: RefusalReason, result: string): CommandOutcome => ({
  outcome: "failed",
  reason,
  result,
});
/** Nothing was tried. */
export const refused = (reason: RefusalReason, result: string): CommandOutcome => ({
  outcome: "refused",
  reason,
  result,
});
/** Nobody can tell whether it happened. */
export const unknown = (result: string): CommandOutcome => ({ outcome: "unknown", reason: "restarted", result });
