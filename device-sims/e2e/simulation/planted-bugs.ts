import { type LineOfGateway, toHex, utf8 } from "@mingcheng/protocols";
import { type LedgerEffect, MemoryLedger, type StoredRun } from "@mingcheng/protocols/ingest";
import type { Deviations } from "./deviations.ts";
import type { Scenario } from "./faults.ts";
import type { Violation } from "./oracle.ts";
import { quickHash } from "./stand-in-crypto.ts";

/** A protocol broken on purpose, and where that can show. */
export interface PlantedBug {
  readonly name: string;
  /** The trouble in which it shows. */
  readonly scenario: Scenario;
  /** It must be found within so many seeds. */
  readonly withinSeeds: number;
  /** The rules it breaks: at least one of them must be named. */
  readonly breaks: readonly Violation["rule"][];
  readonly deviations: Deviations;
}

/** Inserts without asking whether the place is taken. */
class KeylessLedger extends MemoryLedger {
  private readonly doubles: { gw: string; line: LineOfGateway; seq: number; lsn: number; bytes: Uint8Array | null }[] =
    [];

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

const under = (...faults: Scenario["faults"]): Scenario => ({ name: faults.join(", "), faults });

/** Every bug that the simulation must find. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "records are freed once they are published",
    scenario: under("kill", "free under pressure", "free", "cut off"),
    withinSeeds: 20,
    breaks: ["freed what the centre does not hold"],
    deviations: {
      freeable: (answer, gateway, line, from, to) => (gateway.wasPublished(line, from, to) ? "receipted" : answer),
    },
  },
  {
    name: "a receipt of an unconfirmed generation counts",
    scenario: under("backup", "restore", "restore", "free", "free"),
    withinSeeds: 40,
    breaks: ["freed what the centre does not hold", "hole that nobody names"],
    deviations: {
      downlink: (message, { confirmedGen }) =>
        message.type === "receipt" && confirmedGen !== null ? { ...message, gen: confirmedGen } : message,
    },
  },
  {
    name: "the ledger inserts without a key",
    scenario: under("disconnect", "replay", "kill"),
    withinSeeds: 10,
    breaks: ["stored twice"],
    deviations: { ledger: (sha256, gen) => new KeylessLedger(sha256, gen) },
  },
  {
    name: "the receipt leaves before the commit",
    scenario: under("centre restart", "free", "free"),
    withinSeeds: 60,
    breaks: ["freed what the centre does not hold", "lost without a named gap"],
    deviations: { answersBeforeCommit: true },
  },
  {
    name: "the epoch record names a tail that is not synced",
    scenario: under("slow disk", "cut off", "brown-out", "brown-out"),
    withinSeeds: 60,
    breaks: ["gap without a reason"],
    deviations: { skipsSyncAtStart: true },
  },
  {
    name: "a nack counts as a receipt",
    scenario: under("refused record", "free"),
    withinSeeds: 10,
    breaks: ["not delivered", "freed what the centre does not hold"],
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
    scenario: under("damage", "kill"),
    withinSeeds: 20,
    breaks: ["hole that nobody names"],
    deviations: { effect: (effect) => (effect.type === "gone" ? null : effect) },
  },
  {
    name: "witnesses are not shown",
    scenario: under("clone", "disconnect"),
    withinSeeds: 10,
    breaks: ["missed clone"],
    deviations: {
      effect: (effect) => (effect.type === "send" || effect.type === "state" ? { ...effect, witness: null } : effect),
    },
  },
  {
    name: "every line counts as a clone of the one before",
    scenario: under("kill"),
    withinSeeds: 10,
    breaks: ["false clone"],
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
    scenario: under("image", "rollback"),
    withinSeeds: 30,
    breaks: ["not drained"],
    deviations: {
      outcome: (message, outcome, ledger) => {
        const isRollback = outcome.effects.some(({ type }) => type === "rollback");
        const isFenced =
          message.type === "batch" &&
          ledger.rollbacks.some(({ line }) =>
            outcome.effects.some((effect) => "line" in effect && effect.line?.eid === line.eid),
          );
        if (isFenced) return { effects: [], answers: [] };
        return isRollback
          ? { effects: outcome.effects.filter(({ type }) => type === "rollback"), answers: [] }
          : outcome;
      },
    },
  },
  {
    name: "a rollback is not reported",
    scenario: under("image", "rollback"),
    withinSeeds: 20,
    breaks: ["missed rollback"],
    deviations: {
      outcome: (_message, outcome) => ({
        ...outcome,
        effects: outcome.effects.filter(({ type }) => type !== "rollback"),
      }),
    },
  },
  {
    name: "a line's id follows from its number",
    scenario: under("image", "rollback", "rollback"),
    withinSeeds: 30,
    breaks: ["honest record disputed"],
    deviations: { eid: (ep) => toHex(quickHash(utf8(`epoch ${ep}`))).slice(0, 32) },
  },
  {
    name: "a replaced box goes on getting in",
    scenario: under("replace", "disconnect"),
    withinSeeds: 20,
    breaks: ["false clone"],
    deviations: { fencesNobody: true },
  },
  {
    name: "a revocation is forgotten",
    scenario: under("revoke", "kill"),
    withinSeeds: 20,
    breaks: ["believed behind a revocation"],
    deviations: { revocation: () => null },
  },
  {
    name: "a revocation takes back what was heard before",
    scenario: under("revoke", "cut off", "disconnect"),
    withinSeeds: 40,
    breaks: ["honest record disputed"],
    deviations: { revocation: (place, [first]) => ({ ...place, ...first, seq: 1 }) },
  },
  {
    name: "a decision about a clone is not carried out",
    scenario: under("clone", "disconnect", "keep line", "keep line"),
    withinSeeds: 30,
    breaks: ["decision not carried out"],
    deviations: { decision: () => [] },
  },
  {
    name: "the line that a decision is against is not taken any more",
    scenario: under("clone", "disconnect", "keep line", "keep line"),
    withinSeeds: 20,
    breaks: ["not drained", "not delivered"],
    deviations: {
      outcome: (message, outcome, ledger) => {
        const sender = message.type === "state" ? message.state.line : null;
        const isAgainst = ledger.lines(message.gw).some(({ status, eid }) => {
          const isSender = sender?.eid === eid;
          return (
            status === "disputed" &&
            (isSender || outcome.effects.some((effect) => "line" in effect && effect.line?.eid === eid))
          );
        });
        return isAgainst && message.type === "batch" ? { effects: [], answers: [] } : outcome;
      },
    },
  },
  {
    name: "a new key is used before it is told",
    scenario: under("rotate", "kill"),
    withinSeeds: 10,
    breaks: ["not drained"],
    deviations: { effect: (effect) => (effect.type === "keys" ? null : effect) },
  },
];
