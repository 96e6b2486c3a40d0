import { type CommandBook, emptyBook } from "@mingcheng/protocols/commands";
import type { OutboxLog } from "../outbox/outbox.ts";
import type { CommandFile } from "./command-file.ts";

/** The book of commands with its file: a change counts once it is on disk, and changes come one after the other. */
export class CommandJournal {
  private readonly file: Pick<CommandFile, "load" | "save">;
  private readonly log: Pick<OutboxLog, "warn">;
  private current: CommandBook = emptyBook;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(file: Pick<CommandFile, "load" | "save">, log: Pick<OutboxLog, "warn">) {
    this.file = file;
    this.log = log;
  }

  get book(): CommandBook {
    return this.current;
  }

  /** Reads the file; false when it was damaged and set aside. */
  async load(): Promise<boolean> {
    const loaded = await this.file.load();
    if (loaded !== null) this.current = loaded;
    return loaded !== null;
  }

  /**
   * Changes the book as it is when its turn comes; null from `change` leaves it as it is. Resolves to false when the disk
   * does not take it: everything is then as before.
   */
  change(change: (book: CommandBook) => CommandBook | null): Promise<boolean> {
    const changed = this.turn.then(() => this.apply(change));
    this.turn = changed;
    return changed;
  }

  private async apply(change: (book: CommandBook) => CommandBook | null): Promise<boolean> {
    const next = change(this.current);
    if (next === null) return true;
    try {
      await this.file.save(next);
    } catch (error) {
      this.log.warn({ err: error }, "commands: cannot be stored now");
      return false;
    }
    this.current = next;
    return true;
  }
}
