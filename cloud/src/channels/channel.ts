import type { Logger } from "pino";
import type { z } from "zod";
import type { ShortMessage } from "./message.ts";
import type { NotificationBody } from "./notification.ts";
import type { RoomLimits } from "./room-pace.ts";

/** Whom a message is for, as the register knows them when it is sent. The number goes to the provider, never into a log. */
export interface Recipient {
  /** Code of the officer. */
  readonly officer: string;
  readonly phone: string;
}

/** One of several notifications that a message tells together. */
export type Gathered = Pick<Outgoing, "body" | "site">;

/** What a channel is asked to send. */
export interface Outgoing {
  readonly body: NotificationBody;
  /** The same as JSON, exactly as it was queued. */
  readonly json: string;
  /** The same for people, in one text message; channels that reach a room may say more, from `body`. */
  readonly message: ShortMessage;
  /** Name of the site that the alert is about, as the register says now; left out or empty: it says none. */
  readonly site?: string;
  /** All that this one message tells, the one above among them; left out: that one alone. Only for a channel that gathers. */
  readonly together?: readonly Gathered[];
  /** Null for channels that reach a room. */
  readonly recipient: Recipient | null;
  /** From 1. */
  readonly attempt: number;
  /** True when the receiver may have it already: an answer of this channel was lost, or a crash came between. */
  readonly mayHaveIt: boolean;
}

/** What became of one attempt. `outcome` is a few words for the alert's history: figures and names, no secrets or numbers. */
export type Delivery =
  /** The receiver, or the provider on the way to them, has it. `receiptId`: what a later delivery receipt names it by. */
  | { readonly type: "sent"; readonly outcome: string; readonly receiptId?: string }
  /** It did not go through now. `lost`: it was sent whole, but no answer came, so the receiver may have it. */
  | { readonly type: "failed"; readonly outcome: string; readonly lost: boolean; readonly retryAfterMs?: number }
  /** The receiver does not want it, now or later. */
  | { readonly type: "refused"; readonly outcome: string };

/** What a provider says later of a message that it took. The same one may come several times. */
export interface DeliveryReceipt {
  readonly receiptId: string;
  readonly state: "delivered" | "undelivered";
  readonly outcome: string;
  readonly atMs: number;
}

/** A text message that came in. The same one may come several times, with the same `id`. */
export interface Reply {
  /** The provider's id of it, or a digest of what came. */
  readonly id: string;
  readonly phone: string;
  readonly text: string;
  readonly atMs: number;
}

/** A message that a provider took and of which no receipt has come yet. */
export interface AwaitedReceipt {
  readonly receiptId: string;
  /** Some providers only answer for a number. */
  readonly phone: string;
  readonly sentMs: number;
}

/** Who takes what comes back. When a method throws, the channel offers the same again later. */
export interface Inbound {
  onReceipt(receipt: DeliveryReceipt): void;
  onReply(reply: Reply): void;
}

/** A way to reach people, ready to send. */
export interface Channel {
  /** Unique among the configured ones; names it in histories and figures. */
  readonly name: string;
  /** A person by their number, or a room: a log, a group chat, another system. */
  readonly reach: "person" | "room";
  /**
   * True where the provider can be asked what became of an attempt whose answer was lost: `send` does that first, and sends
   * nothing while it cannot be asked.
   */
  readonly asksFirst?: boolean;
  /** How much a room takes singly: what is more comes as {@link Outgoing.together}. Left out: it takes everything singly. */
  readonly gathers?: RoomLimits;
  /** Makes one attempt. Never rejects; ends soon after `signal` is aborted. */
  send(outgoing: Outgoing, signal: AbortSignal): Promise<Delivery>;
  /** Asks for receipts and replies from now on; left out where the provider has none. Call once. */
  listen?(inbound: Inbound): void;
  /**
   * Goes on asking for receipts of what was sent before a restart; a channel that does not ask leaves it out. What it
   * sent itself since the start it asks for anyway. Call once, after `listen`, with those of the last 24 hours.
   */
  watch?(awaited: readonly AwaitedReceipt[]): void;
  /** Lets go of connections and ports. */
  close?(): Promise<void>;
}

/** What opening a channel may need. */
export interface ChannelPorts {
  readonly log: Logger;
  /** Centre's clock, milliseconds since 1970. */
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
  /** Returns how to call it off. */
  later(task: () => void, afterMs: number): () => void;
}

/** A kind of channel: one folder, one line in the list. */
export interface ChannelDefinition<Settings extends { readonly type: string }> {
  readonly type: Settings["type"];
  readonly settings: z.ZodType<Settings>;
  /** Reads secrets and prepares; does not connect. @throws {MingchengError} CHANNEL_INVALID */
  open(settings: Settings, ports: ChannelPorts): Promise<Channel>;
}
