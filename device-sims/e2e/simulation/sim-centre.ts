import type { LineOfGateway, Signer } from "@mingcheng/protocols";
import {
  busy,
  damagedPayload,
  type GatewayKey,
  type IngestOutcome,
  ingestBatch,
  ingestGone,
  ingestKeys,
  ingestState,
  keepLine,
  MemoryLedger,
  withoutNews,
} from "@mingcheng/protocols/ingest";
import type { Place } from "./deviations.ts";
import type { UpMessage } from "./messages.ts";
import type { Knowledge } from "./oracle.ts";
import type { Surroundings } from "./surroundings.ts";

interface Backup {
  readonly ledger: MemoryLedger;
  readonly knowledge: Knowledge;
}

const at = "2026-11-24T09:30:00.000Z";

/** The centre: the real ingest functions and the ledger in memory, behind a commit that takes its time. */
export class SimCentre {
  ledger: MemoryLedger;
  private readonly options: Surroundings;
  private readonly backups: Backup[] = [];
  private queue: UpMessage[] = [];
  /** What operators have entered and decided. */
  private readonly register: { readonly gw: string; readonly kid: string; readonly publicKey: Uint8Array }[] = [];
  private readonly revoked = new Map<string, Place>();
  /** Counts processes of the centre: what an earlier one had in hand is gone. */
  private process = 0;
  private isUp = true;
  /** What is done to the ledger before it is opened again. */
  private change: () => void = () => undefined;
  private busyUntilMs = 0;

  constructor(options: Surroundings) {
    this.options = options;
    const { crypto, deviations } = options;
    const gen = options.randomHex();
    this.ledger = deviations.ledger?.(crypto.sha256, gen) ?? new MemoryLedger(crypto.sha256, gen);
    options.oracle.generationStarted(gen, this.ledger);
  }

  /** A message arrives. Nothing is known of it before the commit. */
  receive(message: UpMessage): void {
    const { time, random } = this.options;
    if (!this.isUp) return;
    if (this.busyUntilMs > time.nowMs) {
      const payloadHash = message.type === "batch" ? message.payloadHash : null;
      this.answer(message.gw, busy(payloadHash, 500 + random.below(5000), "simulated"));
      return;
    }
    this.queue.push(message);
    if (this.queue.length === 1) this.later(2 + random.below(20), () => this.commit());
  }

  /** Cannot store anything for so long. */
  beBusy(forMs: number): void {
    this.busyUntilMs = this.options.time.nowMs + forMs;
  }

  backUp(): void {
    this.backups.push({ ledger: this.ledger.copy(), knowledge: this.options.oracle.copyKnowledge() });
  }

  /** Everything in hand is lost; the committed ledger stays. Comes back after `downMs`. */
  restart(downMs: number): void {
    this.stop(downMs, () => undefined);
  }

  /** The ledger is replaced by an older copy. */
  restore(downMs: number): void {
    const backup = this.backups[this.options.random.below(this.backups.length)];
    if (backup === undefined) {
      this.backUp();
      return;
    }
    this.stop(downMs, () => {
      this.ledger = backup.ledger.copy();
      this.options.oracle.restored(backup.knowledge);
      this.enterAgain();
    });
  }

  /** Lets a new key of a gateway in. The register outlives a restore here: operators enrol again. */
  enrol(gw: string, { kid, publicKey }: Signer): void {
    this.register.push({ gw, kid, publicKey });
    this.ledger.addKey(gw, kid, { publicKey, revokedFrom: this.revoked.get(`${gw}/${kid}`) ?? null });
  }

  /** An operator revokes a key from a place on. */
  revoke(gw: string, kid: string, named: Place): void {
    const { ledger } = this;
    const key = ledger.key(gw, kid);
    const isRevoked = this.revoked.has(`${gw}/${kid}`);
    if (key === undefined || isRevoked) return;
    this.options.oracle.revokedKey(gw, kid, named, ledger.lines(gw));
    const { revocation } = this.options.deviations;
    const place = revocation === undefined ? named : revocation(named, ledger.lines(gw));
    if (place === null) return;
    this.revoked.set(`${gw}/${kid}`, place);
    ledger.addKey(gw, kid, { publicKey: key.publicKey, revokedFrom: place });
  }

