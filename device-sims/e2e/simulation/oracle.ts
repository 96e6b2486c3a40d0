import { type LineOfGateway, lineKey, type MemoryLedger } from "@mingcheng/protocols";
import type { UpMessage } from "./messages.ts";
import type { Frame } from "./sim-disk.ts";

/** A record as its gateway captured it: known here by its very bytes, whatever the protocol makes of it. */
export interface Truth {
  readonly gw: string;
  readonly line: LineOfGateway;
  readonly seq: number;
  readonly kind: string;
  readonly text: string;
  isAcknowledged: boolean;
}

/** Something that must never happen. */
export interface Violation {
  readonly rule:
    | "lost without a named gap"
    | "stored twice"
    | "invented"
    | "freed what the centre does not hold"
    | "not delivered"
    | "hole that nobody names"
    | "not drained"
    | "false clone"
    | "missed clone"
    | "false rollback"
    | "missed rollback"
    | "gap without a reason"
    | "honest record disputed"
    | "sent again without need";
  readonly detail: string;
}

/** How far each line has ever been heard of by the centre as it stands: what a restore takes back. */
export type Knowledge = ReadonlyMap<string, number>;

/** A line while somebody writes it. */
interface Life {
  readonly gw: string;
  readonly startMs: number;
  endMs: number;
  /** Index of the newest generation its process was told of meanwhile; -1 before the first. */
  knownGeneration: number;
}

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

/** Watches every gateway, every commit and every freed segment, and judges at the end. Shares no code with what it judges. */
export class Oracle {
  readonly truths = new Map<string, Truth>();
  readonly violations: Violation[] = [];
  readonly lives = new Map<string, Life>();
  /** Gateways to which something happened after which loss, rollbacks and gaps are to be expected. */
  readonly harmed = new Set<string>();
  /** Something in the centre's own past was taken back. */
  wasRestored = false;
  readonly excused = new Set<string>();
  private readonly refused = new Set<string>();
  private knowledge = new Map<string, number>();
  private readonly generations: { readonly gen: string; readonly ledger: MemoryLedger }[] = [];
  private readonly now: () => number;
  private texts = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Bytes for a new record, unlike any other. */
  newText(kind: string): string {
    return `{"kind":"${kind}","id":${++this.texts}}`;
  }

  /** From now on every batch with the next captured record in it is refused by something on the way. */
  refuseNext(): void {
    this.refused.add(`"id":${this.texts + 1}}`);
  }

  isRefused(payload: Uint8Array): boolean {
    if (this.refused.size === 0) return false;
    const text = textOf(payload);
    for (const mark of this.refused) if (text.includes(mark)) return true;
    return false;
  }

  /** True when a record can only ever reach the centre as a digest. */
  isRefusedText(text: string): boolean {
    for (const mark of this.refused) if (text.includes(mark)) return true;
    return false;
  }

  appended(gw: string, line: LineOfGateway, seq: number, bytes: Uint8Array, kind: string): void {
    const text = textOf(bytes);
    this.truths.set(text, { gw, line, seq, kind, text, isAcknowledged: false });
  }

  acknowledged(bytes: Uint8Array): void {
    const truth = this.truths.get(textOf(bytes));
    if (truth !== undefined) truth.isAcknowledged = true;
  }

  excuseQuarantine(records: readonly Uint8Array[]): void {
    for (const bytes of records) this.excused.add(textOf(bytes));
  }

  /** `before`: the line that the same process wrote up to now, if it did. */
  lineOpened(gw: string, line: LineOfGateway, before: LineOfGateway | null): void {
    const knownGeneration = (before && this.lives.get(lineKey(before))?.knownGeneration) ?? -1;
    if (before !== null) this.lineEnded(before);
    this.lives.set(lineKey(line), { gw, startMs: this.now(), endMs: Number.POSITIVE_INFINITY, knownGeneration });
  }

  lineEnded(line: LineOfGateway): void {
    const life = this.lives.get(lineKey(line));
    if (life !== undefined) life.endMs = this.now();
  }

  generationStarted(gen: string, ledger: MemoryLedger): void {
    this.generations.push({ gen, ledger });
  }

  heardGeneration(line: LineOfGateway, gen: string): void {
    const life = this.lives.get(lineKey(line));
    const index = this.generations.findLastIndex((generation) => generation.gen === gen);
    if (life !== undefined) life.knownGeneration = Math.max(life.knownGeneration, index);
  }

  /** The centre took this message in and committed it: what it tells of is known from now on. */
  committed(message: UpMessage): void {
    if (message.type === "state") {
      for (const { ep, eid, head } of message.state.lines) this.know(message.gw, { ep, eid }, head);
    } else if (message.type === "batch") {
      const [header = "{}", first = "{}"] = textOf(message.payload).split("\n", 2);
      const { line, first: from, count } = JSON.parse(header);
      this.know(message.gw, line, from + count - 1);
      const before = from === 1 ? JSON.parse(first).body?.predecessor : undefined;
      if (before) this.know(message.gw, before, before.seq);
    }
  }

  copyKnowledge(): Knowledge {
    return new Map(this.knowledge);
  }

  restored(knowledge: Knowledge): void {
    this.knowledge = new Map(knowledge);
    this.wasRestored = true;
  }

  knows(gw: string, line: LineOfGateway, seq: number): boolean {
    return (this.knowledge.get(`${gw}/${lineKey(line)}`) ?? 0) >= seq;
  }

  /** A process freed these: the newest centre it can know of must hold them. */
  freed(gw: string, line: LineOfGateway, frames: readonly Frame[]): void {
    const known = this.lives.get(lineKey(line))?.knownGeneration ?? -1;
    const ledger = this.generations[known]?.ledger;
    for (const frame of frames) {
      const stored = ledger?.bytes(gw, frame.line, frame.seq);
      const text = textOf(frame.bytes);
      if (stored instanceof Uint8Array && textOf(stored) === text) continue;
      if (ledger?.quarantined.some(({ items }) => items.some((item) => "bytes" in item && textOf(item.bytes) === text)))
        continue;
      this.violate("freed what the centre does not hold", `${gw} ${frame.line.ep}/${frame.seq}`);
    }
  }

  violate(rule: Violation["rule"], detail: string): void {
    this.violations.push({ rule, detail });
  }

  private know(gw: string, line: LineOfGateway, seq: number): void {
    const key = `${gw}/${lineKey(line)}`;
    this.knowledge.set(key, Math.max(this.knowledge.get(key) ?? 0, seq));
  }
}
