import type { ClockBody, RecordTime } from "@mingcheng/protocols";
import type { ClockEvidence } from "./clock-evidence.ts";
import { driftPerMs, ReceiptTime } from "./receipt-time.ts";
import { wallText } from "./wall-text.ts";

type Sync = RecordTime["sync"];

/** A wall clock that moves by more between two looks has jumped; what slews never does. */
const stepMs = 1_000;
/** A time service keeps the clock at least so well when it has just set it. */
const ntpErrMs = 100;

/** Between setting the clock and saying so a time service may take so long. */
const ntpSlackMs = 2_000;
/** So far two well-kept clocks may be apart. */
const floorSlackMs = 60_000;

/** Where the wall clock's time comes from. */
export interface WallPorts {
  systemMs(): number;
  monoMs(): number;
  floorMs(): number;
  onChange(body: ClockBody): void;
}

/**
 * The wall clock and how far it can be believed. In this order: the system clock when a time service has set it and it has
 * not jumped since; the centre's time; the system clock when a battery clock has set it and it shows a possible time;
 * the system clock as it is, and nobody vouches for it. Pure but for its ports: whoever owns it looks at it often.
 */
export class WallClock {
  steps = 0;
  private readonly ports: WallPorts;
  private readonly centre = new ReceiptTime();
  private evidence: ClockEvidence;
  /** System clock minus monotonic clock when last looked at. */
  private baseMs: number;
  /** What a time service said before the clock last jumped vouches for it no more. By the system clock. */
  private ntpCountsFromMs = Number.NEGATIVE_INFINITY;
  private hasStepped = false;
  private sync: Sync;

  constructor(ports: WallPorts, evidence: ClockEvidence) {
    this.ports = ports;
    this.evidence = evidence;
    this.baseMs = ports.systemMs() - ports.monoMs();
    this.sync = this.bestSync();
    const [after, err] = [this.wallMs(ports.monoMs()), this.errMs(ports.monoMs())];
    this.tell({ cause: "start", before: null, after: wallText(after), step_ms: 0, sync: this.sync, err_ms: err });
  }

  /** System clock minus the centre's, null while that is unknown. */
  get aheadOfCentreMs(): number | null {
    return this.centre.isKnown ? Math.round(this.baseMs - this.centre.offsetMs) : null;
  }

  /** Now, with everything a record says about it. */
  read(boot: string): RecordTime {
    this.look();
    const monoMs = this.ports.monoMs();
    return { wall: wallText(this.wallMs(monoMs)), mono_ms: monoMs, boot, sync: this.sync, err_ms: this.errMs(monoMs) };
  }

  wall(): string {
    this.look();
    return wallText(this.wallMs(this.ports.monoMs()));
  }

  /** Finds out whether the system clock jumped. `before` and `after` are then the system clock's, whoever is believed. */
  look(): void {
    const monoMs = this.ports.monoMs();
    const baseMs = this.ports.systemMs() - monoMs;
    const movedMs = baseMs - this.baseMs;
    const before = this.baseMs + monoMs;
    this.baseMs = baseMs;
    if (Math.abs(movedMs) < stepMs) return;
    this.steps++;
    this.hasStepped = true;
    this.ntpCountsFromMs = baseMs + monoMs - ntpSlackMs;
    this.sync = this.bestSync();
    const after = wallText(baseMs + monoMs);
    const step_ms = Math.round(movedMs);
    this.tell({ cause: "step", before: wallText(before), after, step_ms, sync: this.sync, err_ms: this.errMs(monoMs) });
  }

  /** The system says anew how its clock was set. */
  take(evidence: ClockEvidence): void {
    this.look();
    this.changing(() => {
      this.evidence = evidence;
    });
  }

  /** See `GatewayClock.learn`. */
  learn(centreMs: number, askedMs: number): void {
    this.look();
    this.changing(() => this.centre.learn(centreMs, askedMs, this.ports.monoMs()));
  }

  /** Carries out a change and tells of it when it moved the wall clock or changed who vouches for it. */
  private changing(change: () => void): void {
    const monoMs = this.ports.monoMs();
    const [before, syncBefore] = [this.wallMs(monoMs), this.sync];
    change();
    this.sync = this.bestSync();
    const after = this.wallMs(monoMs);
    const step_ms = Math.round(after - before);
    if (this.sync === syncBefore && Math.abs(step_ms) < stepMs) return;
    const cause = this.sync === "none" ? "step" : this.sync;
    const [from, to] = [wallText(before), wallText(after)];
    this.tell({ cause, before: from, after: to, step_ms, sync: this.sync, err_ms: this.errMs(monoMs) });
  }

  private bestSync(): Sync {
    const { ntpSetMs, isFromRtc } = this.evidence;
    const nowMs = this.ports.systemMs();
    const floorMs = this.ports.floorMs();
    const isSince = ntpSetMs !== null && ntpSetMs >= this.ntpCountsFromMs && ntpSetMs <= nowMs + ntpSlackMs;
    if (isSince && nowMs >= floorMs - floorSlackMs) return "ntp";
    if (this.centre.isKnown) return "receipt";
    return isFromRtc && !this.hasStepped && nowMs >= floorMs ? "rtc" : "none";
  }

  private wallMs(monoMs: number): number {
    return monoMs + (this.sync === "receipt" ? this.centre.offsetMs : this.baseMs);
  }

  private errMs(monoMs: number): number | null {
    switch (this.sync) {
      case "ntp": {
        const ageMs = Math.max(0, this.baseMs + monoMs - (this.evidence.ntpSetMs ?? 0));
        return Math.ceil(ntpErrMs + ageMs * driftPerMs);
      }
      case "receipt":
        return Math.ceil(this.centre.errMs(monoMs));
      case "rtc":
      case "none":
        return null;
    }
  }

  private tell(body: ClockBody): void {
    this.ports.onChange(body);
  }
}
