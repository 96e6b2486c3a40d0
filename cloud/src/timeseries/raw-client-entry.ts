import { parseArgs } from "node:util";
import { InfluxDB, Point } from "@influxdata/influxdb-client";
import type { SeriesMeasurement } from "@mingcheng/protocols";
import { seriesLayout } from "@mingcheng/protocols";
import { openForReading } from "../store/database.ts";
import type { FieldValue, Tags } from "./line-protocol.ts";
import { nanoseconds } from "./line-protocol.ts";
import type { StoredPoint } from "./point-book.ts";
import { timeseriesPath } from "./timeseries-database.ts";

// What the client alone does with the same points, for the benchmark of the feed: `node raw-client-entry.js --dir DIR --url URL
// --database NAME --batch N`. The points that were fed from DIR are taken into memory first; then they are made into `Point`s and
// written in batches, as its guide shows. Prints one line of JSON.

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    url: { type: "string" },
    database: { type: "string" },
    batch: { type: "string" },
  },
});
const { dir = "", url = "", database = "raw", batch = "5000" } = values;

interface RawPoint {
  readonly measurement: string;
  readonly tags: Tags;
  readonly fields: readonly FieldValue[];
  readonly time: string;
}

const read = (): RawPoint[] => {
  const stored = openForReading(timeseriesPath(dir));
  const series = new Map(
    (
      stored.prepare("SELECT id, measurement, tags FROM series").all() as {
        id: number;
        measurement: string;
        tags: string;
      }[]
    ).map(({ id, measurement, tags }) => [id, { measurement, tags: JSON.parse(tags) as Tags }]),
  );
  const rows = stored
    .prepare("SELECT series, at_ms AS atMs, offset_ns AS offset, fields FROM point ORDER BY lsn, part")
    .all() as Pick<StoredPoint, "series" | "atMs" | "offset" | "fields">[];
  stored.close();
  return rows.flatMap((row) => {
    const of = series.get(row.series);
    if (of === undefined) return [];
    return [{ ...of, fields: JSON.parse(row.fields) as FieldValue[], time: nanoseconds(row.atMs, row.offset) }];
  });
};

const layout: Readonly<Record<string, SeriesMeasurement>> = seriesLayout;
const pointOf = ({ measurement, tags, fields, time }: RawPoint): Point => {
  const point = new Point(measurement).timestamp(time);
  for (const [tag, value] of tags) point.tag(tag, value);
  const names = Object.entries(layout[measurement]?.fields ?? {});
  for (const [index, [name, { type }]] of names.entries()) {
    const value = fields[index];
    if (value === null || value === undefined) continue;
    if (type === "string") point.stringField(name, value);
    else if (type === "integer") point.intField(name, value);
    else point.floatField(name, value);
  }
  return point;
};

const points = read();
await fetch(`${url}/query`, { method: "POST", body: new URLSearchParams({ q: `CREATE DATABASE "${database}"` }) });
const writer = new InfluxDB({ url }).getWriteApi("", database, "ns", {
  ...{ batchSize: Number(batch), flushInterval: 0, maxRetries: 0, maxBufferLines: points.length + 1 },
  // Nothing is packed on either side.
  gzipThreshold: Number.MAX_SAFE_INTEGER,
});
writer.path = `/write?db=${encodeURIComponent(database)}&precision=ns`;
const startedMs = performance.now();
const cpu = process.cpuUsage();
for (const [index, point] of points.entries()) {
  writer.writePoint(pointOf(point));
  // The client sends a full batch by itself; it is waited for, as a program must that does not want to fill its memory.
  if ((index + 1) % (2 * Number(batch)) === 0) await writer.flush();
}
await writer.close();
const used = process.cpuUsage(cpu);
const seconds = (performance.now() - startedMs) / 1_000;
process.stdout.write(
  `${JSON.stringify({ points: points.length, seconds, cpuSeconds: (used.user + used.system) / 1e6 })}\n`,
);
