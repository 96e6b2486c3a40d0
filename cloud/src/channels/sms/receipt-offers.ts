import type { ChannelPorts, DeliveryReceipt, Inbound } from "../channel.ts";

/** A receipt can be faster than the writing down of what it is for: it is offered again after so long. */
const againMs = [2_000, 30_000] as const;
const mostWaiting = 10_000;

/**
 * Offers receipts that networks push. The first time after everything that is under way in this turn, so that an attempt
 * which has just succeeded is written down before its receipt comes; then twice more, because a receipt of a message
 * that is not known yet changes nothing, and one that is known changes something once.
 */
export class ReceiptOffers {
  readonly #ports: Pick<ChannelPorts, "later" | "log">;
  readonly #calls = new Set<() => void>();

  constructor(ports: Pick<ChannelPorts, "later" | "log">) {
    this.#ports = ports;
  }

  /** Resolves with whether the first offer was taken; a receipt that was not must come again. */
  offer(inbound: Inbound, receipt: DeliveryReceipt): Promise<boolean> {
    return new Promise((resolve) => {
      this.#later(0, () => {
        const taken = this.#try(inbound, receipt);
        if (taken) for (const ms of againMs) this.#later(ms, () => void this.#try(inbound, receipt));
        resolve(taken);
      });
    });
  }

  #later(afterMs: number, task: () => void): void {
    if (this.#calls.size >= mostWaiting && afterMs > 0) return;
    const cancel = this.#ports.later(() => {
      this.#calls.delete(cancel);
      task();
    }, afterMs);
    this.#calls.add(cancel);
  }

  #try(inbound: Inbound, receipt: DeliveryReceipt): boolean {
    try {
      inbound.onReceipt(receipt);
      return true;
    } catch (error) {
      this.#ports.log.warn({ err: error }, "a delivery receipt could not be stored");
      return false;
    }
  }

  /** Offers nothing any more. */
  close(): void {
    for (const cancel of this.#calls) cancel();
    this.#calls.clear();
  }
}
