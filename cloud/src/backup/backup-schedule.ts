import { join } from "node:path";
import { backupName, type FoundBackup, findBackups, thinOut } from "./backup-names.ts";
import type { TakenBackup } from "./take-backup.ts";

/** Settings of scheduled backups. */
export interface BackupSettings {
  readonly dir: string;
  readonly everyHours: number;
  /** So many are kept. */
  readonly keep: number;
}

/** What became of the backups so far. Times in milliseconds since 1970. */
export interface BackupStanding {
  /** The moment that the newest whole backup holds; null when there is none. */
  readonly lastGoodMs: number | null;
  readonly lastBytes: number;
  readonly lastTookMs: number;
  readonly failures: number;
  /** Why the last attempt failed; null when it did not. */
  readonly fault: string | null;
  /** A backup whose audit log the present one does not continue; null when there is none. */
  readonly discontinued: string | null;
}

/** What the schedule works with. */
export interface BackupSchedulePorts {
  take(target: string): Promise<TakenBackup>;
  /** The first of these backups whose audit log the present one does not continue. */
  discontinued(backups: readonly FoundBackup[]): FoundBackup | undefined;
  /** Centre's clock, milliseconds since 1970. */
  nowMs(): number;
}

/** Before anything is known. */
export const noBackups: BackupStanding = {
  ...{ lastGoodMs: null, lastBytes: 0, lastTookMs: 0, failures: 0 },
  ...{ fault: null, discontinued: null },
};

const hourMs = 3_600_000;
/** A backup that failed is tried again after so long, or after the usual time when that is shorter. */
const retryAfterMs = 600_000;
/** The first one after a start waits until gateways have sent what was missing. */
const settleMs = 60_000;

/**
 * Takes backups in time and keeps the newest. When the next is due follows from the backups that are there, so that
 * restarts of the centre neither add nor skip any.
 */
export class BackupSchedule {
  readonly #settings: BackupSettings;
  readonly #ports: BackupSchedulePorts;
  readonly #startedMs: number;
  #failedMs: number | null = null;
  #standing: BackupStanding = noBackups;

  constructor(settings: BackupSettings, ports: BackupSchedulePorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#startedMs = ports.nowMs();
  }

  get standing(): BackupStanding {
    return this.#standing;
  }

  /** Looks at what is there. A directory that cannot be read is a fault like any other. */
  async open(): Promise<void> {
    try {
      const newest = (await this.#compare()).at(-1);
      if (newest === undefined) return;
      const { manifest } = newest;
      const lastBytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
      this.#standing = { ...this.#standing, lastGoodMs: Date.parse(manifest.takenAt), lastBytes };
    } catch (error) {
      // One that is not there yet is made by the first backup.
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) this.#fail(error);
    }
  }

  /** Milliseconds until the next backup is due; 0 = now. */
  dueInMs(): number {
    const { everyHours } = this.#settings;
    const { lastGoodMs } = this.#standing;
    const nowMs = this.#ports.nowMs();
    // One from a time that is still to come was taken under a wrong clock: it puts nothing off.
    const regularMs = lastGoodMs === null || lastGoodMs > nowMs ? 0 : lastGoodMs + everyHours * hourMs;
    const retryMs = this.#failedMs === null ? 0 : this.#failedMs + Math.min(retryAfterMs, everyHours * hourMs);
    return Math.max(0, Math.max(regularMs, retryMs, this.#startedMs + settleMs) - nowMs);
  }

  /** Takes one now, and thins out. Never rejects: what fails is in the standing. */
  async run(): Promise<void> {
    const { dir, keep } = this.#settings;
    const startedMs = this.#ports.nowMs();
    try {
      const { manifest, bytes } = await this.#ports.take(join(dir, backupName(startedMs)));
      this.#failedMs = null;
      const lastTookMs = this.#ports.nowMs() - startedMs;
      const lastGoodMs = Date.parse(manifest.takenAt);
      this.#standing = { ...this.#standing, lastGoodMs, lastBytes: bytes, lastTookMs, fault: null };
      await this.#compare();
      // What shows that the log was put back stays until somebody has looked at it.
      if (this.#standing.discontinued === null) await thinOut(dir, keep, this.#ports.nowMs());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Holds the audit log against every backup that is there. */
  async #compare(): Promise<readonly FoundBackup[]> {
    const found = await findBackups(this.#settings.dir);
    this.#standing = { ...this.#standing, discontinued: this.#ports.discontinued(found)?.path ?? null };
    return found;
  }

  #fail(error: unknown): void {
    this.#failedMs = this.#ports.nowMs();
    const fault = error instanceof Error ? error.message : String(error);
    this.#standing = { ...this.#standing, failures: this.#standing.failures + 1, fault };
  }
}
