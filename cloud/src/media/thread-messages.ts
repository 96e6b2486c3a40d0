/** What the media thread is started with. */
export interface MediaThreadData {
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly mostPublic: number;
  readonly tls: { readonly key: string; readonly cert: string };
  readonly hosts: readonly string[];
  /** Key of view tokens. */
  readonly key: Uint8Array;
}

/** To the media thread. */
export type ToMedia =
  | { readonly type: "certificates"; readonly tls: MediaThreadData["tls"] }
  | { readonly type: "close" };

/** From it. */
export type FromMedia =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "refused"; readonly code: string; readonly message: string }
  /** Ask this gateway to dial in. */
  | { readonly type: "hint"; readonly gw: string }
  /** Tell this gateway which of its channels are switched off: all of them, each time. */
  | { readonly type: "viewing"; readonly gw: string; readonly off: readonly string[] }
  | { readonly type: "report"; readonly gateways: number; readonly streams: number; readonly views: number }
  | { readonly type: "log"; readonly level: "warn" | "error"; readonly text: string; readonly detail: object }
  | { readonly type: "closed" };
