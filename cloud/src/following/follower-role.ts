import type { Bilingual } from "../alerts/alert.ts";
import type { Routing } from "../duty/routing/routing.ts";
import type { WatchedFile } from "../rules/broken-file.ts";
import type { AlertRule } from "../rules/rule.ts";
import type { OpenFollower } from "./follower-loop.ts";
import type { GatewayHints } from "./gateway-hints.ts";
import type { FollowingPart } from "./progress-channel.ts";

/** What a role has of its thread. */
export interface RolePorts {
  readonly hints: GatewayHints;
  /** The ledger has grown. */
  readonly onAppend: () => void;
  /** Rows that were there before changed. */
  readonly onChange: (parts: readonly FollowingPart[]) => void;
  /** Something could not be used; the thread goes on without. */
  readonly onFault: (detail: string) => void;
}

/** What a thread of followers does. Each role is a module of its own: a thread loads what its role needs and no more. */
export interface FollowerRole {
  /** Opens the stores. @throws what the store throws when it does not open now */
  open(): OpenFollower;
  /** Other rules from now on, or once the stores are open. */
  useRules(rules: readonly AlertRule[]): void;
  /** Another routing from now on, or once the stores are open. */
  useRouting(routing: Routing): void;
  /** A file that says rules or routing has changed and is not good; what was before goes on. */
  fileInvalid(file: WatchedFile, reason: Bilingual): void;
  /** Tries again what could not be used yet. */
  retry(): void;
  /** Lets go of what goes on while a store fails; the follower is closed by then. */
  close(): Promise<void>;
}
