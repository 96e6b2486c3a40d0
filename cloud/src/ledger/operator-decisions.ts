import { sameLine } from "@mingcheng/protocols";
import {
  type IngestOutcome,
  keepLine,
  type LedgerEffect,
  type LedgerView,
  type LineFacts,
} from "@mingcheng/protocols/ingest";
import type { GatewayDecision, GatewayDecisions } from "../register/gateway-decisions.ts";
import type { SqliteDatabase } from "../store/database.ts";

/** The ledger as decisions change it. */
interface DecidingLedger extends LedgerView {
  begin(nowMs: number): void;
  apply(effects: IngestOutcome["effects"]): void;
  committed(): void;
  forget(): void;
}

/** Ids of the keys whose seals a line has. */
type SealersOf = (gw: string, line: LineFacts) => readonly string[];

/** What was stored under a revoked key of lines first heard of behind the named one: kept, shown, not counted. */
const behindRevocation = (view: LedgerView, decision: GatewayDecision, sealersOf: SealersOf): LedgerEffect[] => {
  const { gw, kid, line: named, seq } = decision;
  if (named === null || kid === null) return [];
  const lines = view.lines(gw);
  const at = lines.findIndex((facts) => sameLine(facts, named));
  const behind = at < 0 ? [] : lines.slice(seq === 1 ? at : at + 1);
  return behind
    .filter((facts) => facts.status === "ok" && sealersOf(gw, facts).join() === kid)
    .map(({ ep, eid }) => ({ type: "line-status", gw, line: { ep, eid }, status: "disputed" }));
};

/**
 * Carries out, once each and in order, what operators have decided in the register: in the writer's thread, because nobody
 * else writes into the ledger.
 */
export class OperatorDecisions {
  readonly #database: SqliteDatabase;
  readonly #ledger: DecidingLedger;
  readonly #decisions: GatewayDecisions;
  readonly #nowMs: () => number;
  /** State of the register that was carried out whole. */
  #seen: unknown;

  constructor(database: SqliteDatabase, ledger: DecidingLedger, decisions: GatewayDecisions, nowMs: () => number) {
    this.#database = database;
    this.#ledger = ledger;
    this.#decisions = decisions;
    this.#nowMs = nowMs;
  }

  /** True when something was carried out. @throws SqliteError when the store does not take it now */
  carryOut(): boolean {
    const version = this.#decisions.version();
    if (version === this.#seen) return false;
    const isDone = this.#database.prepare("SELECT 1 FROM carried_out WHERE decision = ? AND decided_ms = ?");
    const open = this.#decisions.all().filter(({ id, at }) => isDone.get(id, Date.parse(at)) === undefined);
    if (open.length > 0) this.#carryOut(open);
    this.#seen = version;
    return open.length > 0;
  }

  #carryOut(open: readonly GatewayDecision[]): void {
    const nowMs = this.#nowMs();
    try {
      this.#database
        .transaction(() => {
          this.#ledger.begin(nowMs);
          for (const decision of open) {
            this.#ledger.apply(this.#effectsOf(decision));
            this.#database.prepare("INSERT INTO carried_out VALUES (?, ?)").run(decision.id, Date.parse(decision.at));
          }
        })
        .immediate();
    } catch (error) {
      this.#ledger.forget();
      throw error;
    }
    this.#ledger.committed();
  }

  #effectsOf(decision: GatewayDecision): LedgerEffect[] {
    switch (decision.kind) {
      case "keep-line":
        return decision.line === null ? [] : keepLine(this.#ledger, decision.gw, decision.line);
      case "revoke-key": {
        const sealers = this.#database
          .prepare("SELECT DISTINCT kid FROM seal JOIN line ON line.id = seal.line WHERE gw = ? AND ep = ? AND eid = ?")
          .pluck();
        const sealersOf: SealersOf = (gw, { ep, eid }) => sealers.all(gw, ep, eid) as string[];
        return behindRevocation(this.#ledger, decision, sealersOf);
      }
      case "replace":
        return [];
    }
  }
}
