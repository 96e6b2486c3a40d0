import type { CameraBody, DeviceBody, SeriesMeasurementName, SeriesTag } from "@mingcheng/protocols";
import type { ItemTags } from "./item-tags.ts";
import type { FieldValue, Tags } from "./line-protocol.ts";
import { milligramsOf } from "./milligrams.ts";
import type { PlacedSpan, PlaceTags } from "./place-tags.ts";
import type { ProjectedDevice, ProjectedRecord, ProjectedRecords } from "./projected-records.ts";
import type { Series, SeriesBook } from "./series-book.ts";

/** A point as it is to stand on the server. */
export interface PointDraft {
  readonly series: Series;
  readonly atMs: number;
  /** Nanoseconds behind the millisecond, by which records of one millisecond are told apart. */
  readonly offset: number;
  /** In the layout's order; what stands behind the layout's fields is for the rollups. */
  readonly fields: readonly FieldValue[];
}

/** The state of a camera as a record tells it. */
export interface CameraSaying {
  readonly gw: string;
  readonly dev: string;
  readonly lsn: number;
  readonly atMs: number;
  readonly state: string;
}

/** What the points of records are made with. */
export interface RecordPointsPorts {
  readonly records: ProjectedRecords;
  readonly series: SeriesBook;
  readonly places: PlaceTags;
  readonly items: ItemTags;
  readonly onCamera: (saying: CameraSaying) => void;
}

const epochs = 10;
const countsPerEpoch = 100_000;

/**
 * Nanoseconds by which a record stands behind its millisecond: the record's own epoch and its device's count. Two records of a
 * device share both and the millisecond only when ten process starts or 100 000 readings fell into it.
 */
export const offsetOf = (ep: number, n: number): number => (ep % epochs) * countsPerEpoch + (n % countsPerEpoch);

const verdicts = ["positive", "suspect", "negative", "invalid", "none"] as const;

/** A device where it stands for a time. */
interface DeviceHere extends PlacedSpan {
  readonly series: Map<string, Series>;
}

/** Makes the points of records, as the projections and the register have them now. */
export class RecordPoints {
  readonly #ports: RecordPointsPorts;
  /** Where each device stands, and its series there by what else is in their tags. */
  #devices = new WeakMap<ProjectedDevice, DeviceHere>();

  constructor(ports: RecordPointsPorts) {
    this.#ports = ports;
  }

