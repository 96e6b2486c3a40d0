import { CentreReader } from "../src/api/centre-reader.ts";
import { ReadStores } from "../src/api/queries/read-stores.ts";
import { PlaceFinder } from "../src/register/attribution/place-finder.ts";
import { sampleNowMs, sampleRecord, trustedTime } from "./memory-ledger.ts";
import { SeededCentre } from "./seeded-centre.ts";

/** Gateways of these tests have been up for long. */
const bootMs = sampleNowMs - 30 * 24 * 3_600_000;

/** What the API reads, over seeded stores and a clock of its own. */
export class TestedReader {
  readonly centre = new SeededCentre();
  readonly #stores = new ReadStores(this.centre.directory);
  nowMs = sampleNowMs;
  readonly reader = new CentreReader({
    ...{ stores: this.#stores, timezone: "Asia/Shanghai", nowMs: () => this.nowMs },
    places: new PlaceFinder({
      database: () => this.#stores.database("register"),
      version: () => this.#stores.version("register"),
    }),
    onAlertsUnreadable: (error) => {
      throw error;
    },
  });
  #seq = 0;

  /** Commits a record, said at `atMs`. */
  commit(sample: Parameters<typeof sampleRecord>[0], atMs: number = sampleNowMs): void {
    this.#seq++;
    const record = sampleRecord({ seq: this.#seq, n: this.#seq, t: trustedTime(atMs, bootMs), ...sample });
    this.centre.commit(record, Math.max(atMs, sampleNowMs));
  }

  close(): void {
    this.#stores.close();
    this.centre.close();
  }
}
