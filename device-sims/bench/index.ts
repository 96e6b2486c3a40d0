import type { Bench } from "./bench.ts";
import { footprintBench } from "./footprint.ts";

/** Every benchmark, in the order in which `npm run bench` runs them. */
export const benches: readonly Bench[] = [footprintBench];
