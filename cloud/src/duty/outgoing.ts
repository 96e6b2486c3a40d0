import type { AlertStore } from "../alerts/alert-store.ts";
import type { Outgoing } from "../channels/channel.ts";
import type { ShortMessage } from "../channels/message.ts";
import { personBody, sayCode } from "./compose.ts";
import type { LegRow, MessageRow, MessageStore } from "./message-store.ts";
import type { ReplyCodes } from "./reply-codes.ts";

/** What an attempt is made of. */
export interface OutgoingAsked {
  readonly message: MessageRow;
  /** What it says now. */
  readonly said: ShortMessage;
  readonly leg: LegRow;
  readonly phone: string;
  readonly nowMs: number;
  /** Of its reply code. */
  readonly validMs: number;
}

/** What is really sent of a message: the code is in no store, it is derived for every attempt. In the caller's transaction. */
export const outgoingOf = (
  stores: { readonly messages: MessageStore; readonly alerts: AlertStore; readonly codes: ReplyCodes },
  { message, said: kept, leg, phone, nowMs, validMs }: OutgoingAsked,
): Outgoing => {
  const { id, officer, code, template } = message;
  const [first] = stores.messages.alertsOf(id);
  const hasCode = code !== "" && kept.template === template && first !== undefined;
  const said = hasCode
    ? sayCode(kept, stores.codes.of({ message: id, alert: first, officer, phone, nowMs, validMs }))
    : kept;
  const alert = first === undefined ? undefined : stores.alerts.alert(first);
  const event = said.template === "resolved" ? "resolved" : "firing";
  const body = personBody({ id, said, event, nowMs }, alert);
  const recipient = { officer, phone };
  return {
    body,
    json: JSON.stringify(body),
    message: said,
    recipient,
    attempt: leg.attempts + 1,
    mayHaveIt: leg.lost > 0,
  };
};
