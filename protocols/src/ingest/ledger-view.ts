import type { LineOfGateway } from "../chain/line.ts";
import type { Seal } from "../chain/seal.ts";
import type { Interval } from "../link/interval-set.ts";
import type { BatchItem, Witness } from "../messages/batch.ts";
import type { AddedKey } from "../messages/key-log.ts";
import type { Downlink } from "../messages/link-messages.ts";

/** A stored run of a line: h(from-1) and h(to) are known, so runs join only where the chain fits. */
export interface StoredRun extends Interval {
  /** h(from-1), 32 octets. */
  readonly prev: Uint8Array;
  /** h(to), 32 octets. */
  readonly h: Uint8Array;
}

/** What the centre keeps about a line. */
export interface LineFacts extends LineOfGateway {
  /** Largest sequence number ever heard of, by records, state, predecessor. */
  readonly heardHead: number;
  /** Witness count given when the line was first seen as a sender; 0 when it never was. */
  readonly bornAt: Witness | null;
  /** Latest witness the line has shown. */
  readonly shown: Witness | null;
  readonly status: "ok" | "disputed";
  /** From its epoch record, once that is stored. */
  readonly predecessor: (LineOfGateway & { readonly seq: number; readonly h: string }) | null;
}

/** A key that may seal for a gateway. */
export interface GatewayKey {
  readonly publicKey: Uint8Array;
  /**
   * Set by a named revocation: seals at or behind this place no longer count, nor do those of lines first heard of later, or
   * of what nobody had heard of earlier ones.
   */
  readonly revokedFrom: (LineOfGateway & { readonly seq: number }) | null;
}

/**
 * Read access to the ledger inside one transaction: every answer already includes the effects of earlier messages of the
 * same transaction.
 */
export interface LedgerView {
  /** Generation of this ledger: random per start and per restore. */
  readonly gen: string;
  /** Position of a generation in the order of generations of this ledger; undefined for one it does not know. */
  generationOrder(gen: string): number | undefined;
  /** Lines first seen so far under this generation's counter. */
  witnessCount(): number;
  key(gw: string, kid: string): GatewayKey | undefined;
  line(gw: string, line: LineOfGateway): LineFacts | undefined;
  /** Every line of a gateway, in the order in which they were first heard of. */
  lines(gw: string): readonly LineFacts[];
  /** Stored runs that overlap or touch [from-1, to+1], ascending. */
  runs(gw: string, line: LineOfGateway, from: number, to: number): readonly StoredRun[];
  /** All stored runs of a line. */
  allRuns(gw: string, line: LineOfGateway): readonly StoredRun[];
  /** d(seq) of a stored record. */
  digest(gw: string, line: LineOfGateway, seq: number): Uint8Array | undefined;
  /** h(seq) of a stored record, computed from its run where it is not an edge. */
  hash(gw: string, line: LineOfGateway, seq: number): Uint8Array | undefined;
  /** Ranges receipted as disputed. */
  disputed(gw: string, line: LineOfGateway): readonly Interval[];
  /** Ranges named as gaps and not filled since. */
  gaps(gw: string, line: LineOfGateway): readonly Interval[];
}

/** What a message does to the ledger. Applied in order, in the transaction in which the view was read. */
export type LedgerEffect =
  | { readonly type: "line-seen"; readonly gw: string; readonly line: LineOfGateway; readonly born: Witness }
  | { readonly type: "witness-shown"; readonly gw: string; readonly line: LineOfGateway; readonly witness: Witness }
  | { readonly type: "head-heard"; readonly gw: string; readonly line: LineOfGateway; readonly head: number }
  | {
      readonly type: "predecessor";
      readonly gw: string;
      readonly line: LineOfGateway;
      readonly predecessor: (LineOfGateway & { readonly seq: number; readonly h: string }) | null;
    }
  /** Store one new record. `digest` is always given; `bytes` is null for a digest line. */
  | {
      readonly type: "store";
      readonly gw: string;
      readonly line: LineOfGateway;
      readonly seq: number;
      readonly bytes: Uint8Array | null;
      readonly digest: Uint8Array;
      readonly lane: "live" | "backlog";
    }
  /** A digest line's record arrived whole: fill its bytes in. */
  | {
      readonly type: "fill-bytes";
      readonly gw: string;
      readonly line: LineOfGateway;
      readonly seq: number;
      readonly bytes: Uint8Array;
    }
  /** Replace the runs `joined` (their `from`s) by this one. */
  | {
      readonly type: "run";
      readonly gw: string;
      readonly line: LineOfGateway;
      readonly run: StoredRun;
      readonly joined: readonly number[];
    }
  /** A verified seal at `seq`; `h` is h(seq). The earliest seal of a place counts as its time. */
  | {
      readonly type: "seal";
      readonly gw: string;
      readonly line: LineOfGateway;
      readonly seq: number;
      readonly h: Uint8Array;
      readonly seal: Seal;
    }
  /** A gap the centre or the gateway can name. `to` null: open-ended (after a rollback). */
  | {
      readonly type: "gap-named";
      readonly gw: string;
      readonly line: LineOfGateway;
      readonly from: number;
      readonly to: number | null;
      readonly reason: "freed" | "lost" | "withheld" | "rollback";
      readonly receipt: { readonly gen: string; readonly h: string } | null;
    }
  /** Records arrived that fill (part of) a named gap. */
  | {
      readonly type: "gap-filled";
      readonly gw: string;
      readonly line: LineOfGateway;
      readonly from: number;
      readonly to: number;
    }
  /** The newcomer is kept whole and apart. */
  | {
      readonly type: "quarantine";
      readonly gw: string;
      readonly line: LineOfGateway | null;
      readonly first: number | null;
      readonly items: readonly BatchItem[];
      readonly reason: string;
    }
  | {
      readonly type: "disputed";
      readonly gw: string;
      readonly line: LineOfGateway;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly type: "rollback";
      readonly gw: string;
      readonly line: LineOfGateway;
      /** Where the new line says it left its parent. */ readonly parent: LineOfGateway & { readonly seq: number };
      readonly knownHead: number;
    }
  | {
      readonly type: "clone";
      readonly gw: string;
      /** The line that projections follow, and the one that is disputed until an operator decides. */
      readonly kept: LineOfGateway;
      readonly disputed: LineOfGateway;
    }
  /** A line becomes disputed because it goes on from one that is, or an operator decided. */
  | {
      readonly type: "line-status";
      readonly gw: string;
      readonly line: LineOfGateway;
      readonly status: LineFacts["status"];
    }
  /** A rotation statement that holds brought a key in. */
  | ({ readonly type: "key-added"; readonly gw: string } & AddedKey)
  /** The retained state of a line that has a successor is to be cleared. */
  | { readonly type: "clear-state"; readonly gw: string; readonly line: LineOfGateway };

/** A downlink message to sign and publish after the commit; `at` is added by the shell. */
export type DownlinkDraft = Downlink extends infer T ? (T extends { at: string } ? Omit<T, "at"> : never) : never;

/** Outcome of one message. */
export interface IngestOutcome {
  readonly effects: readonly LedgerEffect[];
  /** Published after the commit; never before, never without it. */
  readonly answers: readonly DownlinkDraft[];
}
