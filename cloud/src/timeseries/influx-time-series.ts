import { seriesSource } from "@mingcheng/protocols";
import type { Cover } from "../users/cover.ts";
import type { QueriedSeries, SeriesServer } from "./series-server.ts";
import {
  type DeviceChange,
  type HourCounts,
  type ItemCounts,
  type SeriesSpan,
  type SiteCounts,
  type TimeSeries,
  worseFirst,
} from "./time-series.ts";

/** What the series in InfluxDB are read with. */
export interface InfluxTimeSeriesPorts {
  readonly server: Pick<SeriesServer, "query">;
  /** Codes of the sites that are within a cover. */
  sitesOf(cover: Cover): readonly string[];
}

const hourMs = 3_600_000;
const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** The rollups and points that the feed writes, asked in InfluxQL. Scopes go by sites, as the points were placed when fed. */
export class InfluxTimeSeries implements TimeSeries {
  readonly #ports: InfluxTimeSeriesPorts;

  constructor(ports: InfluxTimeSeriesPorts) {
    this.#ports = ports;
  }

  async #ask(influxQl: string): Promise<readonly QueriedSeries[]> {
    const answer = await this.#ports.server.query(influxQl);
    if (answer === undefined) throw new Error("the time series server knows no InfluxQL");
    return answer;
  }

  #where({ fromMs, toMs }: SeriesSpan, cover: Cover): string {
    const time = `time >= ${fromMs}ms AND time < ${toMs}ms`;
    if (cover.whole) return time;
    const sites = this.#ports.sitesOf(cover).map((site) => `"site" = ${quoted(site)}`);
    return `${time} AND (${sites.length === 0 ? `"site" = ''` : sites.join(" OR ")})`;
  }

  async hours(span: SeriesSpan, cover: Cover): Promise<readonly HourCounts[]> {
    const { fromMs, toMs } = span;
    const counts = async (name: "weighing_hour" | "test_hour", field: string): Promise<ReadonlyMap<number, number>> => {
      const asked = `SELECT sum("${field}") FROM ${seriesSource(name)} WHERE ${this.#where(span, cover)}`;
      const [found] = await this.#ask(`${asked} GROUP BY time(1h) fill(none)`);
      return new Map((found?.values ?? []).map(([at, value]) => [Number(at), Number(value)]));
    };
    const weighings = await counts("weighing_hour", "weighings");
    const tests = await counts("test_hour", "tests");
    return Array.from({ length: Math.ceil((toMs - fromMs) / hourMs) }, (_, index) => {
      const at = fromMs + index * hourMs;
      return { fromMs: at, weighings: weighings.get(at) ?? 0, tests: tests.get(at) ?? 0 };
    });
  }

  async worstItems(span: SeriesSpan, cover: Cover, limit: number): Promise<readonly ItemCounts[]> {
    const asked = `SELECT sum("tests"), sum("positive") FROM ${seriesSource("test_item_day")}`;
    const found = await this.#ask(`${asked} WHERE ${this.#where(span, cover)} GROUP BY "item", "item_name"`);
    const items = new Map<string, { item: string; name: string; tests: number; positive: number }>();
    for (const { tags = {}, values } of found) {
      const item = tags["item"] ?? "";
      const counts = items.get(item) ?? { item, name: tags["item_name"] ?? "", tests: 0, positive: 0 };
      counts.tests += Number(values[0]?.[1] ?? 0);
      counts.positive += Number(values[0]?.[2] ?? 0);
      items.set(item, counts);
    }
    return [...items.values()]
      .filter(({ tests }) => tests > 0)
      .sort(worseFirst)
      .slice(0, limit);
  }

  async sites(span: SeriesSpan, cover: Cover): Promise<readonly SiteCounts[]> {
    const where = this.#where(span, cover);
    const sums = async (
      name: "weighing_day" | "sale_day" | "test_item_day",
      ...fields: readonly string[]
    ): Promise<Map<string, number[]>> => {
      const list = fields.map((field) => `sum("${field}")`).join(", ");
      const found = await this.#ask(`SELECT ${list} FROM ${seriesSource(name)} WHERE ${where} GROUP BY "site"`);
      return new Map(
        found.map(({ tags = {}, values }) => [
          tags["site"] ?? "",
          (values[0] ?? []).slice(1).map((value) => Number(value ?? 0)),
        ]),
      );
    };
    const weighed = await sums("weighing_day", "weighings", "mass_mg");
    const sold = await sums("sale_day", "sales", "amount_fen");
    const tested = await sums("test_item_day", "tests");
    return [...new Set([...weighed.keys(), ...sold.keys(), ...tested.keys()])]
      .map((site): SiteCounts => {
        const [weighings = 0, massMg = 0] = weighed.get(site) ?? [];
        const [sales = 0, amountFen = 0] = sold.get(site) ?? [];
        return { site, weighings, massMg, tests: tested.get(site)?.[0] ?? 0, sales, amountFen };
      })
      .filter(({ weighings, tests, sales, amountFen }) => weighings + tests + sales + Math.abs(amountFen) > 0)
      .sort((a, b) => (a.site < b.site ? -1 : 1));
  }

  async deviceHistory(
    { gw, dev }: { readonly gw: string; readonly dev: string },
    { fromMs, toMs }: SeriesSpan,
  ): Promise<readonly DeviceChange[]> {
    const of = `"gw" = ${quoted(gw)} AND "dev" = ${quoted(dev)} AND "lsn" > 0`;
    const [found] = await this.#ask(
      `SELECT "status" FROM ${seriesSource("device")} WHERE ${of} AND time >= ${fromMs}ms AND time < ${toMs}ms`,
    );
    return (found?.values ?? []).map(([at, status]) => ({ atMs: Number(at), status: String(status) }));
  }
}
