import type { AuditLog } from "../audit/audit-log.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { dueAlerts, eraseAlerts } from "./alert-eraser.ts";
import { dueAudit, eraseAudit } from "./audit-eraser.ts";
import {
  type DataClassName,
  dataClasses,
  type RecordClassName,
  type RetentionSettings,
  recordClasses,
} from "./data-classes.ts";
import { type DueSlice, dueQuarantine, dueSlice } from "./due-records.ts";
import { HoldBook } from "./hold-book.ts";
import type { EraseRecords, ErasureDecision, ErasureOrder } from "./record-eraser.ts";
import { countDueEntries, eraseEntries } from "./register-eraser.ts";

/** What a look or a run works with. */
export interface RetentionStores {
  /** Reading. */
  readonly ledger: SqliteDatabase;
  /** Writing, for a run. */
  readonly register: SqliteDatabase;
  /** Writing, for a run; null: there is none yet. */
  readonly alerts: SqliteDatabase | null;
  readonly settings: RetentionSettings;
  readonly nowMs: () => number;
}

/** What a run needs besides. */
export interface RetentionPorts extends RetentionStores {
  readonly audit: AuditLog;
  readonly erase: EraseRecords;
  /** Who has it run: `centre` by itself, or somebody at a terminal. */
  readonly by: string;
  /** Asked between two steps: true to stop here. What is left is done by the next run. */
  readonly isStopping?: () => boolean;
}

/** What a class of data has that is due. */
export interface ClassReport {
  readonly name: DataClassName;
  /** Days; null: kept for good. */
  readonly days: number | null;
  /** Older than this is due, ISO 8601; null: nothing is. */
  readonly olderThan: string | null;
  /** Due, or erased by a run. */
  readonly count: number;
  /** Due but under a legal hold. */
  readonly held: number;
}

const dayMs = 24 * 3_600_000;
/** Records in one transaction of the ledger's writer: receipts wait for no longer than that. */
const orderRecords = 500;

const isRecordClass = (name: DataClassName): name is RecordClassName =>
  (recordClasses as readonly DataClassName[]).includes(name);

const daysOf = (settings: RetentionSettings, name: DataClassName): number | null => settings[`${name}Days`];

const cursorOf = (ledger: SqliteDatabase, name: DataClassName, releases: number): number => {
  const row = ledger.prepare("SELECT lsn, releases FROM erasure_cursor WHERE class = ?").get(name) as
    | { lsn: number; releases: number }
    | undefined;
  // After a hold was released what it covered is behind the cursor.
  return row === undefined || row.releases < releases ? 0 : row.lsn;
};

/** Goes through a class's records once. */
function* slices(
  stores: RetentionStores,
  name: RecordClassName,
  range: { readonly after: number; readonly olderThanMs: number },
): Generator<DueSlice> {
  const isHeld = new HoldBook(stores.register).judge();
  for (let after = range.after; ; ) {
    const slice = dueSlice(stores.ledger, name, { ...range, after }, isHeld);
    yield slice;
    if (slice.done) return;
    after = slice.upTo;
  }
}

/** What is due now, by class; nothing is changed. */
export const planRetention = (stores: RetentionStores): ClassReport[] => {
  const { ledger, register, alerts, settings } = stores;
  const holds = new HoldBook(register);
  const isHeld = holds.judge();
  const hasHolds = holds.all().some(({ releasedMs }) => releasedMs === null);
  return dataClasses.map(({ name }): ClassReport => {
    const days = daysOf(settings, name);
    if (days === null) return { name, days, olderThan: null, count: 0, held: 0 };
    const olderThanMs = stores.nowMs() - days * dayMs;
    const olderThan = new Date(olderThanMs).toISOString();
    if (isRecordClass(name)) {
      const after = hasHolds ? 0 : cursorOf(ledger, name, holds.version().releases);
      let [count, held] = [0, 0];
      for (const slice of slices(stores, name, { after, olderThanMs })) {
        count += slice.due.length;
        held += slice.held;
      }
      return { name, days, olderThan, count, held };
    }
    if (name === "quarantine") {
      const { quarantine, damaged, held } = dueQuarantine(ledger, olderThanMs, isHeld);
      return { name, days, olderThan, count: quarantine.length + damaged.length, held };
    }
    if (name === "alerts") {
      const { due, held } = alerts === null ? { due: [], held: 0 } : dueAlerts(alerts, olderThanMs, isHeld);
      return { name, days, olderThan, count: due.length, held };
    }
    if (name === "people") return { name, days, olderThan, ...countDueEntries(register, olderThanMs) };
    const { due, held } = dueAudit(register, olderThanMs, isHeld);
    return { name, days, olderThan, count: due, held };
  });
};

/** One run over all classes. */
class RetentionRun {
  readonly #ports: RetentionPorts;
  readonly #holds: HoldBook;

  constructor(ports: RetentionPorts) {
    this.#ports = ports;
    this.#holds = new HoldBook(ports.register);
  }

