/** What the commanding thread is started with. */
export interface CommandingThreadData {
  readonly dataDirectory: string;
}

/** To the commanding thread. */
export type ToCommandingThread =
  /** A connected gateway told its state. */
  | { readonly type: "state"; readonly gw: string; readonly cseq: number; readonly version: number }
  | { readonly type: "left"; readonly gw: string }
  | { readonly type: "ack"; readonly gw: string; readonly payload: Uint8Array }
  | { readonly type: "bundle"; readonly gw: string; readonly command: string; readonly payload: Uint8Array }
  | { readonly type: "close" };

/** From it. */
export type FromCommandingThread =
  /** So many bytes of answers were dealt with. */
  | { readonly type: "took"; readonly bytes: number }
  | { readonly type: "publish"; readonly gw: string; readonly payload: Uint8Array }
  | {
      readonly type: "log";
      readonly level: "info" | "warn" | "error";
      readonly text: string;
      readonly detail: Readonly<Record<string, unknown>>;
    };
