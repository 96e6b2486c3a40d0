import { isCode, type Signer } from "@mingcheng/protocols";
import {
  type Ack,
  answered,
  bundleKinds,
  bundleResultSchema,
  dispatch,
  isFinal,
  isSettled,
  type OrderState,
} from "@mingcheng/protocols/commands";
import type { AckReader } from "./ack-reader.ts";
import type { BundleShelf } from "./bundle-shelf.ts";
import type { Order } from "./order.ts";
import type { OrderStore } from "./order-store.ts";

/** What {@link OrderDispatcher} works with. */
export interface DispatcherPorts {
  readonly store: OrderStore;
  readonly acks: Pick<AckReader, "read">;
  readonly shelf: Pick<BundleShelf, "take" | "finish">;
  /** A bundle has come whole; told before its order has ended. */
  readonly onBundle?: (order: Order, result: string, bundle: Uint8Array) => void;
  /** The centre's command key. */
  readonly signer: Signer;
  readonly nowMs: () => number;
  /** Sends to a gateway that is connected; lost otherwise. */
  readonly publish: (gw: string, payload: Uint8Array) => void;
  readonly log: (level: "info" | "warn", text: string, detail: Readonly<Record<string, unknown>>) => void;
}

/** Answers that could not be read: said at the first, and at every tenfold. */
const isWorthSaying = (count: number): boolean => /^10*$/.test(String(count));

const isBundleKind = (kind: string): boolean => bundleKinds.some((one) => one === kind);

const bundleIn = (result: string): { readonly sha256: string } | undefined => {
  try {
    return bundleResultSchema.parse(JSON.parse(result));
  } catch {
    return undefined;
  }
};

/**
 * Sends orders to connected gateways and takes their answers. Nothing is sent to a gateway before its state has said how far
 * its sequence has come; what was sent is sent again until it is answered, as it was.
 */
export class OrderDispatcher {
  readonly #ports: DispatcherPorts;
  /** Connected gateways whose state is known. */
  readonly #online = new Set<string>();
  #refused = 0;

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
  }

  /** A gateway told its state on a connection of its own. */
  cameOnline(gw: string, cseq: number, version: number): void {
    const { store, nowMs } = this.#ports;
    const isFresh = !this.#online.has(gw);
    this.#online.add(gw);
    const known = store.sequence(gw);
    const isNews = known.reportedMs === null || known.reportedCseq !== cseq || known.reportedVersion !== version;
    if (isNews) store.report(gw, cseq, version, nowMs());
    this.#serve(gw, isFresh);
  }

  wentOffline(gw: string): void {
    this.#online.delete(gw);
  }

  /** To be called about once a second, and when the register has changed. */
  look(): void {
    const { store, nowMs, log } = this.#ports;
    const expired = store.expire(nowMs());
    if (expired > 0) log("info", "orders ended before they could be sent", { expired });
    for (const gw of store.gatewaysWithOpen()) if (this.#online.has(gw)) this.#serve(gw, false);
  }

  /** A piece of a bundle. Only for a command that is open, of the kind that brings one. */
  bundle(gw: string, id: string, message: Uint8Array): void {
    const { store, shelf } = this.#ports;
    const isWanted = store.open(gw).some((order) => order.id === id && isBundleKind(order.kind));
    if (isWanted) shelf.take(id, message);
  }

  /** An answer of a gateway. */
  async ack(gw: string, payload: Uint8Array): Promise<void> {
    const { store, acks, log } = this.#ports;
    const read = acks.read(gw, payload);
    if ("refused" in read) {
      const count = ++this.#refused;
      if (isWorthSaying(count)) log("warn", "an answer to a command was refused", { gw, reason: read.refused, count });
      return;
    }
    const { ack } = read;
    const order = store.sentAs(gw, ack.payload);
    if (order === undefined) return;
    const state = answered(order.state, ack);
    if (state === undefined) {
      if (ack.outcome === "waiting" && order.reason !== ack.reason) store.note(order, ack.reason);
      return;
    }
    if (state === "waiting") {
      store.requeue(order, ack.reason);
      log("warn", "a command's place was taken; it gets another", { gw, id: order.id, cseq: order.cseq });
      if (this.#online.has(gw)) this.#serve(gw, false);
      return;
    }
    if (state === "done" && !(await this.#hasBundle(order, ack))) return;
    this.#settle(order, state, ack);
    if (this.#online.has(gw)) this.#serve(gw, false);
  }

  #settle(order: Order, state: OrderState, ack: Ack): void {
    const { store, nowMs, log } = this.#ports;
    store.answer(order, state, ack, isFinal(ack) ? nowMs() : null);
    const { gw, id, kind, cseq } = order;
    if (isSettled(state)) log("info", "a command has ended", { gw, id, kind, cseq, state, reason: ack.reason });
  }

  /** A bundle that is not whole here is asked for again, with the command that brings it. */
  async #hasBundle(order: Order, { result }: Ack): Promise<boolean> {
    const { shelf, onBundle } = this.#ports;
    const bundle = isBundleKind(order.kind) ? bundleIn(result) : undefined;
    if (bundle === undefined) return true;
    const content = await shelf.finish(order.id, bundle.sha256, order.kind);
    if (content === undefined) return false;
    onBundle?.(order, result, content);
    return true;
  }

  #serve(gw: string, isFresh: boolean): void {
    const { store, signer, nowMs, publish, log } = this.#ports;
    const { again, next } = dispatch(store.open(gw), nowMs(), isFresh);
    for (const order of again) {
      const payload = store.again(order, nowMs());
      if (payload !== undefined) publish(gw, payload);
    }
    if (next === null) return;
    try {
      publish(gw, store.place(next, signer, nowMs()).payload);
      log("info", "a command was sent", { gw, id: next.id, kind: next.kind, by: next.by });
    } catch (error) {
      if (!isCode(error, "INPUT_INVALID")) throw error;
      log("warn", "an order cannot be sent", { gw, id: next.id, error: error.message });
    }
  }
}
