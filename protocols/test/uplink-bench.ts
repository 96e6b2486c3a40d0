import {
  type Downlink,
  type FullReceipt,
  type LineInventory,
  type LineOfGateway,
  lineKey,
  type Receipt,
  type UplinkEffect,
  type UplinkInput,
  type UplinkLimits,
  type Witness,
} from "../src/index.ts";
import { UplinkMachine, uplinkLimits } from "../src/link/index.ts";

type Send = UplinkEffect & { readonly type: "send" };

/** One line of an outbox: how much of it there is. */
export const inventoryOf = (line: LineOfGateway, head: number, rest: Partial<LineInventory> = {}): LineInventory => ({
  ...line,
  head,
  held: head === 0 ? [] : [{ from: 1, to: head }],
  freed: [],
  urgent: [],
  ...rest,
});

/** h of a record, where nobody looks at more than equality. */
export const hOf = (line: LineOfGateway, seq: number): string =>
  `${lineKey(line).length}${line.eid}${seq}`.padEnd(64, "0").slice(0, 64);

/** An uplink machine on a bench: no jitter, numbered nonces, and every effect on a list. */
export class UplinkBench {
  readonly machine: UplinkMachine;
  nowMs = 0;
  gen = "0a".repeat(16);
  effects: UplinkEffect[] = [];
  private nonces = 0;

  constructor(line: LineOfGateway, inventory: readonly LineInventory[], limits: Partial<UplinkLimits> = {}) {
    this.machine = new UplinkMachine({
      line,
      inventory,
      random: () => 0,
      newNonce: () => `nonce ${++this.nonces}`,
      limits: { ...uplinkLimits, ...limits },
    });
  }

  /** Nonce of the state published last. */
  get nonce(): string {
    return `nonce ${this.nonces}`;
  }

  get states(): number {
    return this.nonces;
  }

  /** Takes an event; returns only its effects. */
  step(input: UplinkInput): UplinkEffect[] {
    const effects = this.machine.step(input, this.nowMs);
    this.effects.push(...effects);
    return effects;
  }

  /** Time passes, with a tick whenever the machine asks for one. */
  wait(ms: number): UplinkEffect[] {
    const until = this.nowMs + ms;
    const effects: UplinkEffect[] = [];
    for (;;) {
      const wakeMs = this.machine.nextWakeMs(this.nowMs);
      if (wakeMs === null || wakeMs > until) break;
      this.nowMs = Math.max(this.nowMs, wakeMs);
      effects.push(...this.step({ type: "tick" }));
    }
    this.nowMs = until;
    effects.push(...this.step({ type: "tick" }));
    return effects;
  }

  commit(first: number, last: number, urgent: readonly number[] = []): Send[] {
    return sends(this.step({ type: "committed", first, last, urgent }));
  }

  /** The shell published what a send effect asked for, up to `last`. */
  sent({ id, line, maxLast }: Send, last = maxLast): UplinkEffect[] {
    return this.step({ type: "sent", id, last, h: hOf(line, last), bytes: 1, payload: payloadOf(id) });
  }

  down(message: Downlink): UplinkEffect[] {
    return this.step({ type: "downlink", message });
  }

  /** A receipt of the present generation; hashes are ours. */
  receipt(line: LineOfGateway, ranges: readonly [number, number][], rest: Partial<Receipt> = {}): UplinkEffect[] {
    const { gen } = this;
    return this.down({
      v: 1,
      type: "receipt",
      line,
      ranges: ranges.map(([from, to]) => [from, to, hOf(line, to)]),
      digests: [],
      disputed: [],
      gen,
      witness: { gen, n: 1 },
      at: "",
      ...rest,
    });
  }

  /** Publishes and receipts every batch of these effects, and what they lead to, until nothing more goes out. */
  drain(effects: readonly UplinkEffect[]): Send[] {
    const all: Send[] = [];
    for (let todo = sends(effects); todo.length > 0; ) {
      const next: Send[] = [];
      for (const send of todo) {
        all.push(send);
        next.push(...sends(this.sent(send)), ...sends(this.receipt(send.line, [[send.first, send.maxLast]])));
      }
      todo = next;
    }
    return all;
  }

  full(lines: readonly Partial<FullReceipt["lines"][number]>[], rest: Partial<FullReceipt> = {}): UplinkEffect[] {
    const { gen, nonce } = this;
    const whole = lines.map((item) => ({
      ep: 1,
      eid: "",
      ranges: [],
      digests: [],
      missing: [],
      disputed: [],
      ...item,
    }));
    return this.down({ v: 1, type: "full", nonce, lines: whole, gen, witness: { gen, n: 1 }, at: "", ...rest });
  }

  /** Answers the hash comparisons among these effects: every range is ours, or those that `isOurs` says. */
  prove(effects: readonly UplinkEffect[], isOurs: (to: number) => boolean = () => true): UplinkEffect[] {
    return effects.flatMap((effect) =>
      effect.type === "prove"
        ? this.step({ type: "proven", id: effect.id, ranges: effect.ranges.filter(({ to }) => isOurs(to)) })
        : [],
    );
  }

  /** Connects, and the centre says what it has. Returns the effects of being ready. */
  connect(lines: readonly Partial<FullReceipt["lines"][number]>[] = []): UplinkEffect[] {
    this.step({ type: "connected" });
    return this.prove(this.full(lines));
  }

  get witness(): Witness | null {
    return this.machine.stats().witness;
  }
}

/** Hash of the payload of a send effect. */
export const payloadOf = (id: number): string => id.toString(16).padStart(64, "0");

export const sends = (effects: readonly UplinkEffect[]): Send[] => effects.filter((effect) => effect.type === "send");

/** `lane first-maxLast` of each batch, for comparing. */
export const asText = (batches: readonly Send[]): string[] =>
  batches.map(({ lane, first, maxLast, digestOnly }) => `${lane} ${first}-${maxLast}${digestOnly ? " digest" : ""}`);

/** What these effects state to be gone. */
export const goneOf = (effects: readonly UplinkEffect[]): string[] =>
  effects.flatMap((effect) =>
    effect.type === "gone" ? [`${effect.gone.reason} ${effect.gone.from}-${effect.gone.to}`] : [],
  );
