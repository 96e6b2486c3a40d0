import type { PlaceFinder } from "../register/attribution/place-finder.ts";
import { minuteStartMs } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";

/** From when to when, `toMs` not in it. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A device that stood at a site for some time of a period. */
export interface SiteDevice {
  readonly id: number;
  readonly gw: string;
  readonly dev: string;
  readonly class: string;
  /** Where it stood last within the period. */
  readonly stall: string | null;
  readonly spans: readonly Span[];
}

interface DeviceRow {
  readonly id: number;
  readonly gw: string;
  readonly dev: string;
  readonly class: string;
}

/** Devices of a site within a period, as the register says to the minute, in the order of their names. */
export const siteDevices = (
  projections: SqliteDatabase,
  places: PlaceFinder,
  { site, fromMs, toMs }: Span & { readonly site: string },
): readonly SiteDevice[] => {
  const rows = projections.prepare("SELECT id, gw, dev, class FROM device ORDER BY gw, dev").all() as DeviceRow[];
  return rows.flatMap((row): SiteDevice[] => {
    const here = places.stretches(row.gw, row.dev, fromMs, toMs).filter(({ attribution }) => attribution.site === site);
    if (here.length === 0) return [];
    const spans: { fromMs: number; toMs: number }[] = [];
    for (const { from, to } of here) {
      const [start, end] = [minuteStartMs(from), minuteStartMs(to)];
      const last = spans.at(-1);
      if (last?.toMs === start) last.toMs = end;
      else spans.push({ fromMs: start, toMs: end });
    }
    const last = here.at(-1);
    const code = last?.attribution.stall ?? null;
    // As it is written on the stall.
    const label = last === undefined ? null : places.view(row.gw, row.dev, minuteStartMs(last.to) - 1)?.stall?.label;
    return [{ ...row, stall: label ?? code, spans }];
  });
};
