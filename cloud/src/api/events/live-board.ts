import { type LiveReading, liveReadingSchema } from "@mingcheng/protocols/api";

/** So many devices are kept; a gateway that makes up more pushes out the ones that spoke longest ago. */
const maxDevices = 20_000;
/** An older value no longer says what the scale shows. */
const freshForMs = 10_000;
const payloadSchema = liveReadingSchema.omit({ gw: true, dev: true, at: true });

/** The latest unsettled value of every scale, in memory only. */
export class LiveBoard {
  readonly #readings = new Map<string, LiveReading>();
  readonly #moved = new Map<string, LiveReading>();
  #refused = 0;

  /** Payloads that were no live value. */
  get refused(): number {
    return this.#refused;
  }

  /** Takes a payload as it came from the gateway. What is no live value is counted and dropped. */
  take(gw: string, dev: string, payload: Uint8Array, nowMs: number): void {
    const reading = this.#read(gw, dev, payload, nowMs);
    if (reading === undefined) {
      this.#refused++;
      return;
    }
    const key = `${gw} ${dev}`;
    this.#readings.delete(key);
    this.#readings.set(key, reading);
    this.#moved.set(key, reading);
    const oldest = this.#readings.keys().next();
    if (this.#readings.size > maxDevices && oldest.done !== true) {
      this.#readings.delete(oldest.value);
      this.#moved.delete(oldest.value);
    }
  }

  #read(gw: string, dev: string, payload: Uint8Array, nowMs: number): LiveReading | undefined {
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(payload).toString("utf8"));
    } catch {
      return undefined;
    }
    const parsed = payloadSchema.safeParse(value);
    if (!parsed.success) return undefined;
    const reading = liveReadingSchema.safeParse({ gw, dev, at: new Date(nowMs).toISOString(), ...parsed.data });
    return reading.success ? reading.data : undefined;
  }

  /** What changed since the last call, the latest of each device. */
  takeMoved(): LiveReading[] {
    const moved = [...this.#moved.values()];
    this.#moved.clear();
    return moved;
  }

  /** Every value that is still fresh, for a screen that just came. */
  fresh(nowMs: number): LiveReading[] {
    return [...this.#readings.values()].filter(({ at }) => nowMs - Date.parse(at) < freshForMs);
  }
}
