import type { Bilingual } from "../alerts/alert.ts";
import type { GatewayHint } from "../broker/broker-options.ts";
import type { Routing } from "../duty/routing/routing.ts";
import type { Figure } from "../health/figure.ts";
import type { WatchedFile } from "../rules/broken-file.ts";
import type { AlertRule } from "../rules/rule.ts";
import type { AlertsThreadOptions } from "./alerts-thread.ts";
import type { ReadingsThreadOptions } from "./readings-thread.ts";

/** What a thread is started with: which followers it hosts, and with what. */
export type FollowerThreadData =
  | { readonly role: "readings"; readonly options: ReadingsThreadOptions }
  | { readonly role: "alerts"; readonly options: AlertsThreadOptions };

/** To a thread of followers. */
export type ToFollowerThread =
  | { readonly type: "hint"; readonly hint: GatewayHint }
  /** The rule files have changed and are good. */
  | { readonly type: "rules"; readonly rules: readonly AlertRule[] }
  /** The routing file has changed and is good. */
  | { readonly type: "routing"; readonly routing: Routing }
  /** They have changed and are not good: what was before goes on. */
  | { readonly type: "invalid"; readonly file: WatchedFile; readonly reason: Bilingual }
  | { readonly type: "close" };

/** From it. */
export type FromFollowerThread =
  /** Its stores are open, or were found not to open now. */
  | { readonly type: "started" }
  /** `fault` is null while all is well. */
  | { readonly type: "report"; readonly figures: readonly Figure[]; readonly fault: string | null }
  /** Something for the log: `detail` is stable text, so that repetitions can be folded. */
  | { readonly type: "fault"; readonly follower: string; readonly detail: string }
  | { readonly type: "closed" };
