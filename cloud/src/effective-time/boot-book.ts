import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import {
  type Anchor,
  type BootClock,
  type ClockReading,
  effectiveAt,
  needsCorrection,
  observe,
  unknownBoot,
} from "./clock-book.ts";

/** A boot of a gateway with what is known about its clock. */
export interface KnownBoot {
  readonly id: number;
  clock: BootClock;
  /** What the stored rows of the boot were computed from. */
  applied: BootClock;
  changed: boolean;
}

interface BootRow {
  readonly id: number;
  readonly bound_ms: number | null;
  readonly anchors: string;
  readonly corrections: number;
}

const clockOf = ({ bound_ms, anchors, corrections }: BootRow): BootClock => ({
  boundMs: bound_ms ?? Number.POSITIVE_INFINITY,
  anchors: JSON.parse(anchors) as Anchor[],
  corrections,
});

/**
 * The boots' clocks, kept in the table `boot` of the owner's database, so that effective times go on where they stopped
 * after a restart. Changes gather in memory until `flush`, in the caller's transaction.
 */
export class BootBook {
  readonly #find: Statement<[string, string]>;
  readonly #insert: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;
  readonly #boots = new Map<string, KnownBoot>();

  constructor(database: SqliteDatabase) {
    this.#find = database.prepare("SELECT id, bound_ms, anchors, corrections FROM boot WHERE gw = ? AND boot = ?");
    this.#insert = database.prepare(
      "INSERT INTO boot (gw, boot, bound_ms, anchors, corrections) VALUES (?, ?, NULL, '[]', 0)",
    );
    this.#save = database.prepare("UPDATE boot SET bound_ms = ?, anchors = ?, corrections = ? WHERE id = ?");
  }

  /** The boot, created when nobody has heard of it. */
  boot(gw: string, bootId: string): KnownBoot {
    const key = `${gw} ${bootId}`;
    let boot = this.#boots.get(key);
    if (boot === undefined) {
      const row = this.#find.get(gw, bootId) as BootRow | undefined;
      const clock = row === undefined ? unknownBoot : clockOf(row);
      const id = row?.id ?? Number(this.#insert.run(gw, bootId).lastInsertRowid);
      boot = { id, clock, applied: clock, changed: false };
      this.#boots.set(key, boot);
    }
    return boot;
  }

  /** Takes a record as evidence and returns its effective time by what is known now, in milliseconds since 1970. */
  take(boot: KnownBoot, reading: ClockReading, receivedMs: number): number {
    const clock = observe(boot.clock, reading, receivedMs);
    if (clock !== boot.clock) {
      // The first record's time is computed from what it says itself.
      if (boot.applied === unknownBoot) boot.applied = clock;
      boot.clock = clock;
      boot.changed = true;
    }
    return effectiveAt(clock, reading);
  }

  /** Boots whose stored rows must be computed again. */
  outdated(): KnownBoot[] {
    return [...this.#boots.values()].filter((boot) => boot.changed && needsCorrection(boot.applied, boot.clock));
  }

  /** Says that the boot's rows now agree with its clock. */
  corrected(boot: KnownBoot): void {
    boot.clock = { ...boot.clock, corrections: boot.clock.corrections + 1 };
    boot.applied = boot.clock;
    boot.changed = true;
  }

  /** Writes what changed. Boots are few and small; those unused for long are dropped from memory. */
  flush(): void {
    for (const boot of this.#boots.values()) {
      if (!boot.changed) continue;
      const { boundMs, anchors, corrections } = boot.clock;
      this.#save.run(Number.isFinite(boundMs) ? boundMs : null, JSON.stringify(anchors), corrections, boot.id);
      boot.changed = false;
    }
    if (this.#boots.size > maxBootsInMemory) this.#boots.clear();
  }

  /** Drops what gathered and was not flushed. */
  forget(): void {
    this.#boots.clear();
  }
}

const maxBootsInMemory = 20_000;
