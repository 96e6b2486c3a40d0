import type { CryptoPort } from "@mingcheng/protocols";
import {
  type Ack,
  ackOf,
  type BestClock,
  type BookedCommand,
  beginCommand,
  type Command,
  type CommandBook,
  commandReader,
  emptyBook,
  expiredWaiting,
  finishCommand,
  nextCommand,
  takeCommand,
} from "@mingcheng/protocols/commands";
import type { Random } from "../../../src/random.ts";
import type { VirtualTime } from "../../simulation/virtual-time.ts";
import type { CommandBug } from "./bugs.ts";
import type { CommandOracle } from "./command-oracle.ts";

/** What a simulated gateway works with. */
export interface CommandGatewayParts {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly oracle: CommandOracle;
  readonly crypto: CryptoPort;
  readonly gw: string;
  readonly commandKey: Uint8Array;
  readonly bug: CommandBug | null;
  /** True time of virtual time 0, milliseconds since 1970. */
  readonly epochMs: number;
  readonly answer: (ack: Ack) => void;
}

/** Writes take so long at most; a crash may fall between any two steps. */
const maxWriteMs = 400;

/**
 * A gateway around the protocol's own decisions: its disk (book and chain), its process, and a device that does as it is
 * told. Every write takes time, so that a crash can fall before and after each.
 */
export class SimCommandGateway {
  /** On disk. */
  private book: CommandBook = emptyBook;
  readonly records: string[] = [];
  /** Offset of the clock against true time, and its bound; null: unknown. */
  clockError: { offsetMs: number; errMs: number } | null = { offsetMs: 0, errMs: 10 };
  private readonly parts: CommandGatewayParts;
  private readonly read: ReturnType<typeof commandReader>;
  /** Counts processes: what an earlier one planned is void. */
  private life = 0;
  private isWorking = false;
  private turn: (() => void)[] = [];
  private underWay: string | null = null;

  constructor(parts: CommandGatewayParts) {
    this.parts = parts;
    this.read = commandReader(parts.crypto, parts.gw, parts.commandKey);
  }

  get cseq(): number {
    return this.book.cseq;
  }

  /** The process dies and starts again from its disk. */
  crash(): void {
    if (this.underWay !== null) this.parts.oracle.interrupted(this.underWay);
    this.life++;
    this.isWorking = false;
    this.underWay = null;
    this.turn = [];
    // Nothing is begun before everything that the dead process left is settled.
    this.isWorking = true;
    let left = 1;
    const settled = (): void => {
      if (--left > 0) return;
      this.isWorking = false;
      this.work();
    };
    for (const entry of this.book.entries) {
      left++;
      this.recover(entry, settled);
    }
    settled();
  }

  receive(message: Uint8Array): void {
    const read = this.read(message);
    if ("fault" in read) {
      if (this.parts.bug !== "believes-anybody") return;
      const forged = JSON.parse(Buffer.from(message).toString("utf8").split("\n")[0] ?? "{}") as Command;
      this.take({ command: forged, payload: read.payload });
    } else this.take(read);
  }

  private take(read: { readonly command: Command; readonly payload: string }): void {
    const { bug, answer } = this.parts;
    const book = bug === "any-place" ? { ...this.book, cseq: 0 } : this.book;
    const clock = bug === "no-expiry" ? { ms: 0, errMs: 0 } : this.clock();
    const decision = takeCommand(book, read, clock, "");
    if (decision.type === "answer") {
      answer(decision.ack);
      return;
    }
    this.write(() => {
      // Decided anew when its turn comes: other writes may have been ahead.
      const now = takeCommand(bug === "any-place" ? { ...this.book, cseq: 0 } : this.book, read, clock, "");
      if (now.type === "answer") return answer(now.ack);
      this.book = bug === "any-place" ? { ...now.book, cseq: Math.max(this.book.cseq, now.book.cseq) } : now.book;
      if (now.type === "accept") {
        answer(now.ack);
        return this.work();
      }
      const entry = now.book.entries.find(({ cseq }) => cseq === read.command.cseq);
      if (entry !== undefined) this.settle(entry, now.ack, () => undefined);
    });
  }

  private recover(entry: BookedCommand, settled: () => void): void {
    const told = this.records.find((record) => record.startsWith(`${entry.id} `));
    const outcome = told?.slice(entry.id.length + 1) as Ack["outcome"] | undefined;
    const isUntold = entry.stage === "finished" && told === undefined && this.parts.bug !== "finished-before-record";
    if (isUntold && entry.ack !== null) {
      this.settle(entry, entry.ack, settled);
      return;
    }
    if (entry.stage === "begun" && outcome !== undefined) {
      this.book = finishCommand(this.book, entry.cseq, ackOf(entry, outcome, null, "", ""));
    } else if (entry.stage === "begun" && entry.kind === "tare") {
      this.settle(entry, ackOf(entry, "unknown", "restarted", "", ""), settled);
      return;
    }
    settled();
  }

  private work(): void {
    if (this.isWorking) return;
    const next = nextCommand(this.book);
    if (next === undefined) return;
    this.isWorking = true;
    const isResumed = next.stage === "begun";
    const late = this.parts.bug === "no-expiry" || isResumed ? null : expiredWaiting(next.command, this.clock());
    const done = (): void => {
      this.isWorking = false;
      this.underWay = null;
      this.work();
    };
    if (late !== null) {
      this.settle(next, ackOf(next, "expired", late, "", ""), done);
      return;
    }
    this.write(() => {
      if (this.parts.bug !== "begin-not-stored") this.book = beginCommand(this.book, next.cseq);
      this.underWay = next.id;
      const { time, oracle, epochMs } = this.parts;
      this.later(() => {
        oracle.effect(next.id, next.cseq, epochMs + time.nowMs, isResumed);
        this.later(() => this.settle(next, ackOf(next, "done", null, "", ""), done));
      });
    });
  }

  /** The record, then the book, then the answer. */
  private settle(entry: BookedCommand, ack: Ack, then: () => void): void {
    const record = (): void => {
      this.records.push(`${entry.id} ${ack.outcome}`);
    };
    const finish = (): void => {
      this.book = finishCommand(this.book, entry.cseq, ack);
    };
    const [first, second] = this.parts.bug === "finished-before-record" ? [finish, record] : [record, finish];
    this.write(() => {
      first();
      this.write(() => {
        second();
        this.parts.answer(ack);
        then();
      });
    });
  }

  private clock(): BestClock | null {
    const { time, epochMs } = this.parts;
    if (this.clockError === null) return null;
    return { ms: epochMs + time.nowMs + this.clockError.offsetMs, errMs: this.clockError.errMs };
  }

  private later(task: () => void): void {
    const { time, random } = this.parts;
    const { life } = this;
    time.after(1 + random.below(maxWriteMs), () => {
      if (life === this.life) task();
    });
  }

  /** Writes come one after the other, each after a while; what is not written when the process dies never is. */
  private write(task: () => void): void {
    this.turn.push(task);
    if (this.turn.length === 1) this.later(() => this.nextWrite());
  }

  private nextWrite(): void {
    this.turn[0]?.();
    this.turn.shift();
    if (this.turn.length > 0) this.later(() => this.nextWrite());
  }
}
