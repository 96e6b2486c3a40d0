import { IntervalSet, lineKey, type MemoryLedger } from "@mingcheng/protocols";
import type { Oracle, Truth, Violation } from "./oracle.ts";
import type { SimGateway } from "./sim-gateway.ts";

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

const nameOf = ({ gw, line, seq }: Truth): string => `${gw} ${line.ep}.${line.eid.slice(0, 4)}/${seq}`;

/** What is still missing before everything that can arrive has arrived; undefined when nothing is. */
export const unsettled = (ledger: MemoryLedger, gateways: readonly SimGateway[]): Violation | undefined => {
  for (const gateway of gateways) {
    const stats = gateway.uplink?.machine.stats();
    if (stats === undefined || !stats.ready) return { rule: "not drained", detail: `${gateway.name} is not connected` };
    if (stats.gen !== ledger.gen) {
      return { rule: "not drained", detail: `${gateway.name} knows another generation` };
    }
    if (stats.pending > 0) return { rule: "not drained", detail: `${gateway.name}: ${stats.pending} wait` };
  }
  return holes(ledger, gateways) ?? missedClone(ledger, gateways);
};

const holes = (ledger: MemoryLedger, gateways: readonly SimGateway[]): Violation | undefined => {
  for (const gw of new Set(gateways.map((gateway) => gateway.gw))) {
    for (const facts of ledger.lines(gw)) {
      const explained = new IntervalSet(ledger.allRuns(gw, facts));
      for (const part of [...ledger.gaps(gw, facts), ...ledger.disputed(gw, facts)]) explained.add(part.from, part.to);
      const [hole] = explained.missing(1, Math.max(facts.heardHead, explained.last ?? 0));
      if (hole !== undefined) {
        return {
          rule: "hole that nobody names",
          detail: `${gw} ${lineKey(facts).slice(0, 8)} ${hole.from}-${hole.to}`,
        };
      }
    }
  }
  return undefined;
};

const missedClone = (ledger: MemoryLedger, gateways: readonly SimGateway[]): Violation | undefined => {
  for (const a of gateways) {
    for (const b of gateways) {
      if (a === b || a.gw !== b.gw) continue;
      const isSeen = [a, b].some(({ gw, runningLine }) => ledger.line(gw, runningLine)?.status === "disputed");
      if (!isSeen) return { rule: "missed clone", detail: `${a.name} and ${b.name} both run` };
    }
  }
  return undefined;
};

/** Judges a finished run. */
export const judge = (
  oracle: Oracle,
  ledger: MemoryLedger,
  gateways: readonly SimGateway[],
  retired: readonly SimGateway[] = [],
): Violation[] => {
  const found: Violation[] = [...oracle.violations];
  const stored = checkStored(oracle, ledger, gateways, found);
  const quarantined = new Set(
    ledger.quarantined.flatMap(({ items }) => items.flatMap((item) => ("bytes" in item ? [textOf(item.bytes)] : []))),
  );
  for (const text of quarantined) {
    if (!oracle.excused.has(text)) found.push({ rule: "honest record disputed", detail: text });
  }
  for (const truth of oracle.truths.values()) {
    if (!truth.isAcknowledged || stored.has(truth.text) || quarantined.has(truth.text)) continue;
    // A box that was replaced has it still: it delivers when somebody lets it.
    if (retired.some(({ gw, disk }) => gw === truth.gw && disk.frame(truth.line, truth.seq) !== undefined)) continue;
    const violation = fateOf(truth, oracle, ledger, gateways);
    if (violation !== undefined) found.push(violation);
  }
  found.push(...falseReports(oracle, ledger, gateways), ...missedRollbacks(ledger, gateways));
  found.push(...forgottenDecisions(oracle, ledger));
  return found;
};

/** The line that an operator kept counts, until another clone is reported. */
const forgottenDecisions = (oracle: Oracle, ledger: MemoryLedger): Violation[] =>
  [...oracle.decided].flatMap(([gw, { line, clones }]): Violation[] => {
    const isNewer = ledger.clones.slice(clones).some((clone) => clone.gw === gw);
    if (isNewer || ledger.line(gw, line)?.status === "ok") return [];
    return [{ rule: "decision not carried out", detail: `${gw} line ${line.ep}` }];
  });

