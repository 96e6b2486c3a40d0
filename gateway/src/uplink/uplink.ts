import type {
  AuthoritiesMessage,
  GatewayHealth,
  LineOfGateway,
  MingchengError,
  UplinkLimits,
} from "@mingcheng/protocols";
import type { GatewayClock } from "../clock/gateway-clock.ts";
import type { Endpoint, GatewayIdentity } from "../identity/identity.ts";
import type { Outbox, OutboxLog } from "../outbox/outbox.ts";

/** Faults of trust, by which records wait here although the network is there. */
export const trustFaults = ["CENTRE_UNTRUSTED", "CERTIFICATE_EXPIRED", "CENTRE_REFUSED"] as const;

/** Alarms about the trust between gateway and centre. */
export type TrustAlarm = (typeof trustFaults)[number] | "CERTIFICATE_ENDS_SOON";

/** How the centre is reached and trusted at this moment. */
export interface CentreAccess {
  readonly mqtt: Endpoint;
  readonly credential: string;
  /** Certificates of the only authorities trusted, PEM. */
  readonly authorities: readonly string[];
}

/** What {@link startUplink} needs. */
export interface UplinkOptions {
  readonly identity: GatewayIdentity;
  readonly outbox: Outbox;
  readonly clock: GatewayClock;
  readonly log: OutboxLog;
  /** Overrides the enrolled MQTT address (configuration `centre`). The certificate must name this host. */
  readonly centre?: Endpoint | undefined;
  /** How the centre is reached, asked before every connection; by default as enrolled. Never rejects. */
  readonly access?: () => Promise<CentreAccess>;
  /** The centre names, signed, the authorities to trust from now on. */
  readonly onAuthorities?: (payload: Uint8Array, message: AuthoritiesMessage) => void;
  readonly alarms?: { raise(code: TrustAlarm, detail: string): void; clear(code: TrustAlarm): void };
  /** Last command executed and configuration version applied, for the state; both 0 by default. */
  readonly facts?: () => { readonly cseq: number; readonly config: number };
  /** How this gateway is, for the state; by default it says nothing. */
  readonly health?: () => GatewayHealth | undefined;
  /** Takes what comes down on the command topic, as it came; without it nothing is asked for there. */
  readonly onCommand?: (message: Uint8Array) => void;
  /** Takes what comes down on the media topic; without it nothing is asked for there. */
  readonly onMedia?: (message: Uint8Array) => void;
  /** Below so many free bytes receipted segments are freed whatever their age, default 64 MiB. */
  readonly minFreeBytes?: number;
  /** The protocol's timing; tests only. */
  readonly limits?: UplinkLimits;
  /** Reconnecting; tests only. */
  readonly reconnect?: ReconnectLimits;
  /** Uniform in [0, 1), for jitter. */
  readonly random?: () => number;
}

/** How reconnecting is spread: full jitter, uniform in [0, min(cap, base · 2^failures)). */
export interface ReconnectLimits {
  readonly baseMs: number;
  readonly capMs: number;
  /** A connection that served for so long counts as good: the next failure starts at `base` again. */
  readonly steadyAfterMs: number;
}

/** Figures for health, status and metrics. */
export interface UplinkStats {
  readonly connected: boolean;
  /** Connected, and the centre has said what it holds. */
  readonly ready: boolean;
  /** Records without a receipt. */
  readonly pending: number;
  /** Batches under way. */
  readonly inFlight: number;
  /** The centre's time in the last verified answer, null before the first. */
  readonly lastReceiptAt: string | null;
  /** Connections that came up after the first. */
  readonly reconnects: number;
  /** Answers thrown away because they did not verify or had no known form. */
  readonly refusedDownlinks: number;
  readonly bytesSent: number;
  readonly batchesSent: number;
  readonly recordsSent: number;
  readonly liveSent: number;
  readonly liveDropped: number;
  readonly freedRecords: number;
  /** Why the last attempt failed; null while connected. */
  readonly lastError: MingchengError | null;
}

/** The running uplink. */
export interface Uplink {
  /** The line under which it is connected or connects. */
  readonly line: LineOfGateway;
  /** Sends an unsettled value for screens, QoS 0. Dropped when not connected or when the line is slow. */
  publishLive(device: string, payload: Readonly<Record<string, unknown>>): void;
  /** Sends a message, QoS 1, and nobody waits for it. False when not connected: whoever asked will ask again. */
  send(topic: string, payload: Uint8Array): boolean;
  /** True when the centre's ledger holds the record, under the generation that is confirmed. */
  isReceipted(line: LineOfGateway, seq: number): boolean;
  /** Tells the centre in a new state what `facts` says now. */
  factsChanged(): void;
  /** Shows an alarm in the state at once, and in every later one, until cleared. */
  setAlarm(code: string, detail: string): void;
  clearAlarm(code: string): void;
  stats(): UplinkStats;
  /** Publishes the offline state and disconnects; ends within 3 s whatever the network does. Idempotent. */
  close(): Promise<void>;
}
