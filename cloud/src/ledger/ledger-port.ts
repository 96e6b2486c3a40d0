import type { State } from "@mingcheng/protocols";

/** One message of a connected gateway, for the ledger. `payload` is inflated already. */
export type LedgerMessage =
  /** `payloadHash`: SHA-256 of the payload as received, hexadecimal. */
  | { readonly type: "batch"; readonly gw: string; readonly payload: Uint8Array; readonly payloadHash: string }
  /** `eid` as in the topic. */
  | { readonly type: "state"; readonly gw: string; readonly eid: string; readonly payload: Uint8Array }
  | { readonly type: "gone"; readonly gw: string; readonly payload: Uint8Array }
  /** The gateway's key log. */
  | { readonly type: "keys"; readonly gw: string; readonly payload: Uint8Array }
  /** A payload that could not even be inflated. */
  | {
      readonly type: "damaged";
      readonly gw: string;
      readonly payload: Uint8Array;
      readonly payloadHash: string;
      readonly reason: string;
    };

/** What became of a message, after the commit. */
export interface LedgerAnswer {
  /**
   * `stored`: committed (records, or a place in quarantine). `damaged`: not readable, kept apart. `refused`: the
   * signature is not the gateway's, kept apart. `busy`: nothing happened, the gateway was told to come back.
   */
  readonly outcome: "stored" | "damaged" | "refused" | "busy";
  /** Signed messages for the gateway's receipt topic, in order. */
  readonly downlinks: readonly Uint8Array[];
  /** Lines (`eid`) whose retained state is out of date. */
  readonly clearStates: readonly string[];
  /** The verified state, when the message was one. */
  readonly state: State | null;
  /** Records newly stored. */
  readonly records: number;
  /** Records set apart, because their seal is bad or they contradict what is committed. */
  readonly quarantined: number;
}

/** Counts since the start. */
export interface LedgerCounts {
  readonly batches: number;
  readonly records: number;
  readonly quarantined: number;
  readonly damaged: number;
  readonly refused: number;
  readonly busy: number;
  readonly commits: number;
  readonly lastCommitMs: number;
}

/** The way to the ledger's writer, wherever it runs. */
export interface LedgerPort {
  /** Resolves after the commit that the message was part of; never rejects while the writer lives. */
  submit(message: LedgerMessage): Promise<LedgerAnswer>;
  /** Answers what was submitted, then closes the ledger. */
  close(): Promise<void>;
}
