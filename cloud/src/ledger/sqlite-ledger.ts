import type {
  CryptoPort,
  GatewayKey,
  Interval,
  LedgerEffect,
  LedgerView,
  LineFacts,
  LineOfGateway,
  StoredRun,
} from "@mingcheng/protocols";
import { sameLine } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import { KeyStore } from "./key-store.ts";
import { type HeldLine, LineStore } from "./line-store.ts";
import { QuarantineStore } from "./quarantine-store.ts";
import { laneNumbers, RecordStore } from "./record-store.ts";
import { unreportedRestore, wasKnownBefore } from "./restore-mark.ts";

type Effect<Type extends LedgerEffect["type"]> = LedgerEffect & { readonly type: Type };

/** A gap as the protocol names it, or as a restore does. */
type NamedGap = Omit<Effect<"gap-named">, "type" | "reason"> & {
  readonly reason: Effect<"gap-named">["reason"] | "restore";
};

/** What the register says of who may seal. */
export interface RegisteredKeys {
  /** A key that came by enrolment. */
  enrolled(gw: string, kid: string): GatewayKey | undefined;
  /** Where a key, however it came, was revoked; null when it was not. */
  revokedFrom(gw: string, kid: string): GatewayKey["revokedFrom"];
}

/** Index of the first run that ends at or behind `seq`; runs ascend and do not overlap. */
const firstReaching = (runs: readonly StoredRun[], seq: number): number => {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle] as StoredRun).to < seq) low = middle + 1;
    else high = middle;
  }
  return low;
};

/**
 * The ledger on disk, as its one writer sees it: answers the protocol's questions and applies its effects inside the
 * transaction that the caller holds. After a transaction that did not commit, call {@link SqliteLedger.forget}.
 */
export class SqliteLedger implements LedgerView {
  readonly gen: string;
  readonly quarantine: QuarantineStore;
  readonly #database: SqliteDatabase;
  readonly #registered: RegisteredKeys;
  readonly #rotated: KeyStore;
  readonly #lines: LineStore;
  readonly #records: RecordStore;
  readonly #positions = new Map<string, number>();
  readonly #saveRun: Statement<unknown[]>;
  readonly #removeRun: Statement<unknown[]>;
  readonly #seal: Statement<unknown[]>;
  readonly #gap: Statement<unknown[]>;
  readonly #openEnd: Statement<unknown[]>;
  readonly #gapsOver: Statement<unknown[]>;
  readonly #closeGap: Statement<unknown[]>;
  readonly #disputed: Statement<unknown[]>;
  readonly #lastReceived: Statement<unknown[]>;
  /** Gateways whose news of a restore is written down already, in this generation. */
  readonly #restoresNoted = new Set<string>();
  #born = 0;
  #bornCommitted = 0;
  #nowMs = 0;

