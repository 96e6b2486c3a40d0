import { randomBytes } from "node:crypto";
import { MingchengError, type Signer } from "@mingcheng/protocols";
import { type Ack, nextNumber, type OrderState } from "@mingcheng/protocols/commands";
import { GatewayRegister } from "../register/gateway-register.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Order } from "./order.ts";
import { type SignedOrder, signOrder } from "./sign-order.ts";

/** What is ordered. */
export interface NewOrder {
  readonly gw: string;
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly by: string;
  readonly note: string;
  readonly ttlMs: number;
}

/** How far a gateway's sequences have come: what this centre has given out, and what the gateway says. */
export interface Sequence {
  readonly cseq: number;
  readonly version: number;
  readonly reportedCseq: number;
  readonly reportedVersion: number;
  readonly reportedMs: number | null;
}

interface OrderRow {
  number: number;
  id: string;
  gw: string;
  kind: string;
  body: string;
  by: string;
  note: string;
  ordered_ms: number;
  expires_ms: number;
  state: OrderState;
  cseq: number | null;
  version: number | null;
  sent_ms: number | null;
  deliveries: number;
  reason: string | null;
  result: string;
  ended_ms: number | null;
  ep: number | null;
  eid: string | null;
  seq: number | null;
}

const columns = `number, id, gw, kind, body, by, note, ordered_ms, expires_ms, state, cseq, version, sent_ms, deliveries,
  reason, result, ended_ms, ep, eid, seq`;
const openStates = "('waiting', 'sent', 'acknowledged')";

const orderOf = (row: OrderRow): Order => {
  const { number, id, gw, kind, by, note, state, cseq, version, deliveries, reason, result, ep, eid, seq } = row;
  return {
    ...{ number, id, gw, kind, by, note, state, cseq, version, deliveries, reason, result },
    body: JSON.parse(row.body) as Order["body"],
    ...{ orderedMs: row.ordered_ms, expiresMs: row.expires_ms, sentMs: row.sent_ms, endedMs: row.ended_ms },
    record: ep === null || eid === null || seq === null ? null : { ep, eid, seq },
  };
};