  async run(): Promise<ClassReport[]> {
    const { settings, nowMs } = this.#ports;
    const reports: ClassReport[] = [];
    const atMs = nowMs();
    for (const { name } of dataClasses) {
      const days = daysOf(settings, name);
      if (days === null) {
        reports.push({ name, days, olderThan: null, count: 0, held: 0 });
        continue;
      }
      const olderThanMs = atMs - days * dayMs;
      const reason = `older than ${days} days`;
      const decision = { class: name, reason, by: this.#ports.by, olderThanMs, atMs };
      const done = await this.#erase(name, decision);
      this.#note(name, decision, done);
      reports.push({ name, days, olderThan: new Date(olderThanMs).toISOString(), ...done });
      if (this.#ports.isStopping?.() === true) break;
    }
    if (reports.some(({ count }) => count > 0)) await this.#settle(atMs);
    return reports;
  }

  #erase(name: DataClassName, decision: ErasureDecision): Promise<{ count: number; held: number }> {
    if (isRecordClass(name)) return this.#eraseRecords(name, decision);
    if (name === "quarantine") return this.#eraseQuarantine(decision);
    return Promise.resolve(this.#eraseOwn(name, decision));
  }

  /** What lies in databases that may be written here: alerts, register. */
  #eraseOwn(name: DataClassName, decision: ErasureDecision): { count: number; held: number } {
    const { alerts, register, audit } = this.#ports;
    const isHeld = this.#holds.judge();
    if (name === "alerts") {
      if (alerts === null) return { count: 0, held: 0 };
      const { due, held } = dueAlerts(alerts, decision.olderThanMs, isHeld);
      let count = 0;
      for (let at = 0; at < due.length; at += orderRecords) {
        const piece = due.slice(at, at + orderRecords);
        count += alerts.transaction(() => eraseAlerts(alerts, piece, decision)).immediate();
      }
      return { count, held };
    }
    if (name === "people") return register.transaction(() => eraseEntries(register, decision)).immediate();
    const found = dueAudit(register, decision.olderThanMs, isHeld);
    return { count: eraseAudit(audit, found, decision), held: found.held };
  }

  async #eraseRecords(name: RecordClassName, decision: ErasureDecision): Promise<{ count: number; held: number }> {
    let [count, held] = [0, 0];
    for (let tries = 0; tries < 100; tries++) {
      const holds = this.#holds.version();
      const { olderThanMs } = decision;
      let isWhole = true;
      held = 0;
      for (const slice of slices(this.#ports, name, {
        after: cursorOf(this.#ports.ledger, name, holds.releases),
        olderThanMs,
      })) {
        held += slice.held;
        const erased = await this.#order({ decision, holds }, slice);
        if (erased === "holds-changed") isWhole = false;
        else count += erased;
        if (!isWhole || this.#ports.isStopping?.() === true) break;
      }
      if (isWhole) return { count, held };
    }
    return { count, held };
  }

  async #order(
    order: Pick<ErasureOrder, "decision" | "holds">,
    { due, upTo }: DueSlice,
  ): Promise<number | "holds-changed"> {
    let erased = 0;
    for (let at = 0; at === 0 || at < due.length; at += orderRecords) {
      const records = due.slice(at, at + orderRecords);
      const isLast = at + orderRecords >= due.length;
      const reached = isLast ? upTo : (records.at(-1)?.lsn ?? upTo);
      const whole = { ...order, records, upTo: reached, quarantine: [], damaged: [], last: false };
      const outcome = await this.#ports.erase(whole);
      if ("refused" in outcome) return outcome.refused;
      erased += outcome.erased;
    }
    return erased;
  }

  async #eraseQuarantine(decision: ErasureDecision): Promise<{ count: number; held: number }> {
    let count = 0;
    for (let tries = 0; tries < 100; tries++) {
      const holds = this.#holds.version();
      const found = dueQuarantine(this.#ports.ledger, decision.olderThanMs, this.#holds.judge());
      const { quarantine, damaged, held } = found;
      const outcome = await this.#ports.erase({
        ...{ decision, holds, records: [], upTo: 0, last: false },
        ...{ quarantine: quarantine.slice(0, orderRecords), damaged: damaged.slice(0, orderRecords) },
      });
      if ("refused" in outcome) continue;
      count += outcome.erased;
      if (quarantine.length <= orderRecords && damaged.length <= orderRecords) return { count, held };
    }
    return { count, held: 0 };
  }

  /** Empties the ledger's write-ahead log, in which copies of what was erased may stand. */
  async #settle(atMs: number): Promise<void> {
    const holds = this.#holds.version();
    const decision = { class: "settle", reason: "", by: this.#ports.by, olderThanMs: 0, atMs };
    await this.#ports.erase({ decision, holds, records: [], upTo: 0, quarantine: [], damaged: [], last: true });
    const { alerts, register } = this.#ports;
    for (const database of alerts === null ? [register] : [register, alerts]) {
      database.pragma("wal_checkpoint(PASSIVE)");
    }
  }

  #note(name: DataClassName, { by, reason }: ErasureDecision, { count, held }: { count: number; held: number }): void {
    if (count === 0) return;
    this.#ports.audit.append({
      actor: by,
      action: "data.erased",
      subject: `data:${name}`,
      detail: { count, held, reason },
    });
  }
}

/**
 * Erases what is over its period and under no hold, class by class, in small transactions: whatever interrupts it, the next
 * run goes on. Everything erased is named where it was erased, and in the audit log.
 * @throws SqliteError while a store does not take it; what was erased before stands
 */
export const runRetention = async (ports: RetentionPorts): Promise<ClassReport[]> => {
  const { register, nowMs, by } = ports;
  const beganMs = nowMs();
  const reports = await new RetentionRun(ports).run();
  register
    .prepare("INSERT INTO retention_run (by, began_ms, ended_ms, result) VALUES (?, ?, ?, ?)")
    .run(by, beganMs, nowMs(), JSON.stringify(reports));
  return reports;
};
