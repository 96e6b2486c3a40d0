import type { SessionMetric } from "../drivers/define-driver.ts";

/** One counter of a device. `reason` is empty where the metric has none. */
export interface MeterReading {
  readonly metric: SessionMetric;
  readonly reason: string;
  readonly value: number;
}

/** More reasons than any driver has; what comes beyond is counted under `other`. */
const maxCounters = 64;

/** What a device's sessions counted since the start. */
export class DeviceMeter {
  private readonly counters = new Map<string, { metric: SessionMetric; reason: string; value: number }>();

  add(metric: SessionMetric, reason = "", by = 1): void {
    const known = this.counters.get(`${metric} ${reason}`);
    if (known !== undefined) {
      known.value += by;
      return;
    }
    if (this.counters.size >= maxCounters && reason !== "other") this.add(metric, "other", by);
    else this.counters.set(`${metric} ${reason}`, { metric, reason, value: by });
  }

  /** Sum over all reasons. */
  total(metric: SessionMetric): number {
    let sum = 0;
    for (const counter of this.counters.values()) if (counter.metric === metric) sum += counter.value;
    return sum;
  }

  all(): Iterable<MeterReading> {
    return this.counters.values();
  }
}
