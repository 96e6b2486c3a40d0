import type { Cover } from "../users/cover.ts";

/** A view of a business day. */
interface DayView {
  readonly asOf: string;
  readonly from: string;
  readonly to: string;
}

/** What {@link TodayCache} works with. */
export interface TodayCachePorts<View extends DayView> {
  /** Changes whenever anything changed that a day's view is made from. */
  version(): string;
  /** Reads the day's view. */
  read(gw: string | null, cover: Cover): View;
  nowMs(): number;
  /** While records pour in, a view of this age is still handed out, with its own time; left out: 300. */
  readonly goodForMs?: number;
}

const goodForMsDefault = 300;
/** What has not changed is handed out as it is for so long, before it is given a new time. */
const trueForMs = 1_000;
const maxKept = 64;

/**
 * Many screens ask for the same day at the same moment: it is read once for all of them. What has not changed is as true
 * now as when it was read; what has is read again, at most a few times a second.
 */
export class TodayCache<View extends DayView> {
  readonly #ports: TodayCachePorts<View>;
  readonly #kept = new Map<string, { readonly version: string; readonly readMs: number; readonly today: View }>();

  constructor(ports: TodayCachePorts<View>) {
    this.#ports = ports;
  }

  get(gw: string | null, cover: Cover): View {
    const { goodForMs = goodForMsDefault } = this.#ports;
    const nowMs = this.#ports.nowMs();
    const version = this.#ports.version();
    const key = `${gw ?? ""} ${cover.key}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      const ageMs = nowMs - kept.readMs;
      const sameDay = nowMs >= Date.parse(kept.today.from) && nowMs < Date.parse(kept.today.to);
      const good = ageMs >= 0 && ageMs < (kept.version === version ? trueForMs : goodForMs);
      if (sameDay && good) return kept.today;
      if (sameDay && kept.version === version) {
        const today = { ...kept.today, asOf: new Date(nowMs).toISOString() };
        this.#kept.set(key, { version, readMs: nowMs, today });
        return today;
      }
    }
    const today = this.#ports.read(gw, cover);
    if (this.#kept.size >= maxKept) this.#kept.clear();
    this.#kept.set(key, { version, readMs: nowMs, today });
    return today;
  }

  /** The next view is read anew. */
  forget(): void {
    this.#kept.clear();
  }
}
