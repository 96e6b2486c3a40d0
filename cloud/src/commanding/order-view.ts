import type { CommandView } from "@mingcheng/protocols/commands";
import type { Order } from "./order.ts";

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** An order as it is told: times as ISO 8601 UTC. */
export const orderView = (order: Order): CommandView => {
  const { id, gw, kind, body, by, note, state, cseq, version, deliveries, reason, result, record } = order;
  return {
    ...{ id, gw, kind, by, note, state, cseq, version, deliveries, reason, result },
    ...{ body: { ...body }, record: record === null ? null : { ...record } },
    ...{ orderedAt: iso(order.orderedMs), expiresAt: iso(order.expiresMs), sentAt: isoOrNull(order.sentMs) },
    endedAt: isoOrNull(order.endedMs),
  };
};
