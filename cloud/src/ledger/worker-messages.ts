import type { MessagePort } from "node:worker_threads";
import type { ErrorCode } from "@mingcheng/protocols";
import type { LedgerAnswer, LedgerMessage } from "./ledger-port.ts";

/** What the worker is started with. */
export interface WorkerOptions {
  readonly dataDirectory: string;
}

/** To the thread that owns the ledger. */
export type ToWorker =
  | { readonly type: "take"; readonly id: number; readonly message: LedgerMessage }
  /** Orders to erase come in by this port. */
  | { readonly type: "erasures"; readonly port: MessagePort }
  | { readonly type: "close" };

/** From it. */
export type FromWorker =
  | { readonly type: "open" }
  | { readonly type: "answers"; readonly ids: readonly number[]; readonly answers: readonly LedgerAnswer[] }
  /** The store refuses for now, or a rule of ours broke on one message: `message` names it. */
  | { readonly type: "fault"; readonly error: string; readonly message: string | null }
  /** The ledger must not be opened by this program, now or later. The thread ends. */
  | { readonly type: "refused"; readonly code: ErrorCode; readonly error: string };
