import type { LineOfGateway } from "../chain/line.ts";
import type { Witness } from "../messages/batch.ts";
import type { Downlink, Gone, State, StateLine } from "../messages/link-messages.ts";
import type { Interval } from "./interval-set.ts";
import type { UplinkLimits } from "./uplink-limits.ts";

/** One line as the outbox found it at start, or as it stands now. */
export interface LineInventory extends LineOfGateway {
  /** Largest sequence number ever known of the line, durable; h of it. */
  readonly head: number;
  /** Intact ranges on disk. */
  readonly held: readonly Interval[];
  /** Freed on a receipt. `h` is h(to); `gen` the ledger generation of the receipt. */
  readonly freed: readonly { readonly from: number; readonly to: number; readonly h: string; readonly gen: string }[];
  /** Held records of urgent kinds not known to be receipted: bounded, oldest first. */
  readonly urgent: readonly number[];
}

export type Lane = "live" | "backlog";

/** What happens to the uplink machine. `nowMs` is monotonic everywhere. */
export type UplinkInput =
  /** The broker accepted us. */
  | { readonly type: "connected" }
  | { readonly type: "disconnected" }
  /** The outbox made [first, last] of the running line durable. */
  | { readonly type: "committed"; readonly first: number; readonly last: number; readonly urgent: readonly number[] }
  /** The outbox had to open a new line in mid-run (I/O fault and recovery). */
  | { readonly type: "line-opened"; readonly inventory: LineInventory }
  /** The send effect `id` was read and published: the batch ends at `last`. `payload` is SHA-256 of the payload as sent. */
  | {
      readonly type: "sent";
      readonly id: number;
      readonly last: number;
      readonly h: string;
      readonly bytes: number;
      readonly payload: string;
    }
  /** The send effect could not be carried out: the connection went, or the records are damaged on disk. */
  | { readonly type: "send-failed"; readonly id: number; readonly lost: Interval | null }
  /** A verified downlink message. Ranges whose `h` is not ours must have been dropped by `proven` (see the effect `prove`). */
  | { readonly type: "downlink"; readonly message: Downlink }
  /** Answer to the effect `prove`: the ranges whose h(to) is what the outbox has. */
  | { readonly type: "proven"; readonly id: number; readonly ranges: readonly (LineOfGateway & Interval)[] }
  /** The outbox freed records. */
  | {
      readonly type: "freed";
      readonly line: LineOfGateway;
      readonly from: number;
      readonly to: number;
      readonly h: string;
    }
  /** A new key seals from now on: the key log goes out before anything sealed with it. */
  | { readonly type: "rotated" }
  | { readonly type: "tick" };

/** What the shell has to do. Effects are carried out in order; none waits for another. */
export type UplinkEffect =
  /**
   * Read from `first` on, at most to `maxLast`, within the batch limits, and publish; then report `sent` or `send-failed`.
   * `digestOnly`: send `{"d":…}` in place of the bytes.
   */
  | {
      readonly type: "send";
      readonly id: number;
      readonly lane: Lane;
      readonly line: LineOfGateway;
      readonly first: number;
      readonly maxLast: number;
      readonly digestOnly: boolean;
      readonly witness: Witness | null;
    }
  /** Publish the state, retained. The shell adds alarms, key head, cseq, config and wall time. */
  | {
      readonly type: "state";
      readonly nonce: string;
      readonly lines: readonly StateLine[];
      readonly witness: Witness | null;
    }
  | { readonly type: "gone"; readonly gone: Gone }
  /** Publish the key log. */
  | { readonly type: "keys" }
  /** Look up h(to) of each range in the outbox and answer with `proven`. */
  | {
      readonly type: "prove";
      readonly id: number;
      readonly ranges: readonly (LineOfGateway & Interval & { readonly h: string })[];
    }
  /** Records of these lines became freeable or stopped being so: the shell may run `free` now. */
  | { readonly type: "marks-changed" };

/** The part of a state message that the machine itself knows. */
export type StateCore = Pick<State, "nonce" | "lines" | "witness">;

/** What a caller may ask about one range before freeing it. */
export type Freeable = "receipted" | "disputed" | "no";

/** Options of the uplink machine. */
export interface UplinkOptions {
  readonly line: LineOfGateway;
  /** Every line the outbox knows, oldest first, the running one included. */
  readonly inventory: readonly LineInventory[];
  /** Uniform in [0, 1): jitter only. */
  readonly random: () => number;
  readonly newNonce: () => string;
  readonly limits?: UplinkLimits;
}

/** Figures of the uplink machine for health and metrics. */
export interface UplinkStats {
  /** Records that wait for a receipt. */
  readonly pending: number;
  /** Batches under way. */
  readonly inFlight: number;
  /** A full receipt has been worked in since the connection came up. */
  readonly ready: boolean;
  readonly connected: boolean;
  /** The confirmed ledger generation. */
  readonly gen: string | null;
  readonly witness: Witness | null;
}
