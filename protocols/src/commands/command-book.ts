import { type Ack, type Command, commandBodySchemas, isCommandKind, type RefusalReason } from "./command.ts";

/** Finished commands whose answer is kept, so that a redelivery is answered with it. */
export const keptCommands = 64;
/** Commands that wait for their turn; more are asked to come again. */
export const maxOpenCommands = 8;

/** One command that was taken. */
export interface BookedCommand {
  readonly cseq: number;
  readonly id: string;
  readonly kind: string;
  readonly by: string;
  /** SHA-256 of the message as received. */
  readonly payload: string;
  /** `accepted`: nothing happened yet. `begun`: its effect may have happened. `finished`: `ack` says what became of it. */
  readonly stage: "accepted" | "begun" | "finished";
  /** The command itself, until it is finished. */
  readonly command: Command | null;
  readonly ack: Ack | null;
}

/** What a gateway durably knows of its commands: the place it has reached in the sequence, and its newest commands. */
export interface CommandBook {
  /** Largest place ever taken. It never falls. */
  readonly cseq: number;
  /** In the order of their places. */
  readonly entries: readonly BookedCommand[];
}

/** The book of a gateway that never had a command. */
export const emptyBook: CommandBook = { cseq: 0, entries: [] };

/** The gateway's best clock, in milliseconds since 1970; `errMs` bounds its error. */
export interface BestClock {
  readonly ms: number;
  readonly errMs: number;
}

/** What a gateway does with a command that came in. */
export type CommandDecision =
  /** Answer only: nothing changes, nothing is stored. */
  | { readonly type: "answer"; readonly ack: Ack; readonly isRepeat: boolean }
  /** Store the book, then answer that it is accepted, then carry it out. */
  | { readonly type: "accept"; readonly book: CommandBook; readonly ack: Ack }
  /** It takes its place and is refused there: write the record, store the book, answer. */
  | { readonly type: "close"; readonly book: CommandBook; readonly ack: Ack };

/** An answer that names a command. */
export const ackOf = (
  { cseq, id, payload }: Pick<BookedCommand, "cseq" | "id" | "payload">,
  outcome: Ack["outcome"],
  reason: RefusalReason | null,
  result: string,
  wall: string,
): Ack => ({ v: 1, cseq, id, payload, outcome, reason, result, record: null, at: wall });

const trimmed = (entries: readonly BookedCommand[]): readonly BookedCommand[] => {
  const finished = entries.filter(({ stage }) => stage === "finished");
  const dropped = new Set(finished.slice(0, Math.max(0, finished.length - keptCommands)));
  return entries.filter((entry) => !dropped.has(entry));
};

const add = (book: CommandBook, entry: BookedCommand): CommandBook => ({
  cseq: entry.cseq,
  entries: trimmed([...book.entries, entry]),
});

/** What is wrong with a command's kind or body; null when it can be carried out. */
const formFault = ({ kind, body }: Command): { readonly reason: RefusalReason; readonly detail: string } | null => {
  if (!isCommandKind(kind)) return { reason: "unknown-kind", detail: kind };
  const parsed = commandBodySchemas[kind].safeParse(body);
  if (parsed.success) return null;
  const issue = parsed.error.issues[0];
  return { reason: "bad-body", detail: `${issue?.path.join(".") ?? "body"}: ${issue?.message ?? "not as expected"}` };
};

/** Judged so that a command runs only when it is certain that it still may: between the bounds of the clock nobody knows. */
const lifeOf = ({ atMs, ttlMs }: Command, clock: BestClock): "alive" | "expired" | "may-have-expired" => {
  const endMs = atMs + ttlMs;
  if (clock.ms - clock.errMs >= endMs) return "expired";
  return clock.ms + clock.errMs < endMs ? "alive" : "may-have-expired";
};

const lifeText = ({ atMs, ttlMs }: Command, { ms, errMs }: BestClock): string =>
  `ordered ${Math.round((ms - atMs) / 1000)} s ago, good for ${Math.round(ttlMs / 1000)} s; the clock is right to ${errMs} ms`;

