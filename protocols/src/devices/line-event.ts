/**
 * Something that was asked of a device, seen on the line (a capture of both directions, or an echo). Never weight, never
 * sent by a decoder.
 */
export interface RequestEvent {
  readonly event: "request";
  readonly raw: Uint8Array;
  /** What is asked for, as a stable word: `weight`, `status`, `tare`, `zero`, `erase`, ... */
  readonly meaning: string;
  /** The parameters as sent, `null` when there are none. */
  readonly detail: string | null;
}

/** A device's answer that holds no weight and no result: taken, refused, not understood, a serial number. */
export interface ReplyEvent {
  readonly event: "reply";
  readonly raw: Uint8Array;
  /** What it says, as a stable word: `acknowledged`, `not-executable`, `unknown-command`, `no-data`, ... */
  readonly meaning: string;
  /** The rest as sent, `null` when there is none. */
  readonly detail: string | null;
}

/** One sale as a price-computing scale reported it. Money in the smallest unit (fen), weights as decimal text. */
export interface SaleEvent {
  readonly event: "sale";
  /** Empty when the event before holds the bytes. */
  readonly raw: Uint8Array;
  /** The device's own number of the record. Devices repeat numbers: never a key by itself. */
  readonly number: string | null;
  /** The device's own clock, local time without offset (`2009-03-27T16:09`). */
  readonly at: string | null;
  /** Item or PLU code as sent. */
  readonly item: string | null;
  /** `weight` or `count` was sold; `unknown` when the record does not say. */
  readonly soldBy: "weight" | "count" | "unknown";
  readonly weight: string | null;
  readonly unit: string | null;
  readonly count: string | null;
  readonly tare: string | null;
  readonly unitPriceFen: number | null;
  /** Before a discount; `null` when the record has one amount only. */
  readonly grossAmountFen: number | null;
  /** As the scale computed it, never computed again. */
  readonly amountFen: number | null;
  /** True when quantity times price is further from the amount than rounding explains. */
  readonly mismatch: boolean;
  readonly department: string | null;
  readonly store: string | null;
  readonly scale: string | null;
  /** What else the record holds, as sent and unexplained. */
  readonly unexplained: string | null;
}
