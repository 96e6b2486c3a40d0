import type { ClockBody, RecordTime } from "@mingcheng/protocols";
import type { ClockEvidence } from "./clock-evidence.ts";

/** What the gateway's clock says about itself, for status and metrics. */
export interface ClockStatus {
  readonly wall: string;
  readonly sync: RecordTime["sync"];
  /** Bound of the error in milliseconds, null when unknown. */
  readonly errMs: number | null;
  /** True while the system clock shows a time that cannot be: before the release, the enrolment, the last answer. */
  readonly isBehind: boolean;
  /** Jumps of the system clock seen since the start. */
  readonly steps: number;
  /** System clock minus the centre's, in milliseconds; null before the centre's first answer. */
  readonly aheadOfCentreMs: number | null;
}

/**
 * Time as the whole gateway uses it: monotonic milliseconds that never jump, wall time that says how far it can be
 * believed. Fits the ports of outbox and drivers (`OutboxClock`, `SessionClock`).
 */
export interface GatewayClock {
  /** Monotonic milliseconds since the machine's start. */
  nowMs(): number;
  /** Local time with offset, ISO 8601, milliseconds. */
  wall(): string;
  /** The same with everything a record says about its time. */
  time(): RecordTime;
  /** Runs `task` once after `delayMs`; the returned function cancels it. Never keeps the process alive. */
  after(delayMs: number, task: () => void): () => void;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /**
   * Hands every body of a `clock` record to `listener`: the start, every step, every time the clock was set. What happened
   * before the first listener came is kept for it. The returned function ends it.
   */
  onChange(listener: (body: ClockBody) => void): () => void;
  /**
   * Learns from the time `at` (ISO 8601) of a signed, verified answer of the centre to our own question, which went out at
   * monotonic time `askedMs`: the true time lies between the two. The wall clock is set by it when it has no time service.
   */
  learn(at: string, askedMs: number): void;
  /** Asks the system at once how its clock was set, which otherwise happens every 10 s. Never rejects. */
  refresh(): Promise<void>;
  /** Latest instant known to have passed, in milliseconds since 1970: release, enrolment, the centre's last answer. */
  floorMs(): number;
  /** True while the system clock, which TLS goes by, shows a time before {@link floorMs}. */
  isBehind(): boolean;
  status(): ClockStatus;
  /** Stops watching and stores the last known time. */
  close(): Promise<void>;
}

/** What the clock is made from; tests only. */
export interface ClockPorts {
  /** The system clock, milliseconds since 1970. */
  readonly systemMs: () => number;
  /** Monotonic milliseconds since the machine's start. */
  readonly monoMs: () => number;
  readonly evidence: (bootedMs: number) => Promise<ClockEvidence>;
  readonly bootId: () => Promise<string>;
}

/** What {@link openGatewayClock} (`open-clock.ts`) needs. */
export interface ClockOptions {
  /** Keeps `clock.json`, the last known time. */
  readonly dataDirectory: string;
  /** Earliest possible present, ISO 8601, beside the build's: the enrolment's time. */
  readonly notBefore?: string | undefined;
  readonly log: ClockLog;
  readonly ports?: ClockPorts;
}

/** Where the clock says what it found. A pino logger fits. */
export interface ClockLog {
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
}
