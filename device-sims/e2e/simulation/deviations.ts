import type {
  Downlink,
  Freeable,
  IngestOutcome,
  LedgerEffect,
  LineOfGateway,
  MemoryLedger,
  Sha256,
  UplinkEffect,
} from "@mingcheng/protocols";
import type { UpMessage } from "./messages.ts";

/** A record's place in a line. */
export type Place = LineOfGateway & { readonly seq: number };

/** What a deviation may know of the gateway it bends. */
export interface BentGateway {
  readonly line: LineOfGateway;
  /** The ledger generation the uplink machine has confirmed. */
  readonly confirmedGen: string | null;
  /** What was published under this hash, if it was a batch of this process. */
  published(
    payloadHash: string,
  ): { readonly line: LineOfGateway; readonly from: number; readonly to: number; readonly h: string } | undefined;
  wasPublished(line: LineOfGateway, from: number, to: number): boolean;
}

/** Places at which a run may be made to break the protocol on purpose, to see whether that is found out. */
export interface Deviations {
  /** What the uplink machine is told of an answer; null: nothing. */
  readonly downlink?: (message: Downlink, gateway: BentGateway) => Downlink | null;
  /** What is performed of an effect; null: nothing. */
  readonly effect?: (effect: UplinkEffect) => UplinkEffect | null;
  /** What the outbox is told of a range. */
  readonly freeable?: (
    answer: Freeable,
    gateway: BentGateway,
    line: LineOfGateway,
    from: number,
    to: number,
  ) => Freeable;
  /** Every record waits its turn. */
  readonly knowsNoUrgency?: true;
  /** Epoch id of a new line. */
  readonly eid?: (ep: number) => string;
  /** What a start reads back stays in the system's cache. */
  readonly skipsSyncAtStart?: true;
  /** Answers leave before the commit. */
  readonly answersBeforeCommit?: true;
  /** Where a key is revoked; null: the decision is forgotten. */
  readonly revocation?: (place: Place, lines: readonly LineOfGateway[]) => Place | null;
  /** What a decision about a line changes. */
  readonly decision?: (effects: readonly LedgerEffect[]) => readonly LedgerEffect[];
  /** A box that was replaced goes on getting in. */
  readonly fencesNobody?: true;
  readonly ledger?: (sha256: Sha256, gen: string) => MemoryLedger;
  /** What the centre makes of a message. */
  readonly outcome?: (message: UpMessage, outcome: IngestOutcome, ledger: MemoryLedger) => IngestOutcome;
}
