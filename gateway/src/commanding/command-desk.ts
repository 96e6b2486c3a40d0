import { type CommandBody, encodeSigned, MingchengError, signedTags, topics } from "@mingcheng/protocols";
import {
  type Ack,
  ackOf,
  type BestClock,
  type BookedCommand,
  beginCommand,
  type Command,
  type CommandDecision,
  commandReader,
  expiredWaiting,
  finishCommand,
  isCommandKind,
  maxResultChars,
  nextCommand,
  takeCommand,
} from "@mingcheng/protocols/commands";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { GatewayIdentity } from "../identity/identity.ts";
import type { Appended, OutboxLog } from "../outbox/outbox.ts";
import type { CommandFile } from "./command-file.ts";
import { CommandJournal } from "./command-journal.ts";
import { type CommandOutcome, failed, type WorkLoader } from "./command-work.ts";

/** What {@link CommandDesk} works with. */
export interface CommandDeskPorts {
  readonly identity: Pick<GatewayIdentity, "gw" | "commandKey" | "signer">;
  readonly file: Pick<CommandFile, "load" | "save">;
  readonly work: WorkLoader;
  readonly log: OutboxLog;
  readonly clock: {
    wall(): string;
    sleep(ms: number, signal: AbortSignal): Promise<void>;
    /** Null while nobody vouches for the time. */
    best(): BestClock | null;
  };
  /** Appends a record of the gateway about itself; resolves once it is on disk. */
  store(kind: "command" | "audit", body: Readonly<Record<string, unknown>>): Promise<Appended>;
  /** Bodies of the newest `command` records of this gateway, oldest first. */
  recall(limit: number): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Sends to the centre; lost when not connected, the centre asks again. */
  send(topic: string, payload: Uint8Array): boolean;
  /** The place reached in the sequence has changed. */
  onChanged(): void;
}

/** What could not be stored is tried again after so long. */
const storeAgainMs = 1_000;
/** Records looked at after a crash, or to find the place reached when the file is lost. */
const recalled = 128;
/** Said at the first refusal and at every tenfold: seen, but too little to fill a disk. */
const isWorthSaying = (count: number): boolean => /^10*$/.test(String(count));

/**
 * The gateway's end of commanding: a command is stored before it is acknowledged, stored again before its effect may
 * begin, and its result is in the chain and on disk before it is answered. Commands are carried out one after the other.
 */
export class CommandDesk {
  private readonly ports: CommandDeskPorts;
  private readonly read: ReturnType<typeof commandReader>;
  private readonly journal: CommandJournal;
  private readonly stopping = new AbortController();
  private turn: Promise<void> = Promise.resolve();
  private working: Promise<void> | undefined;
  private refusals = 0;

  constructor(ports: CommandDeskPorts) {
    this.ports = ports;
    this.journal = new CommandJournal(ports.file, ports.log);
    const { gw, commandKey } = ports.identity;
    this.read = commandReader(nodeCrypto, gw, commandKey);
  }

  /** Largest place ever taken, for the state. */
  get cseq(): number {
    return this.journal.book.cseq;
  }

  /** Takes up where the last process ended; what is received meanwhile waits. Never rejects. */
  open(): Promise<void> {
    this.turn = this.takeUp().catch((error: unknown) => {
      this.ports.log.error({ err: error }, "commands: what the last process left cannot be taken up");
    });
    return this.turn;
  }

  private async takeUp(): Promise<void> {
    if (!(await this.journal.load())) await this.rebuild();
    for (const entry of this.journal.book.entries) await this.recover(entry);
    this.work();
  }

  /** A message came down on the command topic. Never throws. */
  receive(message: Uint8Array): void {
    const read = this.read(message);
    this.turn = this.turn
      .then(() => ("fault" in read ? this.refuse(read) : this.take(read)))
      .catch((error: unknown) => this.ports.log.error({ err: error }, "commands: a message could not be dealt with"));
  }

  /** Begins nothing more. A command under way is given up: the next start settles it. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.turn;
    await this.working;
  }

  private async rebuild(): Promise<void> {
    const bodies = await this.ports.recall(recalled).catch(() => []);
    const cseq = bodies.reduce((most, body) => Math.max(most, Number(body["cseq"]) || 0), 0);
    this.ports.log.error({ cseq }, "commands: their file was damaged and set aside; the records say how far they came");
    await this.changeAtLast(() => ({ cseq, entries: [] }));
  }

  /** Settles what a dead process left under way. */
  private async recover(entry: BookedCommand): Promise<void> {
    const { stage, ack, command, id, cseq } = entry;
    const isUnrecorded = stage === "finished" && ack?.record === null;
    if (stage !== "begun" && !isUnrecorded) return;
    const bodies = await this.ports.recall(recalled).catch(() => []);
    const told = bodies.find((body) => body["id"] === id && body["cseq"] === cseq) as CommandBody | undefined;
    if (ack !== null) {
      if (told === undefined) await this.settle(entry, ack);
    } else if (told !== undefined) {
      // The record is the result: the book only missed it.
      const known = ackOf(
        entry,
        told.outcome,
        told.outcome === "unknown" ? "restarted" : null,
        told.result,
        this.wall(),
      );
      await this.changeAtLast((book) => finishCommand(book, cseq, known));
    } else if (command !== null && isCommandKind(entry.kind)) {
      const known = await (await this.ports.work(entry.kind)).afterCrash(command);
      if (known !== "again") await this.end(entry, known);
    }
  }

  private async refuse(read: { readonly payload: string; readonly fault: Ack["reason"]; readonly detail: string }) {
    const { payload, fault, detail } = read;
    this.answer({ ...ackOf({ cseq: 0, id: "", payload }, "refused", fault, detail, this.wall()) });
    await this.noteRefusal(fault, detail);
  }

