import type { Logger } from "pino";
import type { z } from "zod";
import type { NotificationBody } from "./notification.ts";

/** What a channel is asked to send. */
export interface Outgoing {
  readonly body: NotificationBody;
  /** The same as JSON, exactly as it was queued. */
  readonly json: string;
  /** From 1. Above 1 the receiver may have it already: an answer was lost, or a crash came between. */
  readonly attempt: number;
}

/** What became of one attempt. `outcome` is a few words for the alert's history: figures and names, no secrets. */
export type Delivery =
  /** The receiver has it. */
  | { readonly type: "sent"; readonly outcome: string }
  /** It did not go through now. `lost`: it was sent whole, but no answer came, so the receiver may have it. */
  | { readonly type: "failed"; readonly outcome: string; readonly lost: boolean; readonly retryAfterMs?: number }
  /** The receiver does not want it, now or later. */
  | { readonly type: "refused"; readonly outcome: string };

/** A way to reach people, ready to send. */
export interface Channel {
  /** Unique among the configured ones; names it in histories and figures. */
  readonly name: string;
  /** Makes one attempt. Never rejects; ends soon after `signal` is aborted. */
  send(outgoing: Outgoing, signal: AbortSignal): Promise<Delivery>;
}

/** What opening a channel may need. */
export interface ChannelPorts {
  readonly log: Logger;
  /** Centre's clock, milliseconds since 1970. */
  nowMs(): number;
}

/** A kind of channel: one folder, one line in the list. */
export interface ChannelDefinition<Settings extends { readonly type: string }> {
  readonly type: Settings["type"];
  readonly settings: z.ZodType<Settings>;
  /** Reads secrets and prepares; does not connect. @throws {MingchengError} CHANNEL_INVALID */
  open(settings: Settings, ports: ChannelPorts): Promise<Channel>;
}
