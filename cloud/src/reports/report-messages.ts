import type { Report } from "@mingcheng/protocols";
import type { ReportAsked } from "./read-report.ts";

/** What a report is made of, and where. */
export interface ReportJob {
  readonly dataDirectory: string;
  readonly timezone: string;
  readonly asked: ReportAsked;
  /** When it is asked for, milliseconds since 1970. */
  readonly nowMs: number;
}

/** What the thread answers. */
export type ReportDone =
  | { readonly ok: true; readonly report: Report }
  | { readonly ok: false; readonly code: string; readonly message: string };
