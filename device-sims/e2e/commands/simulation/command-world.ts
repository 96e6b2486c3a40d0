import { encodeSigned, signedTags } from "@mingcheng/protocols";
import type { Ack, Command } from "@mingcheng/protocols/commands";
import { createRandom, type Random } from "../../../src/random.ts";
import { quickHash, standInCrypto, standInSigner } from "../../simulation/stand-in-crypto.ts";
import { VirtualTime } from "../../simulation/virtual-time.ts";
import type { CommandBug } from "./bugs.ts";
import { CommandOracle } from "./command-oracle.ts";
import { SimCommandCentre } from "./sim-command-centre.ts";
import { SimCommandGateway } from "./sim-command-gateway.ts";

const gw = "market-a";
const epochMs = 1_700_000_000_000;
/** Faults for so long, then rest until everything has settled. */
const faultyMs = 240_000;
const restMs = 400_000;
const lookEveryMs = 250;

/**
 * One centre, one gateway, and a hostile way between them: messages lost, doubled, late, out of order, replayed from long
 * ago, forged; connections cut, the gateway killed at any step, its clock wrong or unknown, the register an older copy.
 * Everything follows from the seed.
 */
class CommandWorld {
  private readonly time = new VirtualTime();
  private readonly random: Random;
  private readonly oracle = new CommandOracle();
  private readonly centre: SimCommandCentre;
  private readonly gateway: SimCommandGateway;
  /** Everything that ever went down, for whoever replays it. */
  private readonly seen: Uint8Array[] = [];
  /** Whether this centre is ever lost and restored: what a restored one cannot know excuses much. */
  private readonly isRestored: boolean;
  private isConnected = false;
  private isCalm = false;
  private connection = 0;
  private ordered = 0;

  constructor(seed: number, bug: CommandBug | null) {
    this.random = createRandom(seed);
    this.isRestored = this.random.chance(0.5);
    const signer = standInSigner(quickHash, "centre");
    this.centre = new SimCommandCentre(gw, signer, bug, (message) => {
      this.seen.push(message);
      this.carry(() => this.gateway.receive(message));
    });
    this.gateway = new SimCommandGateway({
      ...{ time: this.time, random: this.random, oracle: this.oracle, gw, bug, epochMs },
      crypto: standInCrypto(quickHash),
      commandKey: signer.publicKey,
      answer: (ack: Ack) => this.carry(() => this.centre.ack(ack)),
    });
  }

  run(): readonly string[] {
    this.connect();
    this.every(lookEveryMs, () => this.centre.look(epochMs + this.time.nowMs));
    this.every(4_000, () => {
      if (!this.isCalm && this.random.chance(0.7)) this.order();
    });
    for (let atMs = 1_000; atMs < faultyMs; atMs += 500 + this.random.below(5_000)) {
      this.time.runUntil(atMs);
      this.fault();
    }
    this.time.runUntil(faultyMs);
    this.isCalm = true;
    this.gateway.clockError = { offsetMs: 0, errMs: 10 };
    this.connect();
    this.time.runUntil(faultyMs + restMs);
    return this.oracle.judge(this.centre.endings, this.gateway.records);
  }

  private order(): void {
    const id = `order-${++this.ordered}`;
    const kind = this.random.chance(0.6) ? "tare" : "restart-driver";
    const ttlMs = 2_000 + this.random.below(60_000);
    const nowMs = epochMs + this.time.nowMs;
    this.oracle.ordered(id, kind !== "tare", nowMs + ttlMs);
    this.centre.order(id, kind, ttlMs, nowMs);
  }

  private fault(): void {
    const faults = [
      () => this.gateway.crash(),
      () => this.gateway.crash(),
      () => this.cut(),
      () => this.replay(),
      () => this.forge(),
      () => this.setClock(),
      ...(this.isRestored ? [() => this.restoreCentre()] : []),
    ];
    faults[this.random.below(faults.length)]?.();
  }

  private cut(): void {
    this.isConnected = false;
    this.connection++;
    this.centre.left();
    this.time.after(this.random.below(20_000), () => this.connect());
  }

  /** The state goes with the connection: the centre knows how far the gateway has come. */
  private connect(): void {
    this.isConnected = true;
    this.connection++;
    const { connection } = this;
    this.time.after(50, () => {
      if (connection === this.connection) this.centre.state(this.gateway.cseq);
    });
  }

  private replay(): void {
    const message = this.seen[this.random.below(this.seen.length)];
    if (message !== undefined) this.gateway.receive(message);
  }

  private forge(): void {
    const command: Command = {
      ...{ v: 1, gw, cseq: this.gateway.cseq + 1, id: "forged", kind: "tare", by: "nobody" },
      ...{ atMs: epochMs + this.time.nowMs, ttlMs: 60_000, body: { device: "scale-1" } },
    };
    this.gateway.receive(encodeSigned(signedTags.command, gw, command, standInSigner(quickHash, "stranger")));
  }

  private setClock(): void {
    const errMs = this.random.below(3_000);
    const offsetMs = Math.round((this.random.next() * 2 - 1) * errMs);
    this.gateway.clockError = this.random.chance(0.3) ? null : { offsetMs, errMs };
  }

  private restoreCentre(): void {
    const copy = this.centre.backup();
    this.time.after(5_000 + this.random.below(30_000), () => {
      if (this.isCalm) return;
      this.oracle.restored();
      this.centre.restore(copy);
      this.connect();
    });
  }

  /** Carries a message, or not, or twice, or late. */
  private carry(deliver: () => void): void {
    const { connection, random } = this;
    if (!this.isConnected) return;
    const copies = this.isCalm ? 1 : random.chance(0.2) ? 0 : random.chance(0.2) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const delayMs = this.isCalm ? 20 : random.chance(0.1) ? random.below(15_000) : random.below(200);
      this.time.after(delayMs, () => {
        // A broker may hold a message over a broken connection: it may still come.
        if (connection === this.connection || random.chance(0.3)) deliver();
      });
    }
  }

  private every(periodMs: number, task: () => void): void {
    this.time.after(periodMs, () => {
      task();
      this.every(periodMs, task);
    });
  }
}

/** Runs a world to its end and returns the promises that were broken. */
export const runCommandWorld = (seed: number, bug: CommandBug | null = null): readonly string[] =>
  new CommandWorld(seed, bug).run();
