import { EventEmitter, once } from "node:events";
import type { DeliveryReceipt, Outgoing, Reply } from "../src/channels/channel.ts";
import { shortMessage } from "../src/channels/message.ts";
import type { NotificationBody } from "../src/channels/notification.ts";

/** An alert to somebody, as it is handed to a channel. */
export const outgoingTo = (phone: string | null, changes: Readonly<Record<string, string>> = {}): Outgoing => {
  const body = { v: 1, id: "9f01", status: "firing" } as unknown as NotificationBody;
  const said = { level: "关注", site: "松柏市场", subject: "快检阳性韭菜", time: "14:05", code: "7431", ...changes };
  const recipient = phone === null ? null : { officer: "li", phone };
  return {
    body,
    json: JSON.stringify(body),
    message: shortMessage("alert", said),
    attempt: 1,
    mayHaveIt: false,
    recipient,
  };
};

/** Takes what comes back; fails as often as it is told to; can be waited for. */
export class TestedInbox extends EventEmitter {
  readonly receipts: DeliveryReceipt[] = [];
  readonly replies: Reply[] = [];
  /** Everything that was offered, refused or not. */
  readonly offered: Reply[] = [];
  failures = 0;

  onReceipt(receipt: DeliveryReceipt): void {
    this.#take(() => this.receipts.push(receipt));
  }

  onReply(reply: Reply): void {
    this.offered.push(reply);
    this.#take(() => this.replies.push(reply));
  }

  #take(keep: () => void): void {
    if (this.failures > 0) {
      this.failures--;
      this.emit("offered");
      throw new Error("SQLITE_BUSY");
    }
    keep();
    this.emit("offered");
  }

  /** Waits until something holds that can only change when something is offered. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this, "offered");
  }
}
