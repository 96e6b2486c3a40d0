import type { DataOptions } from "../data-options.ts";

/** Options of every command about routing. */
export interface RoutingOptions {
  readonly routing?: string;
  readonly config?: string;
}

/** Options of `routing who`. */
export interface WhoOptions extends DataOptions, RoutingOptions {
  /** Left out: a rule that no route names. */
  readonly rule?: string;
  readonly site: string;
  readonly severity: string;
  readonly tier: string;
  readonly at?: string;
}