  /** Refusals that no record of their own tells of: counted, and told in the chain at every tenfold. */
  private async noteRefusal(reason: Ack["reason"], detail: string): Promise<void> {
    const count = ++this.refusals;
    if (!isWorthSaying(count)) return;
    this.ports.log.warn({ reason, detail, count }, "commands: a message was refused");
    const body = {
      actor: "centre",
      action: `command-refused: ${reason}`,
      detail: `${detail}; ${count} since the start`,
    };
    await this.ports.store("audit", body).catch(() => undefined);
  }

  private async take(read: { readonly command: Command; readonly payload: string }): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const { command } = read;
    let decision: CommandDecision | undefined;
    const isStored = await this.journal.change((book) => {
      decision = takeCommand(book, read, this.ports.clock.best(), this.wall());
      return decision.type === "answer" ? null : decision.book;
    });
    if (decision === undefined) return;
    const { ack } = decision;
    if (!isStored) {
      return this.answer({ ...ack, outcome: "waiting", reason: "not-stored", result: "the disk takes nothing now" });
    }
    if (decision.type === "answer") return this.answerOnly(command, decision);
    this.ports.onChanged();
    if (decision.type === "close") {
      const entry = decision.book.entries.find(({ cseq }) => cseq === command.cseq);
      if (entry !== undefined) await this.settle(entry, ack);
      return;
    }
    const { cseq, kind, by } = command;
    this.ports.log.info({ cseq, kind, by }, "commands: accepted");
    this.answer(ack);
    this.work();
  }

  private async answerOnly(command: Command, { ack, isRepeat }: CommandDecision & { type: "answer" }): Promise<void> {
    if (isRepeat) await this.repeat(command);
    this.answer(ack);
    if (!isRepeat && ack.outcome === "refused") await this.noteRefusal(ack.reason, ack.result);
  }

  private async repeat({ id, kind }: Command): Promise<void> {
    const entry = this.journal.book.entries.find((known) => known.id === id);
    if (entry?.stage !== "finished" || !isCommandKind(kind)) return;
    const work = await this.ports.work(kind);
    await work.repeat?.(id).catch(() => undefined);
  }

  /** Carries out what waits, one after the other. */
  private work(): void {
    this.working ??= this.workOff()
      .catch((error: unknown) => this.ports.log.error({ err: error }, "commands: cannot go on"))
      .finally(() => {
        this.working = undefined;
        if (nextCommand(this.journal.book) !== undefined && !this.stopping.signal.aborted) this.work();
      });
  }

  private async workOff(): Promise<void> {
    const { signal } = this.stopping;
    for (
      let next = nextCommand(this.journal.book);
      next !== undefined && !signal.aborted;
      next = nextCommand(this.journal.book)
    ) {
      const late = expiredWaiting(next.command, this.ports.clock.best());
      if (late !== null && next.stage === "accepted") {
        await this.settle(next, ackOf(next, "expired", late, "its time was over before its turn came", this.wall()));
        continue;
      }
      const { cseq } = next;
      await this.changeAtLast((book) => beginCommand(book, cseq));
      if (signal.aborted) return;
      const outcome = await this.run(next.command);
      if (!signal.aborted) await this.end(next, outcome);
    }
  }

  private async run(command: Command): Promise<CommandOutcome> {
    try {
      if (!isCommandKind(command.kind)) return failed("unknown-kind", command.kind);
      return await (await this.ports.work(command.kind)).run(command, this.stopping.signal);
    } catch (error) {
      const text = error instanceof MingchengError ? `${error.code}: ${error.message}` : String(error);
      return failed("fault", text);
    }
  }

  private async end(entry: BookedCommand, { outcome, reason, result }: CommandOutcome): Promise<void> {
    const ack = ackOf(entry, outcome, reason, result.slice(0, maxResultChars), this.wall());
    await this.settle(entry, ack);
    const { cseq, kind } = entry;
    this.ports.log.info({ cseq, kind, outcome, reason }, "commands: ended");
  }

  /** Writes the command's record into the chain, however long the disk refuses; returns the answer that names it. */
  private async record(entry: BookedCommand, ack: Ack): Promise<Ack> {
    const { id, cseq, kind, by } = entry;
    const outcome = ack.outcome as CommandBody["outcome"];
    const told = ack.reason === null ? ack.result : ack.result === "" ? ack.reason : `${ack.reason}: ${ack.result}`;
    const body: CommandBody = { id, cseq, kind, by, outcome, result: told.slice(0, maxResultChars) };
    while (!this.stopping.signal.aborted) {
      try {
        const { line, seq } = await this.ports.store("command", body);
        return { ...ack, record: { ep: line.ep, eid: line.eid, seq } };
      } catch (error) {
        if (!(error instanceof MingchengError && error.retryable)) throw error;
        await this.ports.clock.sleep(storeAgainMs, this.stopping.signal);
      }
    }
    return ack;
  }

  /** The record first, then the book, then the answer. */
  private async settle(entry: BookedCommand, ack: Ack): Promise<void> {
    const told = ack.record === null ? await this.record(entry, ack) : ack;
    await this.changeAtLast((book) => finishCommand(book, entry.cseq, told));
    if (!this.stopping.signal.aborted) this.answer(told);
  }

  /** Tries until the disk takes it, or everything ends. */
  private async changeAtLast(change: Parameters<CommandJournal["change"]>[0]): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && !(await this.journal.change(change))) await this.ports.clock.sleep(storeAgainMs, signal);
  }

  private answer(ack: Ack): void {
    const { gw, signer } = this.ports.identity;
    this.ports.send(topics.ack(gw), encodeSigned(signedTags.ack, gw, ack, signer));
  }

  private wall(): string {
    return this.ports.clock.wall();
  }
}
