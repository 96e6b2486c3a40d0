import { type LedgerEffect, type LineOfGateway, lineKey, type MemoryLedger } from "@mingcheng/protocols";
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
    | "sent again without need"
    | "believed behind a revocation"
    | "decision not carried out";
  readonly detail: string;
}

/** How far each line has ever been heard of by the centre as it stands: what a restore takes back. */
export type Knowledge = ReadonlyMap<string, number>;

/** A revoked key: from where on, and every line in the order in which it was heard of, with how far. */
interface Revocation {
  readonly place: LineOfGateway & { readonly seq: number };
  readonly heads: Map<string, number>;
}

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

/** Whether a place lies behind a revocation, by what had been heard of when it was decided. */
const isBehind = ({ place, heads }: Revocation, line: LineOfGateway, seq: number): boolean => {
  const key = lineKey(line);
  if (key === lineKey(place)) return seq >= place.seq;
  const order = [...heads.keys()];
  const named = order.indexOf(lineKey(place));
  const at = order.indexOf(key);
  return at < 0 || (named >= 0 && at > named) || seq > (heads.get(key) ?? 0);
};

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
  /** The last decision about each gateway's lines, and how many clones had been reported by then. */
  readonly decided = new Map<string, { readonly line: LineOfGateway; readonly clones: number }>();
  private readonly revocations = new Map<string, Revocation>();
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
    if (life !== undefined) life.endMs = Math.min(life.endMs, this.now());
  }

  /** Nobody lets the writer of this line in any more: whatever it still writes, it is not there. */
  fencedOff(line: LineOfGateway): void {
    this.lineEnded(line);
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
      const isRevoked = this.revocations.has(`${message.gw}/${message.kid}`);
      for (const { ep, eid, head } of message.state.lines) {
        // What only a revoked key says is no news.
        if (isRevoked) continue;
        this.know(message.gw, { ep, eid }, head);
        this.hearFor(message.gw, { ep, eid }, head);
      }
    } else if (message.type === "batch") {
      const [header = "{}", first = "{}"] = textOf(message.payload).split("\n", 2);
      const { line, first: from, count, seal } = JSON.parse(header);
      if (this.mayBeDisputed(message.gw, seal.kid, line, from + count - 1)) return;
      this.know(message.gw, line, from + count - 1);
      const before = from === 1 ? JSON.parse(first).body?.predecessor : undefined;
      if (before) this.know(message.gw, before, before.seq);
    }
  }

  /** From now on this key counts only for what was heard of before. */
  revokedKey(
    gw: string,
    kid: string,
    place: Revocation["place"],
    lines: readonly (LineOfGateway & { readonly heardHead: number })[],
  ): void {
    const heads = new Map(lines.map((line) => [lineKey(line), line.heardHead]));
    this.revocations.set(`${gw}/${kid}`, { place, heads });
  }

  /** A batch was decided on: what a revoked key sealed behind its revocation must be disputed, whoever holds that key. */
  judged({ gw, payload }: UpMessage & { readonly type: "batch" }, effects: readonly LedgerEffect[]): void {
    const [head = "", ...rest] = textOf(payload).split("\n");
    if (this.revocations.size === 0) return;
    const { line, first, count, seal } = JSON.parse(head);
    const [last, kid] = [first + count - 1, seal.kid];
    const isStored = effects.some(({ type }) => type === "store");
    if (this.mayBeDisputed(gw, kid, line, last)) {
      for (const text of rest.slice(0, -1)) this.excused.add(text);
      if (isStored && !this.wasRestored) {
        this.violate("believed behind a revocation", `${gw} ${line.ep}/${last} by ${kid}`);
      }
      return;
    }
    // What tells of it counts: it is heard of for every revoked key, too.
    const before = isStored && first === 1 ? JSON.parse(rest[0] ?? "{}").body?.predecessor : undefined;
    if (isStored) this.hearFor(gw, line, last);
    if (before) this.hearFor(gw, before, before.seq);
  }

  /** What a revoked key seals behind its revocation. A centre that went back in time has heard of less: it disputes more. */
  private mayBeDisputed(gw: string, kid: string, line: LineOfGateway, last: number): boolean {
    const revocation = this.revocations.get(`${gw}/${kid}`);
    return revocation !== undefined && (this.wasRestored || isBehind(revocation, line, last));
  }

  /** True when a key of this gateway is revoked. */
  hasRevocation(gw: string): boolean {
    return [...this.revocations.keys()].some((name) => name.startsWith(`${gw}/`));
  }

  private hearFor(gw: string, line: LineOfGateway, head: number): void {
    for (const [name, { heads }] of this.revocations) {
      const known = name.startsWith(`${gw}/`) ? heads.get(lineKey(line)) : undefined;
      if (known !== undefined) heads.set(lineKey(line), Math.max(known, head));
    }
  }

  copyKnowledge(): Knowledge {
    return new Map(this.knowledge);
  }

  restored(knowledge: Knowledge): void {
    this.knowledge = new Map(knowledge);
    this.wasRestored = true;
    this.decided.clear();
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