  /** An operator decides which line is the gateway's own. */
  keep(gw: string, line: LineOfGateway): void {
    const effects = keepLine(this.ledger, gw, line);
    this.options.oracle.decided.set(gw, { line, clones: this.ledger.clones.length });
    this.ledger.apply(this.options.deviations.decision?.(effects) ?? effects);
  }

  /** Back at work at once, whatever went before. */
  recover(): void {
    this.busyUntilMs = 0;
    this.comeUp();
  }

  private enterAgain(): void {
    for (const { gw, kid, publicKey } of this.register) this.ledger.addKey(gw, kid, { publicKey, revokedFrom: null });
    for (const [name, revokedFrom] of this.revoked) {
      const [gw = "", kid = ""] = name.split("/");
      const key = this.ledger.key(gw, kid);
      if (key !== undefined) this.ledger.addKey(gw, kid, { ...key, revokedFrom });
    }
  }

  private stop(downMs: number, change: () => void): void {
    if (!this.isUp) return;
    this.process++;
    this.isUp = false;
    this.queue = [];
    this.change = change;
    this.later(downMs, () => this.comeUp());
  }

  private comeUp(): void {
    if (this.isUp) return;
    const { network, oracle } = this.options;
    this.change();
    const gen = this.options.randomHex();
    this.ledger.startGeneration(gen);
    oracle.generationStarted(gen, this.ledger);
    this.isUp = true;
    this.options.trace(`centre up, generation ${gen.slice(0, 4)}`);
    network.tellRetained();
  }

  private later(delayMs: number, run: () => void): void {
    const { process } = this;
    this.options.time.after(delayMs, () => {
      if (this.process === process) run();
    });
  }

  /** One transaction for everything in hand; answers leave after it. */
  private commit(): void {
    const { random, deviations } = this.options;
    const messages = this.queue;
    this.queue = [];
    if (deviations.answersBeforeCommit === true) {
      // Decided on the state before, answered at once, committed later.
      for (const message of messages) this.answer(message.gw, this.decide(message));
      this.later(random.below(2000), () => this.apply(messages, () => undefined));
      return;
    }
    this.apply(messages, (message, outcome) => this.later(random.below(5), () => this.answer(message.gw, outcome)));
  }

  private apply(messages: readonly UpMessage[], then: (message: UpMessage, outcome: IngestOutcome) => void): void {
    for (const message of messages) {
      const decided = this.decide(message);
      const outcome = this.options.deviations.outcome?.(message, decided, this.ledger) ?? decided;
      const isTaken = outcome.answers.some(({ type }) => type === "receipt" || type === "full");
      if (isTaken && message.type === "batch") this.options.oracle.judged(message, outcome.effects);
      this.ledger.apply(outcome.effects);
      if (isTaken) this.options.oracle.committed(message);
      for (const effect of outcome.effects) {
        if (effect.type === "clone" || effect.type === "rollback") this.options.trace(`centre reports ${effect.type}`);
      }
      then(message, outcome);
    }
  }

  private decide(message: UpMessage): IngestOutcome {
    const { ledger } = this;
    const { crypto, oracle } = this.options;
    switch (message.type) {
      case "batch":
        if (oracle.isRefused(message.payload))
          return damagedPayload(message.payloadHash, "records: refused on the way");
        return ingestBatch(ledger, crypto, message);
      case "state":
        return this.withKey(message, ({ revokedFrom }) => {
          const { gw, state } = message;
          return ingestState(ledger, { gw, state: revokedFrom === null ? state : withoutNews(ledger, gw, state) });
        });
      case "gone":
        return this.withKey(message, () => ingestGone(ledger, message));
      case "keys":
        return ingestKeys(ledger, crypto, message);
    }
  }

  private withKey(
    message: UpMessage & { readonly kid: string },
    then: (key: GatewayKey) => IngestOutcome,
  ): IngestOutcome {
    const key = this.ledger.key(message.gw, message.kid);
    if (key !== undefined) return then(key);
    const reason = `unknown key ${message.kid}`;
    return {
      effects: [],
      answers: [{ v: 1, type: "retry", payload: null, afterMs: 2000, wantKeys: true, reason }],
    };
  }

  private answer(gw: string, outcome: IngestOutcome): void {
    for (const draft of outcome.answers) this.options.network.down({ gw, message: { ...draft, at } });
  }
}
