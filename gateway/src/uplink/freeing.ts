import type { LineOfGateway, UplinkMachine } from "@mingcheng/protocols";
import type { GatewayClock } from "../clock/gateway-clock.ts";
import type { FreedRange, Outbox, OutboxLog } from "../outbox/outbox.ts";

/** What {@link Freeing} needs. */
export interface FreeingParts {
  readonly outbox: Outbox;
  readonly machine: Pick<UplinkMachine, "freeable" | "stats">;
  readonly clock: Pick<GatewayClock, "after">;
  readonly log: OutboxLog;
  /** Below so many free bytes, records go before their age. */
  readonly minFreeBytes: number;
  /** The centre's time in the last verified answer. */
  lastReceiptAt(): string | null;
  onFreed(range: FreedRange): void;
}

/** Marks change with every receipt; segments are looked at this often at most. */
const calmMs = 5_000;
/** Age alone frees too: so often it is looked at without a receipt. */
const everyMs = 3_600_000;
/** Under pressure one segment goes at a time, then the outbox looks at its disk again. */
const pressedMs = 250;

/**
 * Lets the outbox forget what the centre has receipted under the confirmed generation: by age, or, when the disk runs
 * full, the oldest first whatever its age. Without a confirmed generation nothing is freed, however full the disk.
 */
export class Freeing {
  private readonly parts: FreeingParts;
  private isRunning = false;
  private isWanted = false;
  private isStopped = false;
  private cancelTimer: (() => void) | undefined;

  constructor(parts: FreeingParts) {
    this.parts = parts;
    this.wait(everyMs);
  }

  /** Something became freeable. */
  marksChanged(): void {
    if (this.isRunning || this.isWanted) {
      this.isWanted = true;
      return;
    }
    this.isWanted = true;
    this.wait(this.isUnderPressure() ? 0 : calmMs);
  }

  /** The disk refuses captures: look now. */
  diskFailed(): void {
    this.isWanted = true;
    this.run();
  }

  stop(): void {
    this.isStopped = true;
    this.cancelTimer?.();
  }

  private isUnderPressure(): boolean {
    const { freeBytes, health } = this.parts.outbox.stats();
    return health.state === "full" || freeBytes < this.parts.minFreeBytes;
  }

  private wait(delayMs: number): void {
    this.cancelTimer?.();
    if (!this.isStopped) this.cancelTimer = this.parts.clock.after(delayMs, () => this.run());
  }

  private run(): void {
    if (this.isRunning || this.isStopped) return;
    this.isRunning = true;
    this.isWanted = false;
    void this.free()
      .catch((error: unknown) => {
        this.parts.log.warn({ error: String(error) }, "uplink: receipted records could not be freed");
        return false;
      })
      .then((isMoreLikely) => {
        this.isRunning = false;
        this.wait(isMoreLikely ? pressedMs : this.isWanted ? calmMs : everyMs);
      });
  }

  /** True when something was freed. The generation is asked for anew every time: it may have changed meanwhile. */
  private async freeOnce(isPressed: boolean): Promise<boolean> {
    const { outbox, machine } = this.parts;
    const { gen } = machine.stats();
    const at = this.parts.lastReceiptAt();
    if (gen === null || at === null) return false;
    const isFreeable = (line: LineOfGateway, from: number, to: number) => machine.freeable(line, from, to);
    const freed = await outbox.free(isFreeable, { gen, at }, isPressed);
    for (const range of freed) this.parts.onFreed(range);
    return freed.length > 0;
  }

  /** True when another segment should go soon. */
  private async free(): Promise<boolean> {
    await this.freeOnce(false);
    return this.isUnderPressure() && (await this.freeOnce(true));
  }
}
