import type { SqliteDatabase } from "../store/database.ts";
import { shapeOf } from "./model/shape.ts";

/** A stall as a gateway's public screen draws it. */
export interface PlannedStall {
  readonly label: string;
  /** Left, top, width, height; y downwards. */
  readonly box: readonly [left: number, top: number, width: number, height: number];
  readonly trade?: string;
  /** Its scale, where that hangs on the gateway. */
  readonly device?: string;
}

interface StallRow {
  readonly label: string;
  readonly trade: string;
  readonly shape: string;
  readonly dev: string | null;
}

const valid = (table: string): string =>
  `${table}.until_change IS NULL AND ${table}.valid_from <= :minute AND :minute < ${table}.valid_to`;

const stallsSql = `SELECT label, trade, shape,
    (SELECT placement.dev FROM placement JOIN device ON device.gw = placement.gw AND device.dev = placement.dev
       AND device.class = 'scale' AND ${valid("device")}
     WHERE placement.gw = :gw AND placement.stall = stall.code AND ${valid("placement")} ORDER BY placement.dev LIMIT 1) AS dev
  FROM stall JOIN geometry ON geometry.place = 'stall' AND geometry.code = stall.code AND ${valid("geometry")}
  WHERE site = :site AND ${valid("stall")} ORDER BY stall.code`;

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** The stalls of a site that are drawn, as boxes around their shapes: what `marketScreen.stalls` of a gateway takes. */
export const stallPlan = (
  register: SqliteDatabase,
  { site, gw, minute }: { readonly site: string; readonly gw: string; readonly minute: number },
): PlannedStall[] => {
  const rows = register.prepare(stallsSql).all({ site, gw, minute }) as StallRow[];
  return rows.flatMap(({ label, trade, shape, dev }) => {
    const numbers = JSON.stringify(shapeOf(shape)?.coordinates ?? [])
      .replaceAll(/[[\]]/g, "")
      .split(",")
      .map(Number);
    const xs = numbers.filter((_, index) => index % 2 === 0);
    const ys = numbers.filter((_, index) => index % 2 === 1);
    const [width, height] = [Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)];
    // A point is no stall that can be drawn.
    if (!(width > 0 && height > 0)) return [];
    const box = [Math.min(...xs), -Math.max(...ys), width, height].map(rounded) as [number, number, number, number];
    return [{ label, box, ...(trade === "" ? {} : { trade }), ...(dev === null ? {} : { device: dev }) }];
  });
};