/** Every stored record is one that was captured, at its place, once. */
const checkStored = (
  oracle: Oracle,
  ledger: MemoryLedger,
  gateways: readonly SimGateway[],
  found: Violation[],
): Set<string> => {
  const stored = new Set<string>();
  for (const gw of new Set(gateways.map((gateway) => gateway.gw))) {
    for (const { line, seq, bytes } of ledger.recordsOf(gw)) {
      if (bytes === null) continue;
      const text = textOf(bytes);
      const truth = oracle.truths.get(text);
      if (truth === undefined || truth.gw !== gw || lineKey(truth.line) !== lineKey(line) || truth.seq !== seq) {
        found.push({ rule: "invented", detail: `${gw} ${line.ep}/${seq} ${text}` });
      }
      if (stored.has(text)) found.push({ rule: "stored twice", detail: `${gw} ${line.ep}/${seq}` });
      stored.add(text);
    }
  }
  return stored;
};

/** What became of an acknowledged record that the ledger does not have. */
const fateOf = (
  truth: Truth,
  oracle: Oracle,
  ledger: MemoryLedger,
  gateways: readonly SimGateway[],
): Violation | undefined => {
  const { gw, line, seq } = truth;
  const boxes = gateways.filter((gateway) => gateway.gw === gw);
  const isHeld = boxes.some(({ disk }) => disk.frame(line, seq) !== undefined);
  const isNamed = ledger.gaps(gw, line).some(({ from, to }) => from <= seq && seq <= to);
  if (isHeld) {
    // Refused on the way and badly sealed, or sealed by a revoked key, besides: the quarantine has its digest.
    const isKeptAsDigest = isNamed || oracle.excused.has(truth.text) || oracle.hasRevocation(gw);
    if (oracle.isRefusedText(truth.text) && isKeptAsDigest) return undefined;
    return { rule: "not delivered", detail: nameOf(truth) };
  }
  if (isNamed) return undefined;
  const isKnown = oracle.knows(gw, line, seq) || boxes.some(({ disk }) => disk.knows(line, seq));
  // Nobody that is left ever heard of it: only a disk or a ledger that went back in time may leave that behind.
  if (!isKnown && (oracle.harmed.has(gw) || oracle.wasRestored)) return undefined;
  return { rule: "lost without a named gap", detail: nameOf(truth) };
};

/** A line that left its parent before the parent's last stored record was rolled back, and the centre has to say so. */
const missedRollbacks = (ledger: MemoryLedger, gateways: readonly SimGateway[]): Violation[] => {
  const found: Violation[] = [];
  for (const gw of new Set(gateways.map((gateway) => gateway.gw))) {
    for (const facts of ledger.lines(gw)) {
      const { predecessor } = facts;
      const tip = predecessor === null ? 0 : (ledger.allRuns(gw, predecessor).at(-1)?.to ?? 0);
      if (predecessor === null || tip <= predecessor.seq) continue;
      const isReported = ledger.rollbacks.some(({ line }) => lineKey(line) === lineKey(facts));
      if (!isReported) found.push({ rule: "missed rollback", detail: `${gw} line ${facts.ep}` });
    }
  }
  return found;
};

const falseReports = (oracle: Oracle, ledger: MemoryLedger, gateways: readonly SimGateway[]): Violation[] => {
  const found: Violation[] = [];
  for (const { gw, kept, disputed } of ledger.clones) {
    const a = oracle.lives.get(lineKey(kept));
    const b = oracle.lives.get(lineKey(disputed));
    const bothLived = a !== undefined && b !== undefined && a.startMs < b.endMs && b.startMs < a.endMs;
    if (!bothLived) found.push({ rule: "false clone", detail: `${gw} ${kept.ep} and ${disputed.ep}` });
  }
  for (const { gw, line } of ledger.rollbacks) {
    if (!oracle.harmed.has(gw)) found.push({ rule: "false rollback", detail: `${gw} line ${line.ep}` });
  }
  for (const gw of new Set(gateways.map((gateway) => gateway.gw))) {
    if (oracle.harmed.has(gw) || oracle.wasRestored) continue;
    for (const facts of ledger.lines(gw)) {
      for (const { from, to } of ledger.gaps(gw, facts)) {
        const isRefused = [...oracle.truths.values()].some(
          (truth) => lineKey(truth.line) === lineKey(facts) && truth.seq === from && oracle.isRefusedText(truth.text),
        );
        if (!isRefused) found.push({ rule: "gap without a reason", detail: `${gw} ${facts.ep}/${from}-${to}` });
      }
    }
  }
  return found;
};
