/**
 * Where a record belongs, as the register says of its device and time. Null and empty: the register does not say. Topics
 * and names of gateways are never asked.
 */
export interface Attribution {
  readonly stall: string | null;
  readonly vendor: string | null;
  readonly site: string | null;
  /** Codes of the areas of the site, the widest first. */
  readonly areas: readonly string[];
}

/** From when to when (minutes since 1970, `to` not in it) a device belonged where. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly attribution: Attribution;
}

/** Of a device that the register does not place at that time. */
export const unattributed: Attribution = { stall: null, vendor: null, site: null, areas: [] };

/** No tree of areas is deeper. */
export const maxAreaDepth = 8;
