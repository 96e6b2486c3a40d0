import type { SeriesRetention } from "@mingcheng/protocols";
import {
  LinesRefused,
  type QueriedSeries,
  type SeriesServer,
  ServerUnavailable,
} from "../src/timeseries/series-server.ts";

/** A point as the server has it. */
export interface MemoryPoint {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Nanoseconds. */
  readonly time: bigint;
  readonly fields: Record<string, number | string>;
}

const linePattern = /^((?:\\.|[^ \\])+) (.+) (-?\d+)$/s;
const fieldPattern = /([a-z_]+)=(?:"((?:\\.|[^"\\])*)"|(-?[\d.]+)i?)/gs;

const parse = (line: string): { readonly key: string; readonly point: MemoryPoint } => {
  const [, series = "", fieldsText = "", time = "0"] = linePattern.exec(line) ?? [];
  const [measurement = "", ...tagTexts] = series.split(/(?<!\\),/);
  const tags = Object.fromEntries(
    tagTexts.map((text) => text.split(/(?<!\\)=/).map((part) => part.replaceAll(/\\(.)/g, "$1"))),
  ) as Record<string, string>;
  const fields: Record<string, number | string> = {};
  for (const [, name = "", text, number] of fieldsText.matchAll(fieldPattern)) {
    fields[name] = number === undefined ? (text ?? "").replaceAll(/\\(.)/g, "$1") : Number(number);
  }
  if (Object.keys(fields).length === 0) throw new LinesRefused(`400 unable to parse '${line}'`);
  return { key: `${series} ${time}`, point: { measurement, tags, time: BigInt(time), fields } };
};

/** A server in memory that keeps the last of each series and time, as InfluxDB does, and fails in chosen ways. */
export class MemorySeriesServer implements SeriesServer {
  readonly points = new Map<string, MemoryPoint>();
  /** In the order of writing, so that the newest can be lost. */
  readonly #written: string[] = [];
  isDown = false;
  mark = "1";
  /** Understands what the feed asks when it compares. */
  knowsInfluxQl = true;
  refuses: (line: string) => boolean = () => false;
  /** Called after lines were taken, before the answer: an answer may get lost. */
  afterWrite: () => void = () => undefined;
  writes = 0;

  write(_retention: SeriesRetention, lines: readonly string[]): Promise<void> {
    if (this.isDown) return Promise.reject(new ServerUnavailable("down"));
    this.writes++;
    const refused = lines.filter((line) => this.refuses(line));
    if (refused.length > 0) return Promise.reject(new LinesRefused(`400 partial write: ${refused.length} dropped`));
    for (const line of lines) {
      const { key, point } = parse(line);
      const known = this.points.get(key);
      this.points.set(key, known === undefined ? point : { ...point, fields: { ...known.fields, ...point.fields } });
      this.#written.push(key);
    }
    return Promise.resolve().then(() => this.afterWrite());
  }

  /** The process died, and with it the newest points that it had not written to its disk. */
  restart(lost: number): void {
    this.mark = String(Number(this.mark) + 1);
    for (const key of this.#written.splice(-lost, lost)) this.points.delete(key);
  }

  startMark(): Promise<string | null> {
    return this.isDown ? Promise.reject(new ServerUnavailable("down")) : Promise.resolve(this.mark);
  }

  setUp(): Promise<void> {
    return this.isDown ? Promise.reject(new ServerUnavailable("down")) : Promise.resolve();
  }

  query(influxQl: string): Promise<readonly QueriedSeries[] | undefined> {
    if (!this.knowsInfluxQl) return Promise.resolve(undefined);
    const [, aggregate, field = "", measurement = ""] =
      /^SELECT (count|sum)\("(\w+)"\) FROM "\w+"\."(\w+)"/.exec(influxQl) ?? [];
    const from = BigInt(/time >= (\d+)ms/.exec(influxQl)?.[1] ?? 0) * 1_000_000n;
    const found = this.of(measurement).filter(({ time }) => time >= from);
    if (aggregate === "sum") {
      const sum = found.reduce((all, { fields }) => all + Number(fields[field] ?? 0), 0);
      return Promise.resolve([{ name: measurement, columns: ["time", "sum"], values: [[0, sum]] }]);
    }
    const hours = new Map<number, number>();
    for (const { time, fields } of found) {
      if (Number(fields["lsn"] ?? 0) <= 0) continue;
      const hour = Math.floor(Number(time / 1_000_000n) / 3_600_000) * 3_600_000;
      hours.set(hour, (hours.get(hour) ?? 0) + 1);
    }
    return Promise.resolve([{ name: measurement, columns: ["time", "count"], values: [...hours] }]);
  }

  remove(measurement: string, _retention: SeriesRetention, fromMs: number, toMs: number): Promise<boolean> {
    for (const [key, point] of this.points) {
      const ms = Number(point.time / 1_000_000n);
      if (point.measurement === measurement && ms >= fromMs && ms < toMs) this.points.delete(key);
    }
    return Promise.resolve(true);
  }

  of(measurement: string): MemoryPoint[] {
    return [...this.points.values()].filter((point) => point.measurement === measurement);
  }

  close(): void {
    this.points.clear();
  }
}
