import type { ExportEvidenceRequest, UserScope } from "@mingcheng/protocols";

/** What is to be exported, where to, and for whom. */
export interface ExportJob {
  readonly dataDirectory: string;
  readonly asked: ExportEvidenceRequest;
  /** Areas and sites that the file may show; null: the whole centre. */
  readonly scope: UserScope | null;
  readonly out: string;
  /** When it is asked for, milliseconds since 1970. */
  readonly nowMs: number;
}

/** What the thread answers. */
export type ExportDone =
  | { readonly ok: true; readonly records: number; readonly withheld: number }
  | { readonly ok: false; readonly message: string };
