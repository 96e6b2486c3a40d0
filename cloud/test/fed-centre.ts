import type { MingchengRecord } from "@mingcheng/protocols";
import type { z } from "zod";
import { zoneClock } from "../src/register/model/validity.ts";
import { RegisterDesk } from "../src/register/register-desk.ts";
import { Feed } from "../src/timeseries/feed.ts";
import { FeedStores } from "../src/timeseries/feed-stores.ts";
import type { SeriesServer } from "../src/timeseries/series-server.ts";
import { timeseriesSettings } from "../src/timeseries/settings.ts";
import { sampleNowMs, sampleRecord, trustedTime, weighingOf } from "./memory-ledger.ts";
import { MemorySeriesServer } from "./memory-series-server.ts";
import { SeededCentre } from "./seeded-centre.ts";
import type { ShortEntry } from "./tested-register.ts";

/** What the judge found wrong with the weighings of a server. */
export interface Judged {
  readonly missing: readonly number[];
  readonly twice: readonly number[];
  readonly invented: readonly number[];
}

/** A seeded centre with a feed into a server in memory, and a judge that knows what was committed. */
export class FedCentre {
  readonly centre = new SeededCentre();
  readonly server = new MemorySeriesServer();
  readonly weighed = new Map<number, number>();
  nowMs = sampleNowMs;
  #seq = 0;
  #stores: FeedStores | undefined;
  #feed: Feed | undefined;

  /** Puts entries into the register. */
  register(...entries: readonly ShortEntry[]): void {
    const put = entries.map(([kind, values, from, to]) => ({ kind, values, from, to }));
    const origin = { by: "test", source: "test", note: "", atMs: this.nowMs };
    const desk = new RegisterDesk(this.centre.register, zoneClock("Asia/Shanghai"));
    const { change, findings } = desk.change({ put, withdraw: [], dryRun: false }, origin);
    if (change === null) throw new Error(JSON.stringify(findings));
  }

  /** Commits a record with the next sequence number. */
  commit(record: Pick<MingchengRecord, "kind" | "body"> & Partial<MingchengRecord>, receivedMs = this.nowMs): number {
    const seq = ++this.#seq;
    return this.centre.commit(sampleRecord({ seq, n: seq, t: trustedTime(this.nowMs), ...record }), receivedMs);
  }

  /** Commits weighings of so many grams, all in the same millisecond unless `everyMs` says otherwise. */
  weigh(count: number, rest: Partial<MingchengRecord> = {}, everyMs = 0): number[] {
    return Array.from({ length: count }, (_, index) => {
      const grams = 100 + index;
      const t = trustedTime(this.nowMs + index * everyMs);
      const lsn = this.commit(
        { kind: "weighing", body: weighingOf(String(grams)), t, ...rest },
        this.nowMs + count * everyMs,
      );
      this.weighed.set(lsn, grams * 1_000);
      return lsn;
    });
  }

  open(settings: Partial<z.input<typeof timeseriesSettings>> = {}, server: SeriesServer = this.server): Feed {
    this.#stores?.close();
    const parsed = timeseriesSettings.parse({ api: "v1", url: "http://127.0.0.1:8086", batchPoints: 100, ...settings });
    this.#stores = new FeedStores({
      ...{ dataDirectory: this.centre.directory, timezone: "Asia/Shanghai" },
      oldestPointMs: () => this.nowMs - parsed.keepDays * 86_400_000,
      oldestSumMs: () => 0,
    });
    let monotonicMs = 0;
    const ports = { stores: this.#stores, server, nowMs: () => this.nowMs, monotonicMs: () => (monotonicMs += 11_000) };
    this.#feed = new Feed(ports, parsed);
    return this.#feed;
  }

  get stores(): FeedStores {
    if (this.#stores === undefined) throw new Error("not open");
    return this.#stores;
  }

  /** Feeds until nothing is behind. */
  async feed(): Promise<void> {
    this.centre.project();
    const feed = this.#feed ?? this.open();
    while ((await feed.step()).more);
  }

  /** Compares the server's weighings with those that were committed. */
  judge(): Judged {
    const found = new Map<number, number>();
    for (const { fields } of this.server.of("weighing")) {
      const lsn = Number(fields["lsn"]);
      if (lsn > 0 && fields["weighings"] === 1) found.set(lsn, (found.get(lsn) ?? 0) + 1);
    }
    const fits = (lsn: number): boolean =>
      this.server
        .of("weighing")
        .some(({ fields }) => fields["lsn"] === lsn && fields["mass_mg"] === this.weighed.get(lsn));
    return {
      missing: [...this.weighed.keys()].filter((lsn) => !found.has(lsn) || !fits(lsn)),
      twice: [...found].filter(([, count]) => count > 1).map(([lsn]) => lsn),
      invented: [...found.keys()].filter((lsn) => !this.weighed.has(lsn)),
    };
  }

  /** Sum of a field over all points of a measurement. */
  sum(measurement: string, field: string): number {
    return this.server.of(measurement).reduce((all, { fields }) => all + Number(fields[field] ?? 0), 0);
  }

  close(): void {
    this.#stores?.close();
    this.centre.close();
  }
}

/** Nothing wrong. */
export const faultless: Judged = { missing: [], twice: [], invented: [] };
