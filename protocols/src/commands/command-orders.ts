import { type Ack, isFinal } from "./command.ts";

/**
 * How an order stands at the centre. `waiting`: never sent. `sent`: on its way, nobody has answered. `acknowledged`: the
 * gateway has stored it. The others are final; `expired` also for one that could never be sent in its life.
 */
export const orderStates = [
  "waiting",
  "sent",
  "acknowledged",
  "done",
  "failed",
  "refused",
  "expired",
  "unknown",
] as const;

export type OrderState = (typeof orderStates)[number];

/** What deciding about an order needs of it. Times in milliseconds since 1970. */
export interface OrderView {
  readonly state: OrderState;
  /** Null until it is sent for the first time. */
  readonly cseq: number | null;
  readonly expiresMs: number;
  /** When it was last sent; null: never. */
  readonly sentMs: number | null;
}

/** How often an order is sent again on a connection that stays. Milliseconds. */
export interface ResendLimits {
  /** While nobody has answered. */
  readonly unansweredMs: number;
  /** While its end is awaited: the last answer may have been lost. */
  readonly unfinishedMs: number;
}

export const resendLimits: ResendLimits = { unansweredMs: 5_000, unfinishedMs: 30_000 };

/** True once nothing more becomes of an order. */
export const isSettled = (state: OrderState): boolean =>
  state !== "waiting" && state !== "sent" && state !== "acknowledged";

/**
 * The next place in a gateway's sequence, or version of its configuration: above everything this centre has given out and
 * everything the gateway has seen, so that a centre restored from an older copy goes on where it was.
 */
export const nextNumber = (own: number, reported: number): number => Math.max(own, reported) + 1;

/** What to do about the orders of one connected gateway, oldest first. */
export interface Dispatch<Order> {
  /** Never sent, and their time is over. */
  readonly expired: readonly Order[];
  /** To be sent again as they were. */
  readonly again: readonly Order[];
  /** To be given the next place and sent; null while another waits for its answer. */
  readonly next: Order | null;
}

/**
 * Sends one order at a time: the next goes when the one before has been answered, so that nothing overtakes on the way.
 * What was sent is sent until it is answered, also after its time: only the gateway knows whether it happened.
 * `isFresh`: the gateway has just connected and told its state.
 */
export const dispatch = <Order extends OrderView>(
  orders: readonly Order[],
  nowMs: number,
  isFresh: boolean,
  limits: ResendLimits = resendLimits,
): Dispatch<Order> => {
  const open = orders.filter(({ state }) => !isSettled(state));
  const expired = open.filter(({ state, expiresMs }) => state === "waiting" && expiresMs <= nowMs);
  const isDue = ({ state, sentMs }: Order): boolean =>
    isFresh || nowMs - (sentMs ?? 0) >= (state === "sent" ? limits.unansweredMs : limits.unfinishedMs);
  const again = open
    .filter((order) => order.state !== "waiting" && isDue(order))
    .sort((a, b) => (a.cseq ?? 0) - (b.cseq ?? 0));
  const isHeldUp = open.some(({ state }) => state === "sent");
  const waiting = open.filter((order) => order.state === "waiting" && !expired.includes(order));
  return { expired, again, next: isHeldUp ? null : (waiting[0] ?? null) };
};

/** Refusals that say of a place, not of the order, that it cannot be: the order was not carried out and never will be there. */
const placeTaken: readonly Ack["reason"][] = ["cseq-taken", "out-of-order", "replayed"];

/**
 * How an order stands after an answer; undefined when the answer changes nothing. The first final answer stays. `waiting`:
 * its place was somebody else's (a command of a centre that is lost since came later); it is to get another.
 */
export const answered = (
  state: OrderState,
  { outcome, reason }: Pick<Ack, "outcome" | "reason">,
): OrderState | undefined => {
  if (isSettled(state) || outcome === "waiting") return undefined;
  if (outcome === "refused" && placeTaken.includes(reason)) return "waiting";
  if (isFinal({ outcome })) return outcome as OrderState;
  return state === "acknowledged" ? undefined : "acknowledged";
};
