import type { DataOptions } from "../data-options.ts";

/** Options of every command about rules. */
export interface RulesOptions {
  readonly rules?: string;
  readonly config?: string;
}

/** Options of `rules backtest`. */
export interface BacktestCommandOptions extends DataOptions, RulesOptions {
  readonly from: string;
  readonly to: string;
  readonly rule?: string;
  readonly json?: boolean;
}
