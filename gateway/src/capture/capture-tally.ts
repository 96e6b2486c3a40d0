/** What was captured of one device since the start. */
export interface DeviceTally {
  /** Records by kind. */
  readonly captured: Readonly<Record<string, number>>;
  /** Readings that could not be captured. */
  readonly missed: number;
  /** Readings set aside in the quarantine. */
  readonly quarantined: number;
  /** Local time of the last reading that became a record. */
  readonly lastCapturedAt: string | null;
}

interface Counting {
  captured: Record<string, number>;
  missed: number;
  quarantined: number;
  lastCapturedAt: string | null;
}

const nothing: DeviceTally = { captured: {}, missed: 0, quarantined: 0, lastCapturedAt: null };

/** Counts by device, for status and metrics. */
export class CaptureTally {
  private readonly devices = new Map<string, Counting>();

  captured(dev: string, kind: string, wall: string): void {
    const counting = this.of(dev);
    counting.captured[kind] = (counting.captured[kind] ?? 0) + 1;
    counting.lastCapturedAt = wall;
  }

  missed(dev: string): void {
    this.of(dev).missed += 1;
  }

  quarantined(dev: string): void {
    this.of(dev).quarantined += 1;
  }

  read(dev: string): DeviceTally {
    return this.devices.get(dev) ?? nothing;
  }

  /** Devices that were counted. */
  all(): Iterable<readonly [string, DeviceTally]> {
    return this.devices;
  }

  private of(dev: string): Counting {
    const known = this.devices.get(dev);
    if (known !== undefined) return known;
    const counting: Counting = { captured: {}, missed: 0, quarantined: 0, lastCapturedAt: null };
    this.devices.set(dev, counting);
    return counting;
  }
}
