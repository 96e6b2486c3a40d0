import { type LedgerEffect, type LineOfGateway, MemoryLedger, type StoredRun, toHex, utf8 } from "@mingcheng/protocols";
import type { Deviations } from "./deviations.ts";
import { quickHash } from "./stand-in-crypto.ts";

/** A protocol broken on purpose, and where that can show. */
export interface PlantedBug {
  readonly name: string;
  /** Names of the scenarios in which it must be found. */
  readonly scenarios: readonly string[];
  /** It must be found within so many seeds of each of them. */
  readonly withinSeeds: number;
  readonly deviations: Deviations;
}

/** Inserts without asking whether the place is taken. */
class KeylessLedger extends MemoryLedger {
  private readonly doubles: { gw: string; line: LineOfGateway; seq: number; lsn: number; bytes: Uint8Array | null }[] = [];

  override runs(): readonly StoredRun[] {
    return [];
  }

  override apply(effects: readonly LedgerEffect[]): void {
    for (const effect of effects) {
      if (effect.type === "store" && this.digest(effect.gw, effect.line, effect.seq) !== undefined) {
        this.doubles.push({ ...effect, lsn: 0 });
      } else super.apply([effect]);
    }
  }

  override recordsOf(gw: string): { line: LineOfGateway; seq: number; lsn: number; bytes: Uint8Array | null }[] {
    return [...super.recordsOf(gw), ...this.doubles.filter((double) => double.gw === gw)];
  }
}

/** Every bug that the simulation must find. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "records are freed once they are published",
    scenarios: ["pressure", "everyday"],
    withinSeeds: 40,
    deviations: {
      freeable: (answer, gateway, line, from, to) => (gateway.wasPublished(line, from, to) ? "receipted" : answer),
    },
  },
  {
    name: "a receipt of an unconfirmed generation counts",
    scenarios: ["restore of freed records"],
    withinSeeds: 400,
    deviations: {
      downlink: (message, { confirmedGen }) =>
        message.type === "receipt" && confirmedGen !== null ? { ...message, gen: confirmedGen } : message,
    },
  },
  {
    name: "the ledger inserts without a key",
    scenarios: ["everyday", "clone"],
    withinSeeds: 20,
    deviations: { ledger: (sha256, gen) => new KeylessLedger(sha256, gen) },
  },
  {
    name: "the receipt leaves before the commit",
    scenarios: ["everyday", "pressure"],
    withinSeeds: 100,
    deviations: { answersBeforeCommit: true },
  },
  {
    name: "the epoch record names a tail that is not synced",
    scenarios: ["everyday"],
    withinSeeds: 400,
    deviations: { skipsSyncAtStart: true },
  },
  {
    name: "a nack counts as a receipt",
    scenarios: ["refused"],
    withinSeeds: 100,
    deviations: {
      downlink: (message, gateway) => {
        const sent = message.type === "nack" ? gateway.published(message.payload) : undefined;
        if (sent === undefined || gateway.confirmedGen === null) return message;
        const { line, from, to, h } = sent;
        const gen = gateway.confirmedGen;
        const ranges: [number, number, string][] = [[from, to, h]];
        return { v: 1, type: "receipt", line, ranges, digests: [], disputed: [], gen, witness: { gen, n: 0 }, at: "" };
      },
    },
  },
  {
    name: "what is gone is not said",
    scenarios: ["salvage", "restore of freed records"],
    withinSeeds: 60,
    deviations: { effect: (effect) => (effect.type === "gone" ? null : effect) },
  },
  {
    name: "witnesses are not shown",
    scenarios: ["clone", "clone without restarts"],
    withinSeeds: 10,
    deviations: {
      effect: (effect) => (effect.type === "send" || effect.type === "state" ? { ...effect, witness: null } : effect),
    },
  },
  {
    name: "every line counts as a clone of the one before",
    scenarios: ["everyday"],
    withinSeeds: 10,
    deviations: {
      outcome: (_message, outcome) => ({
        ...outcome,
        effects: outcome.effects.flatMap((effect): LedgerEffect[] =>
          effect.type === "predecessor" && effect.predecessor !== null
            ? [effect, { type: "clone", gw: effect.gw, kept: effect.line, disputed: effect.predecessor }]
            : [effect],
        ),
      }),
    },
  },
  {
    name: "a rolled-back line is fenced",
    scenarios: ["rollback", "rollback, marker kept"],
    withinSeeds: 60,
    deviations: {
      outcome: (message, outcome, ledger) => {
        const isRollback = outcome.effects.some(({ type }) => type === "rollback");
        const isFenced =
          message.type === "batch" && ledger.rollbacks.some(({ line }) => outcome.effects.some((effect) => "line" in effect && effect.line?.eid === line.eid));
        if (isFenced) return { effects: [], answers: [] };
        return isRollback ? { effects: outcome.effects.filter(({ type }) => type === "rollback"), answers: [] } : outcome;
      },
    },
  },
  {
    name: "a line's id follows from its number",
    scenarios: ["rollback"],
    withinSeeds: 60,
    deviations: { eid: (ep) => toHex(quickHash(utf8(`epoch ${ep}`))).slice(0, 32) },
  },
  {
    name: "a new key is used before it is told",
    scenarios: ["rotation"],
    withinSeeds: 10,
    deviations: { effect: (effect) => (effect.type === "keys" ? null : effect) },
  },
];
