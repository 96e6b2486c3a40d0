import type { Logger } from "pino";
import type { CloudConfig } from "../config/cloud-config.ts";
import type { CentreCard } from "../enrol/enrol-routes.ts";
import type { Figure } from "../health/figure.ts";
import type { MediaAccess } from "../media/media-access.ts";

/** What the web thread is started with. Register, ledger and projections exist already; the broker listens. */
export interface WebOptions {
  readonly dataDirectory: string;
  readonly config: CloudConfig;
  /** PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
  /** What enrolled gateways are told. */
  readonly card: CentreCard;
  /** How viewers are let in to video; null: there is none. */
  readonly media?: MediaAccess | null;
  readonly log: Logger;
  /** The thread itself died: the process ends to be started again. */
  onExit(error: Error): void;
}

/** HTTPS: screens, API, live events, enrolment; as seen from the main thread. */
export interface Web {
  /** Port that was taken. */
  readonly port: number;
  /** The administrator made at this start, because there was no user at all. Shown once, never logged. */
  readonly firstLogin: { readonly user: string; readonly password: string } | null;
  /** Passes an unsettled value on to screens. */
  live(gw: string, device: string, payload: Uint8Array): void;
  /** Serves with another certificate from the next connection on, and names its authority to those who enrol. */
  renewTls(tls: WebOptions["tls"], authorityPem: string): void;
  /** Why it does not answer now, for `/readyz`; null when all is well. */
  fault(): string | null;
  /** The figures it reported last. */
  figures(): readonly Figure[];
  /** Ends open streams and answers, then the thread. */
  close(): Promise<void>;
}
