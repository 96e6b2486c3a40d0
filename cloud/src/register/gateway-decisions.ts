import type { GatewayKey, LineOfGateway } from "@mingcheng/protocols";
import { MingchengError } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";

/** What can be decided about a gateway. */
export type DecisionKind = "revoke-key" | "keep-line" | "replace";

/** One decision of an operator. `at` is ISO 8601 UTC. */
export interface GatewayDecision {
  readonly id: number;
  readonly gw: string;
  readonly kind: DecisionKind;
  readonly kid: string | null;
  readonly line: LineOfGateway | null;
  readonly seq: number | null;
  /** Who decided: a user, or who was at the terminal. */
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** Who decides, why, and when (milliseconds since 1970). */
export interface Decider {
  readonly by: string;
  readonly reason: string;
  readonly nowMs: number;
}

type Place = NonNullable<GatewayKey["revokedFrom"]>;

interface DecisionRow {
  id: number;
  gw: string;
  kind: DecisionKind;
  kid: string | null;
  ep: number | null;
  eid: string | null;
  seq: number | null;
  by: string;
  reason: string;
  at_ms: number;
}

const decisionOf = ({ at_ms, ep, eid, ...row }: DecisionRow): GatewayDecision => ({
  ...row,
  line: ep === null || eid === null ? null : { ep, eid },
  at: new Date(at_ms).toISOString(),
});

/**
 * Decisions about keys and lines of gateways, append-only: each is its own audit entry. Works on a reading connection too,
 * for what only reads.
 */
export class GatewayDecisions {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** From `place` on nothing counts that this key seals. @throws {MingchengError} INPUT_INVALID when it is revoked already */
  revokeKey(gw: string, kid: string, place: Place, decider: Decider): void {
    const known = this.revokedFrom(gw, kid);
    if (known !== null) {
      const { ep, eid, seq } = known;
      throw new MingchengError("INPUT_INVALID", `${kid} is revoked already, from ${ep}.${eid}.${seq}`, {
        field: "--kid",
      });
    }
    this.#add({ gw, kind: "revoke-key", kid, line: place, seq: place.seq }, decider);
  }

  /** Of the lines in dispute this one is the gateway's. */
  keepLine(gw: string, line: LineOfGateway, decider: Decider): void {
    this.#add({ gw, kind: "keep-line", kid: null, line, seq: null }, decider);
  }

  /** A new box is to take the gateway's place. */
  replace(gw: string, decider: Decider): void {
    this.#add({ gw, kind: "replace", kid: null, line: null, seq: null }, decider);
  }

  /** Where a key was revoked; null when it was not. */
  revokedFrom(gw: string, kid: string): Place | null {
    const row = this.#database
      .prepare("SELECT ep, eid, seq FROM gateway_decision WHERE gw = ? AND kid = ? AND kind = 'revoke-key'")
      .get(gw, kid);
    return (row as Place | undefined) ?? null;
  }

  /** Everything that was decided, oldest first. */
  all(): GatewayDecision[] {
    const rows = this.#database.prepare("SELECT * FROM gateway_decision ORDER BY id").all();
    return (rows as DecisionRow[]).map(decisionOf);
  }

  /** Everything decided about one gateway, oldest first. */
  of(gw: string): GatewayDecision[] {
    return this.all().filter((decision) => decision.gw === gw);
  }

  /** Changes when another connection has written into the register. */
  version(): unknown {
    return this.#database.pragma("data_version", { simple: true });
  }

  #add(
    { gw, kind, kid, line, seq }: Pick<GatewayDecision, "gw" | "kind" | "kid" | "line" | "seq">,
    { by, reason, nowMs }: Decider,
  ): void {
    this.#database
      .prepare(
        `INSERT INTO gateway_decision (gw, kind, kid, ep, eid, seq, by, reason, at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(gw, kind, kid, line?.ep ?? null, line?.eid ?? null, seq, by, reason, nowMs);
  }
}
