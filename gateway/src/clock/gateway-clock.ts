import type { ClockBody, RecordTime } from "@mingcheng/protocols";

/** What the gateway's clock says about itself, for status and metrics. */
export interface ClockStatus {
  readonly wall: string;
  readonly sync: RecordTime["sync"];
  /** Bound of the error in milliseconds, null when unknown. */
  readonly errMs: number | null;
  /** True while the clock shows a time that cannot be: before the build, the enrolment, or the last receipt. */
  readonly isBehind: boolean;
  /** Jumps of the system clock seen since the start. */
  readonly steps: number;
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
   * Learns from the time `at` (ISO 8601) of a signed, verified receipt. With `askedMs`, the monotonic time at which the
   * question went out that this very receipt answers, the true time is bounded on both sides and the wall clock is set
   * when it has no better source; without, only from below.
   */
  learn(at: string, askedMs: number | null): void;
  /** Latest instant known to have passed, in milliseconds since 1970: build, enrolment, last receipt. */
  floorMs(): number;
  /** True while the clock shows a time before {@link floorMs}. */
  isBehind(): boolean;
  status(): ClockStatus;
  /** Stops watching and stores the last known time. */
  close(): Promise<void>;
}

/** What {@link openGatewayClock} (`open-clock.ts`) needs. */
export interface ClockOptions {
  /** Keeps `clock.json`, the last known time. */
  readonly dataDirectory: string;
  /** Earliest possible present, ISO 8601, beside the build's: the enrolment's time. */
  readonly notBefore?: string | undefined;
  readonly log: ClockLog;
}

/** Where the clock says what it found. A pino logger fits. */
export interface ClockLog {
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
}
