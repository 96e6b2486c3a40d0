import { encodeSigned, type Signer, signedTags } from "@mingcheng/protocols";
import { type Ack, answered, type Command, dispatch, nextNumber, type OrderState } from "@mingcheng/protocols/commands";
import { quickHash } from "../../simulation/stand-in-crypto.ts";
import type { CommandBug } from "./bugs.ts";
import type { Ending } from "./command-oracle.ts";

interface SimOrder {
  readonly id: string;
  readonly kind: string;
  readonly orderedMs: number;
  readonly expiresMs: number;
  readonly state: OrderState;
  readonly cseq: number | null;
  readonly sentMs: number | null;
  readonly message: Uint8Array | null;
  readonly payload: string | null;
  readonly reason: Ending["reason"];
}

/** What the centre keeps in its register: replaced as a whole, so that a copy is a backup. */
interface Register {
  readonly orders: readonly SimOrder[];
  readonly cseq: number;
}

/** A centre around the protocol's own decisions. Time is true time, milliseconds since 1970. */
export class SimCommandCentre {
  private register: Register = { orders: [], cseq: 0 };
  private reported: number | null = null;
  private isFresh = false;
  private readonly gw: string;
  private readonly signer: Signer;
  private readonly bug: CommandBug | null;
  private readonly publish: (message: Uint8Array) => void;

  constructor(gw: string, signer: Signer, bug: CommandBug | null, publish: (message: Uint8Array) => void) {
    this.gw = gw;
    this.signer = signer;
    this.bug = bug;
    this.publish = publish;
  }

  get endings(): readonly Ending[] {
    return this.register.orders;
  }

  order(id: string, kind: string, ttlMs: number, nowMs: number): void {
    const more = { state: "waiting", cseq: null, sentMs: null, message: null, payload: null, reason: null } as const;
    const order: SimOrder = { id, kind, orderedMs: nowMs, expiresMs: nowMs + ttlMs, ...more };
    this.register = { ...this.register, orders: [...this.register.orders, order] };
  }

  backup(): Register {
    return this.register;
  }

  /** An older copy takes the place of what there is; the gateway has to tell its state anew. */
  restore(copy: Register): void {
    this.register = copy;
    this.reported = null;
  }

  /** The gateway told its state on a new connection. */
  state(cseq: number): void {
    this.reported = cseq;
    this.isFresh = true;
  }

  left(): void {
    this.reported = null;
  }

  look(nowMs: number): void {
    const { expired, again, next } = dispatch(this.register.orders, nowMs, this.isFresh);
    for (const { id } of expired) this.change(id, { state: "expired", reason: "never-sent" });
    if (this.bug === "expires-what-was-sent") {
      const late = this.register.orders.filter(({ state, expiresMs }) => state === "sent" && expiresMs <= nowMs);
      for (const { id } of late) this.change(id, { state: "expired", reason: "expired" });
    }
    if (this.reported === null) return;
    this.isFresh = false;
    for (const order of again) this.sendAgain(order, nowMs);
    if (next !== null) this.place(next, nowMs);
  }

  ack(ack: Ack): void {
    const order = this.register.orders.find(({ payload }) => payload === ack.payload);
    const state = order === undefined ? undefined : answered(order.state, ack);
    if (order === undefined || state === undefined) return;
    const isRequeued = state === "waiting" && this.bug !== "keeps-a-taken-place" && this.bug !== "own-number-alone";
    if (isRequeued) this.change(order.id, { state, cseq: null, sentMs: null, message: null, payload: null });
    else this.change(order.id, { state: state === "waiting" ? "refused" : state, reason: ack.reason });
  }

  private sendAgain(order: SimOrder, nowMs: number): void {
    if (this.bug === "new-place-each-time") {
      this.place(order, nowMs);
      return;
    }
    this.change(order.id, { sentMs: nowMs });
    if (order.message !== null) this.publish(order.message);
  }

  private place(order: SimOrder, nowMs: number): void {
    const reported = this.bug === "own-number-alone" ? 0 : (this.reported ?? 0);
    const cseq = nextNumber(this.register.cseq, reported);
    const { id, kind, orderedMs, expiresMs } = order;
    const command: Command = {
      ...{ v: 1, gw: this.gw, cseq, id, kind, by: "li", atMs: orderedMs, ttlMs: expiresMs - orderedMs },
      body: { device: "scale-1" },
    };
    const message = encodeSigned(signedTags.command, this.gw, command, this.signer);
    const payload = Buffer.from(quickHash(message)).toString("hex");
    this.register = { ...this.register, cseq };
    this.change(id, { state: "sent", cseq, sentMs: nowMs, message, payload });
    this.publish(message);
  }

  private change(id: string, change: Partial<SimOrder>): void {
    const orders = this.register.orders.map((order) => (order.id === id ? { ...order, ...change } : order));
    this.register = { ...this.register, orders };
  }
}