  /** Opens the generation `gen` in `database`, or goes on with it; `reason` says why it begins (start, restore). */
  constructor(
    database: SqliteDatabase,
    crypto: CryptoPort,
    registered: RegisteredKeys,
    generation: { readonly gen: string; readonly reason: string; readonly nowMs: number },
  ) {
    this.gen = generation.gen;
    this.#database = database;
    this.#registered = registered;
    this.#rotated = new KeyStore(database);
    this.#lines = new LineStore(database);
    this.#records = new RecordStore(database, crypto.sha256);
    this.quarantine = new QuarantineStore(database, crypto.sha256);
    database
      .prepare("INSERT INTO generation (gen, reason, started_ms) VALUES (?, ?, ?) ON CONFLICT (gen) DO NOTHING")
      .run(generation.gen, generation.reason, generation.nowMs);
    type Row = { gen: string; position: number };
    for (const row of database.prepare("SELECT gen, position FROM generation").all() as Row[]) {
      this.#positions.set(row.gen, row.position);
    }
    const born = database.prepare("SELECT max(born_n) FROM line WHERE born_gen = ?").pluck().get(generation.gen);
    this.#born = (born as number | null) ?? 0;
    this.#bornCommitted = this.#born;
    this.#saveRun = database.prepare("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?)");
    this.#removeRun = database.prepare("DELETE FROM run WHERE line = ? AND from_seq = ?");
    this.#seal = database.prepare("INSERT INTO seal VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    this.#gap = database.prepare(
      "INSERT INTO gap (line, from_seq, to_seq, reason, receipt_gen, receipt_h, named_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#openEnd = database.prepare("SELECT 1 FROM gap WHERE line = ? AND from_seq = ? AND to_seq IS NULL");
    this.#gapsOver = database.prepare(
      `SELECT id, from_seq AS "from", to_seq AS "to", reason, receipt_gen AS gen, receipt_h AS h FROM gap
       WHERE line = ? AND closed_ms IS NULL AND to_seq IS NOT NULL AND from_seq <= ? AND to_seq >= ?`,
    );
    this.#closeGap = database.prepare("UPDATE gap SET closed_ms = ? WHERE id = ?");
    this.#disputed = database.prepare("INSERT INTO disputed VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
    this.#lastReceived = database
      .prepare("SELECT received_ms FROM record WHERE lsn = (SELECT max(lsn) FROM record)")
      .pluck();
  }

  /** Time of the effects that follow: centre's clock, milliseconds since 1970. */
  begin(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  /** The transaction committed. */
  committed(): void {
    this.#bornCommitted = this.#born;
  }

  /** The transaction did not commit: what memory holds may not be true. */
  forget(): void {
    this.#lines.forget();
    this.#rotated.forget();
    this.#restoresNoted.clear();
    this.#born = this.#bornCommitted;
  }

  generationOrder(gen: string): number | undefined {
    return this.#positions.get(gen);
  }

  witnessCount(): number {
    return this.#born;
  }

  key(gw: string, kid: string): GatewayKey | undefined {
    const enrolled = this.#registered.enrolled(gw, kid);
    if (enrolled !== undefined) return enrolled;
    const rotated = this.#rotated.find(gw, kid);
    if (rotated === undefined) return undefined;
    return { publicKey: rotated.publicKey, revokedFrom: this.#registered.revokedFrom(gw, kid) };
  }

  line(gw: string, line: LineOfGateway): LineFacts | undefined {
    return this.#lines.find(gw, line)?.facts;
  }

  lines(gw: string): readonly LineFacts[] {
    return this.#lines.all(gw).map(({ facts }) => facts);
  }

  runs(gw: string, line: LineOfGateway, from: number, to: number): readonly StoredRun[] {
    const all = this.allRuns(gw, line);
    let at = firstReaching(all, from - 1);
    const touching: StoredRun[] = [];
    for (let run = all[at]; run !== undefined && run.from <= to + 1; run = all[++at]) touching.push(run);
    return touching;
  }

  allRuns(gw: string, line: LineOfGateway): readonly StoredRun[] {
    return this.#lines.find(gw, line)?.runs ?? [];
  }

  digest(gw: string, line: LineOfGateway, seq: number): Uint8Array | undefined {
    const held = this.#lines.find(gw, line);
    return held === undefined ? undefined : this.#records.digest(held.id, seq);
  }

  hash(gw: string, line: LineOfGateway, seq: number): Uint8Array | undefined {
    const held = this.#lines.find(gw, line);
    const run = held?.runs.find((candidate) => candidate.from <= seq && candidate.to >= seq);
    return held === undefined || run === undefined ? undefined : this.#records.hash(held.id, run, seq);
  }

  disputed(gw: string, line: LineOfGateway): readonly Interval[] {
    return this.#lines.find(gw, line)?.disputed.intervals ?? [];
  }

  gaps(gw: string, line: LineOfGateway): readonly Interval[] {
    return this.#lines.find(gw, line)?.gaps.intervals ?? [];
  }

  /**
   * Notes a restore when a gateway shows it: its newest witness is of a generation that this ledger does not know (what is
   * open here is an older copy), or of one before a restore of which nothing was said to this gateway yet; or it shows none
   * and was known before such a restore. Lines that the
   * gateway still knows are made whole by number; of the others nobody can say how far they went, and of lines that
   * neither knows there is only the time between (PROTOCOL: a restore is a gap in time): between the backup and the
   * restore when `mingcheng-cloud restore` put the copy here, else between its last record and now.
   */
  noteRestore(gw: string, seenGen: string | null, known: readonly LineOfGateway[]): void {
    if (this.#restoresNoted.has(gw)) return;
    const restore = unreportedRestore(this.#database, gw);
    const seen = seenGen === null ? undefined : this.#positions.get(seenGen);
    const begun = this.#positions.get(restore?.gen ?? "") ?? 0;
    if (seen !== undefined && seen >= begun) return;
    // It shows no witness, having just started: then only a restore that the centre itself knows of.
    if (seenGen === null && (restore === undefined || !wasKnownBefore(this.#database, gw, restore.toMs))) return;
    this.#restoresNoted.add(gw);
    for (const { facts } of this.#lines.all(gw)) {
      if (known.some((line) => sameLine(line, facts))) continue;
      const line = { ep: facts.ep, eid: facts.eid };
      this.#nameGap({ gw, line, from: facts.heardHead + 1, to: null, reason: "restore", receipt: null });
    }
    const copied = { fromMs: this.#lastReceived.get() as number | null, toMs: this.#nowMs };
    const { fromMs, toMs } = restore ?? copied;
    this.quarantine.report(gw, "restore", { fromMs, toMs }, this.#nowMs);
  }

  /** Applies the effects of one message, in order. @throws SqliteError, also when a place would be taken twice */
  apply(effects: readonly LedgerEffect[]): void {
    for (const effect of effects) this.#applyOne(effect);
  }

  #open(gw: string, line: LineOfGateway): HeldLine {
    return this.#lines.open(gw, line, this.#nowMs);
  }

  #applyOne(effect: LedgerEffect): void {
    switch (effect.type) {
      case "line-seen":
        this.#born++;
        this.#lines.amend(this.#open(effect.gw, effect.line), { bornAt: effect.born });
        break;
      case "witness-shown":
        this.#lines.amend(this.#open(effect.gw, effect.line), { shown: effect.witness });
        break;
      case "head-heard":
        this.#lines.amend(this.#open(effect.gw, effect.line), { heardHead: effect.head });
        break;
      case "predecessor":
        this.#lines.amend(this.#open(effect.gw, effect.line), { predecessor: effect.predecessor });
        break;
      case "store":
        this.#store(effect);
        break;
      case "fill-bytes":
        this.#records.fill(this.#open(effect.gw, effect.line).id, effect.seq, this.#nowMs, effect.bytes);
        break;
      case "run":
        this.#join(effect);
        break;
      case "seal": {
        const { kid, sig, wall } = effect.seal;
        const { id } = this.#open(effect.gw, effect.line);
        this.#seal.run(id, effect.seq, effect.h, wall, kid, sig, this.#nowMs);
        break;
      }
      case "gap-named":
        this.#nameGap(effect);
        break;
      case "gap-filled":
        this.#fillGap(effect);
        break;
      case "quarantine":
        this.quarantine.keep(effect.gw, effect.line, effect.first, effect.items, effect.reason, this.#nowMs);
        break;
      case "disputed": {
        const line = this.#open(effect.gw, effect.line);
        line.disputed.add(effect.from, effect.to);
        this.#disputed.run(line.id, effect.from, effect.to, this.#nowMs);
        break;
      }
      case "clone":
        this.#lines.amend(this.#open(effect.gw, effect.disputed), { status: "disputed" });
        this.quarantine.report(effect.gw, "clone", effect, this.#nowMs);
        break;
      case "rollback":
        this.quarantine.report(effect.gw, "rollback", effect, this.#nowMs);
        break;
      case "line-status":
        this.#lines.amend(this.#open(effect.gw, effect.line), { status: effect.status });
        break;
      case "key-added":
        this.#rotated.add(effect.gw, effect, this.#nowMs);
        break;
      case "clear-state":
        break;
    }
  }

  #store({ gw, line, seq, bytes, digest, lane }: Effect<"store">): void {
    const { id } = this.#open(gw, line);
    if (bytes === null) this.#records.storeDigest(id, seq, this.#nowMs, digest);
    else this.#records.store(id, seq, laneNumbers[lane], this.#nowMs, digest, bytes);
  }

  #join({ gw, line, run, joined }: Effect<"run">): void {
    const held = this.#open(gw, line);
    for (const from of joined) if (from !== run.from) this.#removeRun.run(held.id, from);
    this.#saveRun.run(held.id, run.from, run.to, run.prev, run.h);
    // The joined runs stand together, where the new one goes: a line full of holes must not cost more with every batch.
    held.runs.splice(firstReaching(held.runs, Math.min(run.from, ...joined)), joined.length, run);
  }

  #nameGap({ gw, line, from, to, reason, receipt }: NamedGap): void {
    const held = this.#open(gw, line);
    if (to === null && this.#openEnd.get(held.id, from) !== undefined) return;
    this.#gap.run(held.id, from, to, reason, receipt?.gen ?? null, receipt?.h ?? null, this.#nowMs);
    if (to !== null) held.gaps.add(from, to);
  }

  #fillGap({ gw, line, from, to }: Effect<"gap-filled">): void {
    const held = this.#open(gw, line);
    type Row = Interval & { id: number; reason: string; gen: string | null; h: string | null };
    for (const gap of this.#gapsOver.all(held.id, to, from) as Row[]) {
      this.#closeGap.run(this.#nowMs, gap.id);
      if (gap.from < from) this.#gap.run(held.id, gap.from, from - 1, gap.reason, gap.gen, gap.h, this.#nowMs);
      if (gap.to > to) this.#gap.run(held.id, to + 1, gap.to, gap.reason, gap.gen, gap.h, this.#nowMs);
    }
    held.gaps.remove(from, to);
  }
}
