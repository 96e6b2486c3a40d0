import { chainLink } from "../chain/chain.ts";
import { type LineOfGateway, lineKey } from "../chain/line.ts";
import type { Sha256 } from "../crypto/crypto-port.ts";
import { type Interval, IntervalSet } from "../link/interval-set.ts";
import type { BatchItem, Witness } from "../messages/batch.ts";
import type { GatewayKey, LedgerEffect, LedgerView, LineFacts, StoredRun } from "./ledger-view.ts";
import { unknownLine } from "./witness.ts";

interface StoredRecord {
  readonly lsn: number;
  readonly bytes: Uint8Array | null;
  readonly digest: Uint8Array;
}

interface MemoryLine {
  facts: LineFacts;
  readonly records: Map<number, StoredRecord>;
  runs: StoredRun[];
  readonly disputed: IntervalSet;
  readonly gaps: IntervalSet;
  /** Start of the open-ended gap of a rollback, if one was named. */
  openGapFrom: number | null;
}

const copyOfLine = (line: MemoryLine): MemoryLine => ({
  facts: line.facts,
  records: new Map(line.records),
  runs: [...line.runs],
  disputed: line.disputed.clone(),
  gaps: line.gaps.clone(),
  openGapFrom: line.openGapFrom,
});

/** A whole ledger in memory: the model against which the stored one is tested, and the centre of simulations. */
export class MemoryLedger implements LedgerView {
  gen: string;
  readonly gens: string[];
  readonly quarantined: {
    gw: string;
    line: LineOfGateway | null;
    first: number | null;
    items: readonly BatchItem[];
    reason: string;
  }[] = [];
  readonly clones: { gw: string; kept: LineOfGateway; disputed: LineOfGateway }[] = [];
  readonly rollbacks: { gw: string; line: LineOfGateway; parent: LineOfGateway }[] = [];
  private readonly gateways = new Map<string, Map<string, MemoryLine>>();
  private readonly keys = new Map<string, GatewayKey>();
  private readonly sha256: Sha256;
  private lastLsn = 0;
  private born = 0;

  constructor(sha256: Sha256, gen: string) {
    this.sha256 = sha256;
    this.gen = gen;
    this.gens = [gen];
  }

  /** A new generation: at every start and after every restore. */
  startGeneration(gen: string): void {
    this.gen = gen;
    this.gens.push(gen);
    this.born = 0;
  }

  /** A ledger of its own with the same content: a backup. */
  copy(): MemoryLedger {
    const copy = new MemoryLedger(this.sha256, this.gen);
    copy.gens.splice(0, 1, ...this.gens);
    copy.quarantined.push(...this.quarantined);
    copy.clones.push(...this.clones);
    copy.rollbacks.push(...this.rollbacks);
    for (const [name, key] of this.keys) copy.keys.set(name, key);
    for (const [gw, lines] of this.gateways) {
      const copied = new Map([...lines].map(([key, line]) => [key, copyOfLine(line)] as const));
      copy.gateways.set(gw, copied);
    }
    copy.lastLsn = this.lastLsn;
    copy.born = this.born;
    return copy;
  }

  addKey(gw: string, kid: string, key: GatewayKey): void {
    this.keys.set(`${gw}/${kid}`, key);
  }

  generationOrder(gen: string): number | undefined {
    const order = this.gens.lastIndexOf(gen);
    return order < 0 ? undefined : order;
  }

  witnessCount(): number {
    return this.born;
  }

  key(gw: string, kid: string): GatewayKey | undefined {
    return this.keys.get(`${gw}/${kid}`);
  }

  line(gw: string, line: LineOfGateway): LineFacts | undefined {
    return this.find(gw, line)?.facts;
  }

  lines(gw: string): readonly LineFacts[] {
    return [...(this.gateways.get(gw)?.values() ?? [])].map((line) => line.facts);
  }

  runs(gw: string, line: LineOfGateway, from: number, to: number): readonly StoredRun[] {
    return this.allRuns(gw, line).filter((run) => run.to >= from - 1 && run.from <= to + 1);
  }

  allRuns(gw: string, line: LineOfGateway): readonly StoredRun[] {
    return this.find(gw, line)?.runs ?? [];
  }

  digest(gw: string, line: LineOfGateway, seq: number): Uint8Array | undefined {
    return this.find(gw, line)?.records.get(seq)?.digest;
  }

  hash(gw: string, line: LineOfGateway, seq: number): Uint8Array | undefined {
    const run = this.allRuns(gw, line).find((candidate) => candidate.from <= seq && candidate.to >= seq);
    if (run === undefined) return undefined;
    let h = run.prev;
    for (let at = run.from; at <= seq; at++) {
      const digest = this.digest(gw, line, at);
      if (digest === undefined) return undefined;
      h = chainLink(this.sha256, h, digest);
    }
    return h;
  }

