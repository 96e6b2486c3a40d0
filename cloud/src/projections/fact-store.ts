import { createHash } from "node:crypto";
import {
  type MingchengRecord,
  resultIdentityText,
  type SaleBody,
  type ScaleEventBody,
  type TestBody,
  type WeighingBody,
} from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { Contribution } from "../rollups/rollup-book.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { SaleStore, saleTables } from "./sale-store.ts";

/** What a record adds to the counts; null when it adds nothing (a folded repetition, or a kind that is not counted). */
export type Fact = Contribution["fact"] | null;

interface TestRow {
  readonly item: string | null;
  readonly assayCode: string;
  readonly verdict: string;
  readonly counted: number;
}

const testFact = ({ item, assayCode, verdict, counted }: TestRow): Fact =>
  counted === 1 ? { kind: "test", item, assayCode, verdict } : null;

/** Identity of a result: equal for everything that is the same statement of one instrument. */
export const testIdentity = (body: TestBody): Buffer =>
  createHash("sha256").update(resultIdentityText(body)).digest().subarray(0, 16);

/**
 * The typed rows behind `record`: weighings, tests, scale events. A result that an instrument repeated because our
 * acknowledgement was lost is kept as a row but counted once.
 */
export class FactStore {
  readonly #insertWeighing: Statement<unknown[]>;
  readonly #insertTest: Statement<unknown[]>;
  readonly #insertEvent: Statement<unknown[]>;
  readonly #weighing: Statement<unknown[]>;
  readonly #test: Statement<unknown[]>;
  readonly #countedTwin: Statement<unknown[]>;
  readonly #uncount: Statement<unknown[]>;
  readonly #identity: Statement<unknown[]>;
  readonly #nextTwin: Statement<unknown[]>;
  readonly #recount: Statement<unknown[]>;
  readonly #removals: readonly Statement<unknown[]>[];
  readonly #sales: SaleStore;

  constructor(database: SqliteDatabase) {
    this.#sales = new SaleStore(database);
    this.#insertWeighing = database.prepare("INSERT INTO record_weighing VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#insertTest = database.prepare(
      "INSERT INTO record_test VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#insertEvent = database.prepare("INSERT INTO record_scale_event VALUES (?, ?, ?)");
    this.#weighing = database.prepare("SELECT grams, mode FROM record_weighing WHERE lsn = ?");
    this.#test = database.prepare(
      "SELECT item, assay_code AS assayCode, verdict, counted FROM record_test WHERE lsn = ?",
    );
    this.#countedTwin = database.prepare(
      "SELECT lsn, resend FROM record_test WHERE device = ? AND identity = ? AND counted = 1 ORDER BY resend DESC LIMIT 1",
    );
    this.#uncount = database.prepare("UPDATE record_test SET counted = 0 WHERE lsn = ?");
    this.#identity = database.prepare("SELECT device, identity, counted FROM record_test WHERE lsn = ?");
    this.#nextTwin = database
      .prepare("SELECT min(lsn) FROM record_test WHERE device = ? AND identity = ? AND lsn <> ?")
      .pluck();
    this.#recount = database.prepare("UPDATE record_test SET counted = 1 WHERE lsn = ?");
    this.#removals = ["record_weighing", "record_test", "record_scale_event", ...saleTables].map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE lsn = ?`),
    );
  }

  /** Stores the typed row of a weighing, test or scale event and returns what it counts for; other kinds give null. */
  insert(lsn: number, device: number, record: MingchengRecord, uncounted: (lsn: number) => void): Fact {
    switch (record.kind) {
      case "weighing":
        return this.#weigh(lsn, record.body as WeighingBody);
      case "test":
        return this.#testOf(lsn, device, record.body as TestBody, uncounted);
      case "scale-event": {
        const body = record.body as ScaleEventBody;
        this.#insertEvent.run(lsn, body.state, body.previous);
        return { kind: "scale-event" };
      }
      case "sale":
        return this.#sales.insert(lsn, record.body as SaleBody);
      default:
        return null;
    }
  }

  #weigh(lsn: number, body: WeighingBody): Fact {
    const { value, unit, grams, mode, stable, tare, tareGrams } = body;
    this.#insertWeighing.run(lsn, value, unit, grams, mode, stable, tare, tareGrams);
    return { kind: "weighing", grams, isTare: mode === "tare" };
  }

  #testOf(lsn: number, device: number, body: TestBody, uncounted: (lsn: number) => void): Fact {
    const identity = testIdentity(body);
    const resend = body.resendOf === null ? 0 : 1;
    const twin = this.#countedTwin.get(device, identity) as { lsn: number; resend: number } | undefined;
    const counted = resend === 1 && twin !== undefined ? 0 : 1;
    if (resend === 0 && twin?.resend === 1) {
      // The repetition came first; now the original counts.
      uncounted(twin.lsn);
      this.#uncount.run(twin.lsn);
    }
    const { item, assay, value, number, unit, verdict, verdictRule, instrumentVerdict, completedAt } = body;
    this.#insertTest.run(
      ...[lsn, device, identity, resend, counted, body.instrument.name, body.specimenId, item, assay.code, assay.name],
      ...[value, number, unit, verdict, verdictRule, instrumentVerdict, completedAt],
    );
    return testFact({ item, assayCode: assay.code, verdict, counted });
  }

  /**
   * Removes the typed row of a record. Returns the repetition that counts from now on in place of a result that counted,
   * as if the erased one had never been there; undefined when there is none.
   */
  erase(lsn: number): number | undefined {
    const row = this.#identity.get(lsn) as { device: number; identity: Buffer; counted: number } | undefined;
    const twin = row?.counted === 1 ? (this.#nextTwin.get(row.device, row.identity, lsn) as number | null) : null;
    for (const removal of this.#removals) removal.run(lsn);
    if (twin === null) return undefined;
    this.#recount.run(twin);
    return twin;
  }

  /** What a stored record counts for. */
  factOf(lsn: number, kind: string): Fact {
    if (kind === "weighing") {
      const row = this.#weighing.get(lsn) as { grams: string | null; mode: string } | undefined;
      return row === undefined ? null : { kind: "weighing", grams: row.grams, isTare: row.mode === "tare" };
    }
    if (kind === "test") {
      const row = this.#test.get(lsn) as TestRow | undefined;
      return row === undefined ? null : testFact(row);
    }
    if (kind === "sale") return this.#sales.factOf(lsn);
    return kind === "scale-event" ? { kind: "scale-event" } : null;
  }
}
