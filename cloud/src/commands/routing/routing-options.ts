import type { DataOptions } from "../data-options.ts";

/** Options of every command about routing. */
export interface RoutingOptions {
  readonly routing?: string;
  readonly config?: string;
}

/** Options of `routing who`. */
export interface WhoOptions extends DataOptions, RoutingOptions {
  readonly site: string;
  readonly severity: string;
  readonly tier: string;
  readonly at?: string;
}
