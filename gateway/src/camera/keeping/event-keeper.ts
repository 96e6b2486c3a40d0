import { createHash } from "node:crypto";
import type { ChannelConfig } from "../../config/cameras-config.ts";
import type { ToCameras } from "../process-messages.ts";
import type { HoldAsk } from "./recording-desk.ts";
import type { StillAsk } from "./still-desk.ts";

/** What keeping events works with. */
export interface EventKeeperOptions {
  readonly channels: readonly ChannelConfig[];
  readonly eventDays: number;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly hold: (ask: HoldAsk) => Promise<unknown>;
  readonly still: (channel: string, ask: StillAsk) => Promise<unknown>;
  readonly onFault: (channel: string, error: unknown) => void;
}

/** What belongs to an event, before and after it. */
export const eventSpanMs = { before: 60_000, after: 120_000 } as const;
/** More records of a device in so short a time are its memory being read, not people testing. */
const burst = { records: 5, withinMs: 5_000 } as const;
/** One picture shows what happens in the same moment. */
const stillEveryMs = 10_000;

type BoxEvent = ToCameras & { readonly type: "event" };

const causeOf = ({ zone, devices }: ChannelConfig, { device, cause }: BoxEvent): "test" | "goods-destroyed" | null => {
  const sees = devices.includes(device);
  if (cause === "test") return sees || (zone === "test-room" && devices.length === 0) ? "test" : null;
  // What is weighed where goods are destroyed is being destroyed.
  return sees && zone === "disposal" ? "goods-destroyed" : null;
};

/** Ties what cameras saw to what devices recorded: the span is held and a still kept, each naming the record. */
export class EventKeeper {
  readonly #options: EventKeeperOptions;
  readonly #recent = new Map<string, number[]>();
  readonly #stillMs = new Map<string, number>();

  constructor(options: EventKeeperOptions) {
    this.#options = options;
  }

  /** A device stored a record. Never rejects. */
  async take(event: BoxEvent): Promise<void> {
    const { channels, nowMs } = this.#options;
    const seeing = channels.flatMap((channel) => {
      const cause = causeOf(channel, event);
      return cause === null ? [] : [{ id: channel.id, cause }];
    });
    if (seeing.length === 0) return;
    const recent = (this.#recent.get(event.device) ?? []).filter((atMs) => nowMs() - atMs < burst.withinMs);
    this.#recent.set(event.device, [...recent.slice(1 - burst.records), nowMs()]);
    if (recent.length >= burst.records) return;
    await Promise.all(seeing.map(({ id, cause }) => this.#keep(id, cause, event.ref)));
  }

  async #keep(channel: string, type: "test" | "goods-destroyed", ref: string): Promise<void> {
    const { wallMs, nowMs, hold, still, onFault, eventDays } = this.#options;
    const [atMs, by] = [Math.round(wallMs()), "system"];
    const id = `${type}-${createHash("sha256").update(`${ref} ${channel}`).digest("hex").slice(0, 24)}`;
    const cause = { type, ref };
    const span = { fromMs: atMs - eventSpanMs.before, toMs: atMs + eventSpanMs.after };
    const isDue = nowMs() - (this.#stillMs.get(channel) ?? Number.NEGATIVE_INFINITY) >= stillEveryMs;
    if (isDue) this.#stillMs.set(channel, nowMs());
    const results = await Promise.allSettled([
      hold({ id, channel, ...span, cause, by, why: "", days: eventDays }),
      ...(isDue ? [still(channel, { id, cause, by })] : []),
    ]);
    for (const result of results) if (result.status === "rejected") onFault(channel, result.reason);
  }
}
