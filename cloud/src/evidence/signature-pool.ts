import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { EvidenceFault, SignatureCheck } from "@mingcheng/protocols";
import { checksPerBlock, firstBadOf, packBlock, type SignatureBlock } from "./signature-block.ts";

/** Blocks that one thread has at a time: enough that it never waits, few enough that memory stays small. */
const blocksPerThread = 8;
/** More threads than this win nothing: the chain is computed by one. */
const mostThreads = 8;

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const workerUrl = new URL(`./signature-worker-entry.${extension}`, import.meta.url);

/** Lets what other threads said be heard. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** A thread and the blocks that it has, in the order in which it answers. */
interface Hand {
  readonly worker: Worker;
  readonly blocks: SignatureBlock[];
}

/**
 * Verifies the signatures of a file on every core and knows the first in the file that does not hold. Threads begin when
 * there is enough to do for them; the calling thread helps, so that nothing depends on them: what a thread that fails had
 * is verified here. Memory is bounded when {@link relieve} is awaited whenever {@link isFull}.
 */
export class SignaturePool {
  firstBad: EvidenceFault | undefined;
  readonly #helpers: number;
  readonly #hands = new Set<Hand>();
  readonly #waiting: SignatureBlock[] = [];
  #open: SignatureCheck[] = [];
  #taken = 0;
  #badAt = Number.POSITIVE_INFINITY;
  #isStarted = false;
  #heard = (): void => undefined;

  /** `threads`: how many verify, the calling one among them. */
  constructor(threads: number = Math.min(mostThreads, availableParallelism())) {
    this.#helpers = threads - 1;
  }

  /** Takes the next signature of the file. */
  take(check: SignatureCheck): void {
    this.#open.push(check);
    if (this.#open.length === checksPerBlock) this.#close();
  }

  /** True when {@link relieve} must be awaited before more is taken. */
  get isFull(): boolean {
    return this.#waiting.length > blocksPerThread;
  }

  /** Verifies a block here and hears what the other threads found, until there is room. */
  async relieve(): Promise<void> {
    this.#start();
    this.#spread();
    while (this.isFull) {
      this.#verifyOne();
      await turn();
    }
  }

  /** Until every signature that was taken is verified. The threads end. */
  async finish(): Promise<void> {
    this.#close();
    for (this.#spread(); this.#waiting.length > 0; this.#spread()) {
      this.#verifyOne();
      await turn();
    }
    while ([...this.#hands].some(({ blocks }) => blocks.length > 0)) await this.#nextAnswer();
    // A thread that failed has given its blocks back.
    while (this.#waiting.length > 0) this.#verifyOne();
    await Promise.all([...this.#hands].map(({ worker }) => worker.terminate()));
    this.#hands.clear();
  }

  #close(): void {
    if (this.#open.length === 0) return;
    this.#waiting.push(packBlock(this.#taken, this.#open));
    this.#taken += this.#open.length;
    this.#open = [];
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    for (let index = 0; index < this.#helpers; index++) {
      const hand: Hand = { worker: new Worker(workerUrl), blocks: [] };
      hand.worker.on("message", (bad: number) => {
        const block = hand.blocks.shift();
        if (block !== undefined) this.#judge(block, bad);
        this.#spread();
        this.#heard();
      });
      // What ended it does not matter: its share is verified by others.
      hand.worker.on("error", () => undefined);
      hand.worker.once("exit", () => {
        this.#hands.delete(hand);
        this.#waiting.push(...hand.blocks.splice(0));
        this.#heard();
      });
      this.#hands.add(hand);
    }
  }

  /** Gives waiting blocks to threads that have room. */
  #spread(): void {
    for (let isGiven = true; isGiven; ) {
      isGiven = false;
      for (const { worker, blocks } of this.#hands) {
        const block = blocks.length < blocksPerThread ? this.#waiting.shift() : undefined;
        if (block === undefined) continue;
        blocks.push(block);
        worker.postMessage(block.packed);
        isGiven = true;
      }
    }
  }

  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve;
    });
  }

  #verifyOne(): void {
    const block = this.#waiting.shift();
    if (block !== undefined) this.#judge(block, firstBadOf(block.packed));
  }

  #judge({ from, faults }: SignatureBlock, bad: number): void {
    if (bad < 0 || from + bad >= this.#badAt) return;
    this.#badAt = from + bad;
    this.firstBad = faults[bad];
  }
}
