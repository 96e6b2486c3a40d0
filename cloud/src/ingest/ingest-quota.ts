import type { Figure } from "../health/figure.ts";

const dayMs = 24 * 3_600_000;
const mebibyte = 1024 * 1024;
/** Names in a warning; the figures have them all. */
const namedGateways = 5;

/** What was counted in a day: days since 1970, bytes by gateway. */
export interface CountedDay {
  readonly day: number;
  readonly bytes: Readonly<Record<string, number>>;
}

/** What {@link IngestQuota} works with. */
export interface QuotaPorts {
  /** What one gateway may add to the ledger in a day (UTC), in MiB; null: no limit. */
  readonly dailyMiB: number | null;
  readonly nowMs: () => number;
  /** A gateway has used up its day: said once a day. */
  onExceeded(gw: string, bytes: number): void;
}

/**
 * What each gateway has added to the ledger today. One that is over its quota is told to come back: its records wait in its
 * outbox, and nothing is lost. The count begins anew at midnight UTC; {@link QuotaFile} carries it over restarts.
 */
export class IngestQuota {
  readonly #ports: QuotaPorts;
  readonly #bytes = new Map<string, number>();
  readonly #exceeded = new Set<string>();
  #day = 0;

  constructor(ports: QuotaPorts) {
    this.#ports = ports;
  }

  get #limit(): number {
    const { dailyMiB } = this.#ports;
    return dailyMiB === null ? Number.POSITIVE_INFINITY : dailyMiB * mebibyte;
  }

  #turn(): void {
    const day = Math.floor(this.#ports.nowMs() / dayMs);
    if (day === this.#day) return;
    this.#day = day;
    this.#bytes.clear();
    this.#exceeded.clear();
  }

  /** Whether something of this gateway may still be stored today. */
  allows(gw: string): boolean {
    this.#turn();
    return (this.#bytes.get(gw) ?? 0) < this.#limit;
  }

  /** So many bytes of this gateway were stored. */
  add(gw: string, bytes: number): void {
    this.#turn();
    const sum = (this.#bytes.get(gw) ?? 0) + bytes;
    this.#bytes.set(gw, sum);
    if (sum < this.#limit || this.#exceeded.has(gw)) return;
    this.#exceeded.add(gw);
    this.#ports.onExceeded(gw, sum);
  }

  /** What was counted so far, to be taken up after a restart. */
  counted(): CountedDay {
    this.#turn();
    return { day: this.#day, bytes: Object.fromEntries(this.#bytes) };
  }

  /** Goes on from what an earlier process counted; another day's is passed over. */
  takeUp({ day, bytes }: CountedDay): void {
    this.#turn();
    if (day !== this.#day) return;
    for (const [gw, count] of Object.entries(bytes)) this.add(gw, count);
  }

  /** Milliseconds until the next day begins. */
  untilTomorrowMs(): number {
    return dayMs - (this.#ports.nowMs() % dayMs);
  }

  /** What an operator must hear of; null when no gateway is over its quota. */
  warning(): string | null {
    this.#turn();
    const names = [...this.#exceeded].sort();
    if (names.length === 0) return null;
    const more = names.length > namedGateways ? ` and ${names.length - namedGateways} more` : "";
    return `over the daily quota of ${this.#ports.dailyMiB} MiB: ${names.slice(0, namedGateways).join(", ")}${more}`;
  }

  figures(): readonly Figure[] {
    this.#turn();
    const over: Figure = {
      name: "mingcheng_ingest_over_quota",
      help: "Gateways that have used up their daily quota and are told to come back.",
      type: "gauge",
      value: this.#exceeded.size,
    };
    // Those near their limit alone: a city has thousands of gateways.
    const near = [...this.#bytes].filter(([, bytes]) => bytes >= this.#limit / 2);
    return [
      over,
      ...near.map(
        ([gateway, value]): Figure => ({
          name: "mingcheng_ingest_bytes_today",
          help: "Bytes that a gateway added to the ledger today (UTC), from half of its quota on.",
          type: "gauge",
          value,
          labels: { gateway },
        }),
      ),
    ];
  }
}
