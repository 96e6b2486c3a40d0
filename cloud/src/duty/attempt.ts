import type { Channel, Outgoing } from "../channels/channel.ts";
import type { LegRow, MessageRow } from "./message-store.ts";

/** An attempt that was counted and is to be made. */
export interface Attempt {
  readonly channel: Channel;
  readonly message: MessageRow;
  readonly leg: LegRow;
  readonly outgoing: Outgoing;
}