const passedReason = ({ cseq }: Command, { entries }: CommandBook): RefusalReason => {
  if (entries.some((entry) => entry.cseq === cseq)) return "cseq-taken";
  return cseq > (entries[0]?.cseq ?? 0) && entries.length > 0 ? "out-of-order" : "replayed";
};

/**
 * Decides about a verified command. `clock` null: the gateway does not know the time, and says so instead of guessing;
 * nothing is taken then. `wall` is the gateway's local time for the answer.
 */
export const takeCommand = (
  book: CommandBook,
  { command, payload }: { readonly command: Command; readonly payload: string },
  clock: BestClock | null,
  wall: string,
): CommandDecision => {
  const named = { cseq: command.cseq, id: command.id, payload };
  const known = book.entries.find((entry) => entry.payload === payload);
  if (known !== undefined) {
    return { type: "answer", ack: known.ack ?? ackOf(named, "accepted", null, "", wall), isRepeat: true };
  }
  const answer = (outcome: Ack["outcome"], reason: RefusalReason, result: string): CommandDecision => ({
    type: "answer",
    ack: ackOf(named, outcome, reason, result, wall),
    isRepeat: false,
  });
  if (command.cseq <= book.cseq) {
    return answer("refused", passedReason(command, book), `place ${command.cseq}, reached ${book.cseq}`);
  }
  if (clock === null) return answer("waiting", "clock-unknown", "this gateway does not know the time yet");
  const { kind, by } = command;
  const entry: BookedCommand = { ...named, kind, by, stage: "accepted", command, ack: null };
  const close = (outcome: Ack["outcome"], reason: RefusalReason, result: string): CommandDecision => {
    const ack = ackOf(named, outcome, reason, result, wall);
    return { type: "close", book: add(book, { ...entry, stage: "finished", command: null, ack }), ack };
  };
  const earlier = book.entries.find(({ id }) => id === command.id);
  if (earlier !== undefined) {
    return close(
      "refused",
      "repeated-id",
      `taken already at ${earlier.cseq}: ${earlier.ack?.outcome ?? earlier.stage}`,
    );
  }
  const life = lifeOf(command, clock);
  if (life !== "alive") return close("expired", life, lifeText(command, clock));
  const fault = formFault(command);
  if (fault !== null) return close("refused", fault.reason, fault.detail);
  const open = book.entries.filter(({ stage }) => stage !== "finished").length;
  if (open >= maxOpenCommands) return answer("waiting", "queue-full", `${open} commands wait for their turn`);
  return { type: "accept", book: add(book, entry), ack: ackOf(named, "accepted", null, "", wall) };
};

const replaced = (book: CommandBook, cseq: number, change: (entry: BookedCommand) => BookedCommand): CommandBook => ({
  cseq: book.cseq,
  entries: book.entries.map((entry) => (entry.cseq === cseq ? change(entry) : entry)),
});

/** Its effect may happen from now on: to be stored before it does. */
export const beginCommand = (book: CommandBook, cseq: number): CommandBook =>
  replaced(book, cseq, (entry) => ({ ...entry, stage: "begun" }));

/** What became of it: to be stored before it is answered. */
export const finishCommand = (book: CommandBook, cseq: number, ack: Ack): CommandBook => {
  const done = replaced(book, cseq, (entry) => ({ ...entry, stage: "finished", command: null, ack }));
  return { cseq: done.cseq, entries: trimmed(done.entries) };
};

/** The oldest command that waits for its turn or was under way. */
export const nextCommand = ({ entries }: CommandBook): (BookedCommand & { readonly command: Command }) | undefined =>
  entries.find(
    (entry): entry is BookedCommand & { readonly command: Command } =>
      entry.stage !== "finished" && entry.command !== null,
  );

/** Whether a command that waited for its turn has expired meanwhile; null while it has not, or nobody can tell. */
export const expiredWaiting = (command: Command, clock: BestClock | null): "expired" | "may-have-expired" | null => {
  if (clock === null) return null;
  const life = lifeOf(command, clock);
  return life === "alive" ? null : life;
};