/** Orders to gateways in the register. Works on a reading connection too, for what only reads. */
export class OrderStore {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** Adds an order that was checked. @throws {MingchengError} GATEWAY_UNKNOWN */
  add({ gw, kind, body, by, note, ttlMs }: NewOrder, nowMs: number): string {
    new GatewayRegister(this.#database).gateway(gw);
    const id = randomBytes(16).toString("hex");
    this.#database
      .prepare(
        `INSERT INTO gateway_order (id, gw, kind, body, by, note, ordered_ms, expires_ms, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting')`,
      )
      .run(id, gw, kind, JSON.stringify(body), by, note, nowMs, nowMs + ttlMs);
    return id;
  }

  /** Orders of a gateway, the newest first. */
  of(gw: string, limit: number): Order[] {
    const rows = this.#database
      .prepare(`SELECT ${columns} FROM gateway_order WHERE gw = ? ORDER BY number DESC LIMIT ?`)
      .all(gw, limit);
    return (rows as OrderRow[]).map(orderOf);
  }

  /** The newest order of a kind. */
  newest(gw: string, kind: string): Order | undefined {
    const row = this.#database
      .prepare(`SELECT ${columns} FROM gateway_order WHERE gw = ? AND kind = ? ORDER BY number DESC LIMIT 1`)
      .get(gw, kind);
    return row === undefined ? undefined : orderOf(row as OrderRow);
  }

  /** Orders of a gateway that have not ended, the oldest first. */
  open(gw: string): Order[] {
    const rows = this.#database
      .prepare(`SELECT ${columns} FROM gateway_order WHERE gw = ? AND state IN ${openStates} ORDER BY number`)
      .all(gw);
    return (rows as OrderRow[]).map(orderOf);
  }

  /** Gateways with orders that have not ended. */
  gatewaysWithOpen(): string[] {
    return this.#database
      .prepare(`SELECT DISTINCT gw FROM gateway_order WHERE state IN ${openStates}`)
      .pluck()
      .all() as string[];
  }

  /** One order. @throws {MingchengError} INPUT_INVALID when the gateway has none of that name */
  one(gw: string, id: string): Order {
    const row = this.#database.prepare(`SELECT ${columns} FROM gateway_order WHERE gw = ? AND id = ?`).get(gw, id);
    if (row === undefined)
      throw new MingchengError("INPUT_INVALID", `${id}: no command of ${gw}`, { field: "command" });
    return orderOf(row as OrderRow);
  }

  /** The open order whose message, as sent, has this SHA-256. */
  sentAs(gw: string, payloadHash: string): Order | undefined {
    const row = this.#database
      .prepare(
        `SELECT ${columns} FROM gateway_order
         WHERE gw = ? AND payload_hash = ? AND state IN ${openStates} ORDER BY number DESC LIMIT 1`,
      )
      .get(gw, payloadHash);
    return row === undefined ? undefined : orderOf(row as OrderRow);
  }

  /** How far a gateway's sequences have come. */
  sequence(gw: string): Sequence {
    const row = this.#database
      .prepare(
        `SELECT cseq, version, reported_cseq AS reportedCseq, reported_version AS reportedVersion,
           reported_ms AS reportedMs FROM gateway_sequence WHERE gw = ?`,
      )
      .get(gw);
    const none: Sequence = { cseq: 0, version: 0, reportedCseq: 0, reportedVersion: 0, reportedMs: null };
    return (row as Sequence | undefined) ?? none;
  }

  /** Notes what the gateway's state says. */
  report(gw: string, cseq: number, version: number, nowMs: number): void {
    this.#database
      .prepare(
        `INSERT INTO gateway_sequence (gw, cseq, version, reported_cseq, reported_version, reported_ms)
         VALUES (:gw, 0, 0, :cseq, :version, :nowMs)
         ON CONFLICT (gw) DO UPDATE SET reported_cseq = :cseq, reported_version = :version, reported_ms = :nowMs`,
      )
      .run({ gw, cseq, version, nowMs });
  }

  /**
   * Gives an order its place above everything this centre has given out and the gateway has seen, signs it, and stores it
   * as it is to be sent. Committed when this returns.
   */
  place(order: Order, signer: Signer, nowMs: number): SignedOrder {
    return this.#database
      .transaction(() => {
        const { gw } = order;
        const known = this.sequence(gw);
        const cseq = nextNumber(known.cseq, known.reportedCseq);
        const version = order.kind === "configuration" ? nextNumber(known.version, known.reportedVersion) : null;
        const signed = signOrder(order, { cseq, version }, signer);
        this.#database
          .prepare(
            `INSERT INTO gateway_sequence (gw, cseq, version, reported_cseq, reported_version)
             VALUES (:gw, :cseq, coalesce(:version, 0), 0, 0)
             ON CONFLICT (gw) DO UPDATE SET cseq = :cseq, version = coalesce(:version, version)`,
          )
          .run({ gw, cseq, version });
        this.#database
          .prepare(
            `UPDATE gateway_order SET state = 'sent', reason = NULL, cseq = ?, version = ?, payload = ?, payload_hash = ?, sent_ms = ?,
               deliveries = 1 WHERE number = ?`,
          )
          .run(cseq, version, signed.payload, signed.payloadHash, nowMs, order.number);
        return signed;
      })
      .immediate();
  }

  /** The message of an order once more; undefined when it was never sent. */
  again(order: Order, nowMs: number): Uint8Array | undefined {
    const payload = this.#database
      .prepare("UPDATE gateway_order SET sent_ms = ?, deliveries = deliveries + 1 WHERE number = ? RETURNING payload")
      .pluck()
      .get(nowMs, order.number) as Buffer | null | undefined;
    return payload ?? undefined;
  }

  /** What a gateway's answer changes; a final state ends the order. */
  answer(order: Order, state: OrderState, { reason, result, record }: Ack, endedMs: number | null): void {
    this.#database
      .prepare(
        `UPDATE gateway_order SET state = ?, reason = ?, result = ?, ended_ms = ?, ep = ?, eid = ?, seq = ?
         WHERE number = ?`,
      )
      .run(
        ...[state, reason, result, endedMs, record?.ep ?? null, record?.eid ?? null, record?.seq ?? null],
        order.number,
      );
  }

  /** Its place was taken: it waits for another, as if it had never been sent. */
  requeue(order: Order, reason: string | null): void {
    this.#database
      .prepare(
        `UPDATE gateway_order SET state = 'waiting', reason = ?, cseq = NULL, version = NULL, payload = NULL,
           payload_hash = NULL, sent_ms = NULL WHERE number = ?`,
      )
      .run(reason, order.number);
  }

  /** Why the gateway does not take the order yet. */
  note(order: Order, reason: string | null): void {
    this.#database.prepare("UPDATE gateway_order SET reason = ? WHERE number = ?").run(reason, order.number);
  }

  /** Ends orders whose time was over before they could be sent. Returns how many. */
  expire(nowMs: number): number {
    return this.#database
      .prepare(
        `UPDATE gateway_order SET state = 'expired', reason = 'never-sent', ended_ms = ?
         WHERE state = 'waiting' AND expires_ms <= ?`,
      )
      .run(nowMs, nowMs).changes;
  }

  /** Changes when another connection has written into the register. */
  version(): unknown {
    return this.#database.pragma("data_version", { simple: true });
  }
}
