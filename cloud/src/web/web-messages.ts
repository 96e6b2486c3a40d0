import type { CloudConfig } from "../config/cloud-config.ts";
import type { CentreCard } from "../enrol/enrol-routes.ts";
import type { Figure } from "../health/figure.ts";
import type { MediaAccess } from "../media/media-access.ts";
import type { Web } from "./web.ts";

/** What the web thread is started with. */
export interface WebThreadData {
  readonly dataDirectory: string;
  readonly config: CloudConfig;
  readonly tls: { readonly key: string; readonly cert: string };
  readonly card: CentreCard;
  /** How viewers are let in to video; null or left out: there is none. */
  readonly media?: MediaAccess | null;
  /** Names under which this centre is reached. */
  readonly hosts: readonly string[];
  /** Directory of the built screens. */
  readonly screens: string;
}

/** To the web thread. */
export type ToWeb =
  | { readonly type: "live"; readonly gw: string; readonly device: string; readonly payload: Uint8Array }
  /** Another certificate, and the authority that issued it, from the next connection on. */
  | { readonly type: "certificates"; readonly tls: WebThreadData["tls"]; readonly authorityPem: string }
  | { readonly type: "close" };

/** From it. */
export type FromWeb =
  | { readonly type: "listening"; readonly port: number; readonly firstLogin: Web["firstLogin"] }
  /** It could not start: `code` is one of the catalogue. */
  | { readonly type: "refused"; readonly code: string; readonly message: string }
  | { readonly type: "report"; readonly figures: readonly Figure[]; readonly fault: string | null }
  | {
      readonly type: "log";
      readonly level: "info" | "warn" | "error";
      readonly text: string;
      readonly detail: Readonly<Record<string, unknown>>;
    }
  | { readonly type: "closed" };