  /** Points of a record; none when it does not count or is of a kind that is not fed. */
  of(record: ProjectedRecord): PointDraft[] {
    if (!record.counts) return [];
    switch (record.kind) {
      case "weighing":
        return [this.#weighing(record)];
      case "sale":
        return this.#sale(record);
      case "test":
        return this.#test(record);
      case "scale-event":
        return this.#scaleEvent(record);
      case "camera":
        return [this.#camera(record)];
      case "device":
        return [this.#device(record)];
      case "gap":
        return [this.#gap(record)];
      default:
        return [];
    }
  }

  /** Series were forgotten, or places changed. */
  forget(): void {
    this.#devices = new WeakMap();
  }

  #weighing(record: ProjectedRecord): PointDraft {
    const { lsn, grams, mode } = record;
    const isTare = mode === "tare";
    const mg = grams === null ? null : milligramsOf(grams);
    const fields = [1, isTare ? null : mg, isTare ? 1 : 0, mg === null ? 1 : 0, lsn];
    return this.#point(record, "weighing", fields, "mode", mode ?? "unknown");
  }

  #test(record: ProjectedRecord): PointDraft[] {
    const test = this.#ports.records.test(record.lsn);
    if (test === undefined || test.counted === 0) return [];
    const { item, name, category } = this.#ports.items.of(this.#here(record).tagged.site, test.item, record.atMs);
    const fields: FieldValue[] = [1, ...verdicts.map((verdict) => (test.verdict === verdict ? 1 : 0))];
    const more: Tags = [
      ["category", category],
      ["item", item],
      ["item_name", name],
    ];
    const series = this.#seriesOf(record, "test", JSON.stringify(more), () => more);
    return [this.#at(record, series, [...fields, test.verdict, test.assay, record.lsn])];
  }

  #scaleEvent(record: ProjectedRecord): PointDraft[] {
    const state = this.#ports.records.scaleState(record.lsn);
    return state === undefined ? [] : [this.#point(record, "scale_event", [1, record.lsn], "state", state)];
  }

  #sale(record: ProjectedRecord): PointDraft[] {
    const found = this.#ports.records.sale(record.lsn);
    if (found === undefined) return [];
    const { type, amountFen, mismatches } = found.sale;
    const kinds = ["sale", "refund", "void"].map((kind) => (type === kind ? 1 : 0));
    const sale = this.#point(record, "sale", [...kinds, amountFen, mismatches > 0 ? 1 : 0, record.lsn], "type", type);
    const { site } = this.#here(record).tagged;
    const lines = found.lines.map((line, index): PointDraft => {
      const known = this.#ports.items.of(site, line.item ?? line.name, record.atMs);
      const mg = line.grams === null ? null : milligramsOf(line.grams);
      const { unitPriceFen, mismatch, item, name } = line;
      const shown = [item ?? "", name ?? known.name];
      // Registered code and name stand behind: items are counted by them.
      const fields = [1, mg, line.amountFen, unitPriceFen, mismatch, ...shown, record.lsn, known.item, known.name];
      const { category } = known;
      const series = this.#seriesOf(record, "sale_line", category, () => [["category", category]]);
      // Lines of one sale stand a millisecond apart.
      return { ...this.#at(record, series, fields), atMs: record.atMs + index + 1 };
    });
    return [sale, ...lines];
  }

  #camera(record: ProjectedRecord): PointDraft {
    const body = JSON.parse(record.body ?? "{}") as CameraBody;
    const { lsn, atMs } = record;
    const { gw, dev } = record.device;
    const isState = body.event === "state";
    if (isState) this.#ports.onCamera({ gw, dev, lsn, atMs, state: body.state });
    const live = isState ? (body.state === "live" ? 1 : 0) : null;
    const more: Tags = [
      ["zone", body.zone],
      ["event", body.event],
    ];
    const series = this.#seriesOf(record, "camera", JSON.stringify(more), () => more);
    return this.#at(record, series, [1, live, body.state, isState ? body.previousMs : null, lsn]);
  }

  #device(record: ProjectedRecord): PointDraft {
    const { status, driver } = JSON.parse(record.body ?? "{}") as DeviceBody;
    const fields = [1, status === "online" ? 1 : 0, status, record.lsn];
    return this.#point(record, "device", fields, "driver", driver ?? "unknown");
  }

  #gap(record: ProjectedRecord): PointDraft {
    const { count } = JSON.parse(record.body ?? "{}") as { readonly count?: number | null };
    const { place } = this.#ports.places.ofGateway(record.device.gw, record.atMs);
    const series = this.#ports.series.of("record_gap", [...place, ["gw", record.device.gw]]);
    return this.#at(record, series, [1, count ?? 0, record.lsn]);
  }

  #point(
    record: ProjectedRecord,
    measurement: SeriesMeasurementName,
    fields: readonly FieldValue[],
    tag: SeriesTag,
    value: string,
  ): PointDraft {
    return this.#at(
      record,
      this.#seriesOf(record, measurement, value, () => [[tag, value]]),
      fields,
    );
  }

  #at({ atMs, ep, n }: ProjectedRecord, series: Series, fields: readonly FieldValue[]): PointDraft {
    return { series, atMs, offset: offsetOf(ep, n), fields };
  }

  #here({ device, atMs }: ProjectedRecord): DeviceHere {
    const known = this.#devices.get(device);
    if (known !== undefined && atMs >= known.fromMs && atMs < known.toMs) return known;
    const span = this.#ports.places.spanOf(device.gw, device.dev, atMs);
    // The next day in the same place has the same series.
    const series = known?.tagged === span.tagged ? known.series : new Map<string, Series>();
    const here = { ...span, series };
    this.#devices.set(device, here);
    return here;
  }

  #seriesOf(record: ProjectedRecord, measurement: SeriesMeasurementName, key: string, more: () => Tags): Series {
    const { tagged, series: known } = this.#here(record);
    const full = `${measurement} ${key}`;
    const found = known.get(full);
    if (found !== undefined) return found;
    const { gw, dev } = record.device;
    const { series } = this.#ports;
    const stall: Tags = tagged.stall === null ? [] : [["stall", tagged.stall]];
    const tags: Tags = [...tagged.place, ...stall, ["gw", gw], ["dev", series.deviceTag(gw, dev)], ...more()];
    const made = series.of(measurement, tags);
    known.set(full, made);
    return made;
  }
}
