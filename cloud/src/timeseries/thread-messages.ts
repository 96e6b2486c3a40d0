import type { Figure } from "../health/figure.ts";
import type { IngestFigures } from "./ingest-sample.ts";
import type { TimeseriesSettings } from "./settings.ts";

/** What the thread is started with. */
export interface TimeseriesThreadData {
  readonly dataDirectory: string;
  /** IANA time zone of the business day. */
  readonly timezone: string;
  readonly settings: TimeseriesSettings;
}

/** To the thread. */
export type ToTimeseriesThread =
  | { readonly type: "ingest"; readonly figures: IngestFigures }
  | { readonly type: "close" };

/** From it. */
export type FromTimeseriesThread =
  | {
      readonly type: "report";
      readonly figures: readonly Figure[];
      /** What an operator must hear of; null while all is well. */
      readonly warning: string | null;
    }
  /** Something for the log: stable text, so that repetitions can be folded; null: it is over. */
  | { readonly type: "fault"; readonly detail: string | null }
  | { readonly type: "closed" };
