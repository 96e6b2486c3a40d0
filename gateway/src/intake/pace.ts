/** Messages a second that a device may send for long, and at once. */
const perSecond = 20;
const burst = 200;

/** Keeps one device from taking the whole box: so many messages at once, so many a second afterwards. */
export class Pace {
  private readonly nowMs: () => number;
  private readonly devices = new Map<string, { tokens: number; atMs: number }>();

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** Milliseconds to wait before the device's next message; 0: it is taken now. */
  waitMs(device: string): number {
    const now = this.nowMs();
    const known = this.devices.get(device) ?? { tokens: burst, atMs: now };
    const tokens = Math.min(burst, known.tokens + ((now - known.atMs) * perSecond) / 1000);
    const isTaken = tokens >= 1;
    this.devices.set(device, { tokens: isTaken ? tokens - 1 : tokens, atMs: now });
    return isTaken ? 0 : Math.ceil(((1 - tokens) * 1000) / perSecond);
  }
}
