import type { OrderState, RefusalReason } from "@mingcheng/protocols/commands";

/** An order as it was given, and what really happened. True time, milliseconds. */
interface Truth {
  readonly id: string;
  readonly isRepeatable: boolean;
  readonly endMs: number;
  readonly effects: { readonly atMs: number; readonly cseq: number }[];
  /** The gateway died while it was under way. */
  interrupted: boolean;
}

/** How an order ended at the centre, as far as that still knows it. */
export interface Ending {
  readonly id: string;
  readonly state: OrderState;
  readonly reason: RefusalReason | "never-sent" | null;
}

const outOfSequence: readonly (string | null)[] = ["cseq-taken", "out-of-order", "replayed"];

/** A command is judged before it is stored that it begins: a slow card may take so long, other writes ahead of it. */
const storingMs = 4_000;

/** Knows what was ordered and what the device did, shares no code with what it judges, and says what broke a promise. */
export class CommandOracle {
  readonly faults: string[] = [];
  private readonly truths = new Map<string, Truth>();
  private lastCseq = 0;
  private wasRestored = false;

  ordered(id: string, isRepeatable: boolean, endMs: number): void {
    this.truths.set(id, { id, isRepeatable, endMs, effects: [], interrupted: false });
  }

  /** The device did what a command says. */
  effect(id: string, cseq: number, atMs: number, isResumed: boolean): void {
    const truth = this.truths.get(id);
    if (truth === undefined) {
      this.fault(`${id} was carried out, and nobody ordered it`);
      return;
    }
    if (atMs >= truth.endMs + storingMs && !isResumed)
      this.fault(`${id} was carried out ${atMs - truth.endMs} ms after its time`);
    if (cseq < this.lastCseq || (cseq === this.lastCseq && !isResumed))
      this.fault(`${id} was carried out behind a later one`);
    this.lastCseq = Math.max(this.lastCseq, cseq);
    truth.effects.push({ atMs, cseq });
    if (truth.effects.length > 1 && !truth.isRepeatable) this.fault(`${id} was carried out twice`);
    if (truth.effects.length > 1 && !truth.interrupted) this.fault(`${id} was carried out twice without a crash`);
  }

  /** The gateway died while this order was under way. */
  interrupted(id: string): void {
    const truth = this.truths.get(id);
    if (truth !== undefined) truth.interrupted = true;
  }

  restored(): void {
    this.wasRestored = true;
  }

  /** Judges the end, when everything has come to rest. `records`: of the gateway's chain, `id outcome`. */
  judge(endings: readonly Ending[], records: readonly string[]): readonly string[] {
    for (const ending of endings)
      this.judgeEnding(
        ending,
        records.filter((record) => record.startsWith(`${ending.id} `)),
      );
    return this.faults;
  }

  private judgeEnding({ id, state, reason }: Ending, records: readonly string[]): void {
    const truth = this.truths.get(id);
    if (truth === undefined) return;
    const happened = truth.effects.length;
    const open = ["waiting", "sent", "acknowledged"].includes(state);
    if (open) this.fault(`${id} never ended: ${state}`);
    if (outOfSequence.includes(reason)) this.fault(`${id} lost its place: ${reason}`);
    if (state === "done" && happened === 0) this.fault(`${id} is told done, and nothing happened`);
    if (state === "unknown" && !truth.interrupted) this.fault(`${id} is told unknown without a crash`);
    // The lost centre may have had it carried out: a restored one is told so, or learns of it from the chain alone.
    const isFromBefore = this.wasRestored && (reason === "repeated-id" || reason === "never-sent");
    if (open || isFromBefore) return;
    if ((state === "refused" || state === "expired") && happened > 0)
      this.fault(`${id} is told ${state}, and it happened`);
    const told = this.wasRestored ? records.filter((record) => record !== `${id} refused`) : records;
    if (reason === "never-sent" ? told.length > 0 : told.length !== 1 || told[0] !== `${id} ${state}`) {
      this.fault(`${id} is told ${state}; the chain says ${records.join(", ") || "nothing"}`);
    }
  }

  private fault(text: string): void {
    this.faults.push(text);
  }
}