  /** Bytes of a stored record, null where only its digest is stored; undefined when it is not stored. */
  bytes(gw: string, line: LineOfGateway, seq: number): Uint8Array | null | undefined {
    return this.find(gw, line)?.records.get(seq)?.bytes;
  }

  disputed(gw: string, line: LineOfGateway): readonly Interval[] {
    return this.find(gw, line)?.disputed.intervals ?? [];
  }

  gaps(gw: string, line: LineOfGateway): readonly Interval[] {
    return this.find(gw, line)?.gaps.intervals ?? [];
  }

  /** Bytes of every stored record of a gateway, in the order of commits. */
  recordsOf(gw: string): { line: LineOfGateway; seq: number; lsn: number; bytes: Uint8Array | null }[] {
    const all = [...(this.gateways.get(gw)?.values() ?? [])].flatMap((line) =>
      [...line.records].map(([seq, { lsn, bytes }]) => ({ line: line.facts, seq, lsn, bytes })),
    );
    return all.sort((a, b) => a.lsn - b.lsn);
  }

  /** Where a rollback left an open-ended gap. */
  openGapFrom(gw: string, line: LineOfGateway): number | null {
    return this.find(gw, line)?.openGapFrom ?? null;
  }

  private find(gw: string, line: LineOfGateway): MemoryLine | undefined {
    return this.gateways.get(gw)?.get(lineKey(line));
  }

  private open(gw: string, line: LineOfGateway): MemoryLine {
    const lines = this.gateways.get(gw) ?? new Map<string, MemoryLine>();
    this.gateways.set(gw, lines);
    const known = lines.get(lineKey(line)) ?? {
      facts: unknownLine(line),
      records: new Map(),
      runs: [],
      disputed: new IntervalSet(),
      gaps: new IntervalSet(),
      openGapFrom: null,
    };
    lines.set(lineKey(line), known);
    return known;
  }

  private amend(gw: string, line: LineOfGateway, change: Partial<LineFacts>): void {
    const known = this.open(gw, line);
    known.facts = { ...known.facts, ...change };
  }

  /** Applies the effects of one message. @throws {Error} when a record would be stored twice: never, unless a rule broke */
  apply(effects: readonly LedgerEffect[]): void {
    for (const effect of effects) this.applyOne(effect);
  }

  private applyOne(effect: LedgerEffect): void {
    switch (effect.type) {
      case "line-seen":
        this.born++;
        this.amend(effect.gw, effect.line, { bornAt: effect.born });
        return;
      case "witness-shown":
        this.amend(effect.gw, effect.line, { shown: effect.witness });
        return;
      case "head-heard":
        this.amend(effect.gw, effect.line, { heardHead: effect.head });
        return;
      case "predecessor":
        this.amend(effect.gw, effect.line, { predecessor: effect.predecessor });
        return;
      case "store":
        this.store(effect);
        return;
      case "fill-bytes": {
        const { records } = this.open(effect.gw, effect.line);
        const record = records.get(effect.seq);
        if (record !== undefined) records.set(effect.seq, { ...record, bytes: effect.bytes });
        return;
      }
      case "run": {
        const line = this.open(effect.gw, effect.line);
        line.runs = [...line.runs.filter((run) => !effect.joined.includes(run.from)), effect.run];
        line.runs.sort((a, b) => a.from - b.from);
        return;
      }
      case "gap-named": {
        const line = this.open(effect.gw, effect.line);
        if (effect.to === null) line.openGapFrom = Math.max(line.openGapFrom ?? 0, effect.from);
        else line.gaps.add(effect.from, effect.to);
        return;
      }
      case "gap-filled":
        this.open(effect.gw, effect.line).gaps.remove(effect.from, effect.to);
        return;
      case "quarantine":
        this.quarantined.push(effect);
        return;
      case "disputed":
        this.open(effect.gw, effect.line).disputed.add(effect.from, effect.to);
        return;
      case "clone":
        this.clones.push(effect);
        this.amend(effect.gw, effect.disputed, { status: "disputed" });
        return;
      case "rollback":
        this.rollbacks.push(effect);
        return;
      case "line-status":
        this.amend(effect.gw, effect.line, { status: effect.status });
        return;
      case "key-added":
        this.addKey(effect.gw, effect.kid, { publicKey: effect.publicKey, revokedFrom: null });
        return;
      case "seal":
      case "clear-state":
        return;
    }
  }

  private store(effect: LedgerEffect & { type: "store" }): void {
    const { records } = this.open(effect.gw, effect.line);
    if (records.has(effect.seq)) throw new Error(`${effect.gw} ${lineKey(effect.line)} ${effect.seq} stored twice`);
    records.set(effect.seq, { lsn: ++this.lastLsn, bytes: effect.bytes, digest: effect.digest });
  }
}

/** The latest witness under the ledger's present generation. */
export const currentWitness = (view: LedgerView): Witness => ({ gen: view.gen, n: view.witnessCount() });
