import type { DiscardedEvent } from "../framing/discarded-event.ts";
import type { FrameDecoder } from "../framing/frame-decoder.ts";
import type { ReplyEvent, RequestEvent, SaleEvent } from "./line-event.ts";

/** Gross, net, tare; `unknown` when the protocol does not say (OPC 40200 vocabulary). */
export type WeighingMode = "gross" | "net" | "tare" | "unknown";

/** Who says that the weight stands still. `unknown`: the protocol has no such bit and nobody has inferred it yet. */
export type Stability = "reported-stable" | "reported-unstable" | "inferred" | "unknown";

/** States a scale can report beside the weight. */
export type ScaleFlag =
  | "motion"
  | "not-zeroed"
  | "zero-centre"
  | "print-request"
  | "expanded"
  | "keyboard-tare"
  /** The display is frozen: no weight of what lies on the pan now. */
  | "hold"
  /** The scale says that it is broken or not ready; there is no weight. */
  | "fault"
  | "blank";

/** One weight as a scale said it. */
export interface ReadingEvent {
  readonly event: "reading";
  readonly raw: Uint8Array;
  /** Decimal text as sent, sign included (negative zero occurs); `null` when the status says that there is none. */
  readonly value: string | null;
  /** A unit of `massUnits`, `custom`, or `null` when the frame names none: never a default. */
  readonly unit: string | null;
  readonly mode: WeighingMode;
  readonly stable: Stability;
  /** Tare in the same unit; `null` when the frame has none. */
  readonly tare: string | null;
  readonly overload: boolean;
  readonly underload: boolean;
  /** Step of the last shown digit, `null` when the frame does not say. */
  readonly increment: 1 | 2 | 5 | null;
  /** Every other state the frame reports, in a fixed order. */
  readonly states: readonly ScaleFlag[];
}

/** One LIS02-A2 record. */
export interface LisRecord {
  /** Record type letter: H, P, O, R, C, Q, M, S, L. */
  readonly type: string;
  /** The record as sent, without its carriage return. */
  readonly text: string;
  /** Fields as sent (still escaped), `fields[0]` is the type, so `fields[n - 1]` is field n of the standard. */
  readonly fields: readonly string[];
}

/** One LIS01-A2 frame. */
export interface FrameEvent {
  readonly event: "frame";
  readonly raw: Uint8Array;
  /** 0 to 7. */
  readonly frameNo: number;
  /** True when it ended with ETX, false with ETB. */
  readonly final: boolean;
  /** False: damaged, to be refused; its records are empty. */
  readonly checksumOk: boolean;
  /**
   * `first`: joined midway; `repeated`: a retransmission of the frame before, its records are empty; `unexpected`: a
   * number is missing; `damaged`: the checksum does not fit, so the number means nothing.
   */
  readonly sequence: "first" | "next" | "repeated" | "unexpected" | "damaged";
  /** Records that this frame completes. */
  readonly records: readonly LisRecord[];
}

/** A link control character outside frames. */
export interface ControlEvent {
  readonly event: "control";
  readonly raw: Uint8Array;
  readonly control: "ENQ" | "EOT" | "ACK" | "NAK";
}

/** Verdict of a test. `none`: nobody may say; never shown or counted as a pass. */
export type Verdict = "positive" | "suspect" | "negative" | "invalid" | "none";

/** One result as a tester said it. */
export interface ResultEvent {
  readonly event: "result";
  /** Empty when the event before holds the bytes (a frame that completed several records). */
  readonly raw: Uint8Array;
  /** Specimen id, or the name of what was tested where the instrument knows no ids; `null` when it gave none. */
  readonly sample: string | null;
  /** The instrument's own number of the record, where it numbers them. */
  readonly number?: string;
  /** Channel, hole or position, where one run has several. */
  readonly channel?: string;
  /** The instrument's code for what was measured; `null` when it gave none. */
  readonly assay: string | null;
  /** As sent, without padding; not always a number. `null` when the field is empty. */
  readonly value: string | null;
  readonly unit: string | null;
  /** The instrument's own words and flags; whether a limit is passed is judged elsewhere, from the number. */
  readonly instrumentVerdict: Verdict;
  /** The instrument's own clock, local time without offset (`2024-05-17T09:30:15`); as sent when it is no such time. */
  readonly at: string | null;
}

/** Whatever a device's bytes turn into. The bytes of all events, in order, plus what is pending are the input. */
export type DeviceEvent =
  | ReadingEvent
  | FrameEvent
  | ResultEvent
  | ControlEvent
  | RequestEvent
  | ReplyEvent
  | SaleEvent
  | DiscardedEvent;

/** The device's bytes behind an event. */
export const bytesOf = (event: DeviceEvent): Uint8Array => (event.event === "discarded" ? event.bytes : event.raw);

/** Turns a device's bytes into events: synchronous, pure, bounded. */
export type DeviceDecoder = FrameDecoder<DeviceEvent>;

/** A device family's codec as a value. */
export interface DeviceCodec {
  /** Protocol id, stable: `mt-continuous`. Also the name of its folder. */
  readonly id: string;
  readonly displayName: { readonly zh: string; readonly en: string };
  readonly deviceClass: "scale" | "tester";
  /** No decoder ever holds more bytes than this, whatever comes. */
  readonly maxPendingBytes: number;
  /**
   * A decoder for one connection. `sevenBit` masks the parity bit where the protocol does not do so by itself; `atRest`: the
   * line was quiet before the first byte, so that nothing of the first frame is missing.
   */
  createDecoder(options?: { readonly sevenBit?: boolean; readonly atRest?: boolean }): DeviceDecoder;
}
