import type { DriverDefinition } from "./define-driver.ts";
import * as families from "./families.ts";

export type * from "./define-driver.ts";

/** The driver of every family in `families.ts`: scales first, then by protocol id. */
export const drivers: readonly DriverDefinition[] = Object.values(families).sort((a, b) =>
  `${a.deviceClass} ${a.protocol}` < `${b.deviceClass} ${b.protocol}` ? -1 : 1,
);
