import type { State } from "@mingcheng/protocols";
import type { Logger } from "pino";
import type { IngestFront } from "../ingest/ingest-front.ts";

/** What the broker tells the rest of the centre about a gateway. A hint: liveness is heartbeat and line. */
export interface GatewayHint {
  readonly gw: string;
  readonly online: boolean;
  readonly atMs: number;
  readonly reason: string;
  readonly state: State | null;
}

/** What starting the broker needs. */
export interface BrokerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** PEM. `cert` may be a chain. */
  readonly tls: { readonly key: string; readonly cert: string };
  readonly ingest: IngestFront;
  /** True when the credential is the gateway's. */
  readonly authenticate: (gw: string, credential: string) => boolean;
  /**
   * Asked of the other connections of a gateway in the moment in which one more is let in: false ends them first, so that
   * a box that was replaced and the new one are never heard side by side.
   */
  readonly mayStay: (gw: string, sinceMs: number) => boolean;
  readonly onHint: (hint: GatewayHint) => void;
  /** An unsettled value for screens. */
  readonly onLive: (gw: string, device: string, payload: Uint8Array) => void;
  /** An answer to a command, and a piece of what a command brings. Neither is believed yet. */
  readonly onAck?: (gw: string, payload: Uint8Array) => void;
  readonly onBundle?: (gw: string, command: string, payload: Uint8Array) => void;
  readonly log: Logger;
}

/** Counts since the start. */
export interface BrokerCounts {
  connections: number;
  refusedConnections: number;
  refusedLogins: number;
  refusedTopics: number;
  cutStreams: number;
}
