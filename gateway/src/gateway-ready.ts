import type { Line } from "@mingcheng/protocols";
import type { LocalConfiguration } from "./configuration/start-configuration.ts";
import type { FrontAddress } from "./intake/front.ts";

/** Where the gateway can be reached, once it captures. */
export interface GatewayReady {
  readonly pid: number;
  readonly health: { readonly host: string; readonly port: number };
  readonly line: Omit<Line, "gw">;
  /** Where the LAN intake listens, where there is one. */
  readonly intake?: readonly FrontAddress[];
  /** Where the set-up page is served, where there is one. */
  readonly web?: string;
  /** Where the market's public screen is served, where there is one. */
  readonly marketScreen?: string;
}

/** What the gateway's own file says, and the version of the configuration from afar that it starts with; 0: none. */
export interface StartOptions {
  readonly local: LocalConfiguration;
  readonly version: number;
  /** The gateway's own file; without one the set-up page writes none. */
  readonly file?: string;
}
