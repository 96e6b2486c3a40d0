import type { CameraState } from "@mingcheng/protocols";
import type { Quality } from "@mingcheng/protocols/media";
import type { ChannelConfig } from "../../config/cameras-config.ts";
import { CameraHealth, type HealthChange, type HealthSettings, usualHealthSettings } from "../health/camera-health.ts";
import { CameraSource, type SourceOptions } from "./camera-source.ts";
import { StreamFan } from "./stream-fan.ts";

/** One stream of a channel with everything that listens to it. */
export interface RelayedStream {
  readonly quality: Quality;
  readonly source: CameraSource;
  readonly fan: StreamFan;
  /** Judged from what arrives; pictures that were measured are told to it. */
  readonly health: CameraHealth;
  /** Takes over what health says of something that was told to it. */
  readonly judged: (change: HealthChange | undefined) => void;
}

/** A camera as it is relayed. */
export interface RelayedChannel {
  readonly config: ChannelConfig;
  readonly main: RelayedStream;
  /** The same as `main` where there is no small stream. */
  readonly sub: RelayedStream;
}

/** What channels are made with. */
export interface ChannelsOptions extends Pick<SourceOptions, "subnets" | "clock" | "random" | "limits"> {
  readonly channels: readonly ChannelConfig[];
  readonly health?: HealthSettings;
  /** Asked for every session. Undefined: none is set. */
  readonly password: (channel: string) => Promise<string | undefined>;
  /** Every change of a camera's state, for records and alarms. */
  readonly onState: (channel: string, quality: Quality, change: HealthChange) => void;
}

/** Feeds health from what happens to a stream, and wakes it when time alone decides. */
const watchHealth = (
  source: CameraSource,
  clock: SourceOptions["clock"],
  health: CameraHealth,
  judged: RelayedStream["judged"],
): void => {
  let cancel = (): void => undefined;
  const wake = (): void => {
    cancel();
    const atMs = health.nextMs();
    if (atMs === null) return;
    cancel = clock.after(Math.max(50, atMs - clock.nowMs()), () => {
      judged(health.tick(clock.nowMs()));
      wake();
    });
  };
  const told = (change: HealthChange | undefined): void => {
    judged(change);
    wake();
  };
  source.listen({
    asked: (nowMs) => told(health.ask(nowMs)),
    released: (nowMs) => told(health.release(nowMs)),
    connected: (nowMs) => told(health.connected(nowMs)),
    refused: (nowMs, reason) => told(health.refused(nowMs, reason)),
    lost: (nowMs, reason) => told(health.lost(nowMs, reason)),
    // Not woken for each: the wake that is set looks again by itself.
    picture: (picture) => judged(health.picture(picture)),
  });
};

/** All cameras of a box: one session for each stream, however many watch, record or measure. */
export class Channels {
  readonly #channels = new Map<string, RelayedChannel>();

  constructor(options: ChannelsOptions) {
    for (const config of options.channels) {
      const main = this.#stream(options, config, "main", config.address);
      const sub = config.subAddress === undefined ? main : this.#stream(options, config, "sub", config.subAddress);
      this.#channels.set(config.id, { config, main, sub });
    }
  }

  #stream(options: ChannelsOptions, config: ChannelConfig, quality: Quality, address: string): RelayedStream {
    const { clock, subnets, random, limits, password, onState } = options;
    const { id, transport, sound, user } = config;
    const source = new CameraSource({
      ...{ id: `${id}/${quality}`, address, transport, sound, subnets, clock, random },
      login: async () => (user === null ? undefined : { user, password: (await password(id)) ?? "" }),
      ...(limits === undefined ? {} : { limits }),
    });
    const fan = new StreamFan(source);
    const health = new CameraHealth(options.health ?? usualHealthSettings, clock.nowMs());
    const judged = (change: HealthChange | undefined): void => {
      if (change === undefined) return;
      fan.tell(change.state, change.reason);
      onState(id, quality, change);
    };
    watchHealth(source, clock, health, judged);
    return { quality, source, fan, health, judged };
  }

  all(): readonly RelayedChannel[] {
    return [...this.#channels.values()];
  }

  get(id: string): RelayedChannel | undefined {
    return this.#channels.get(id);
  }

  /** Undefined where there is no such channel. */
  stream(id: string, quality: Quality): RelayedStream | undefined {
    return this.#channels.get(id)?.[quality];
  }

  /** State of a channel: of the stream that somebody asks for, the main one first. */
  state(id: string): CameraState {
    const { main, sub } = this.#channels.get(id) ?? {};
    return main?.health.state === "none" && sub !== undefined ? sub.health.state : (main?.health.state ?? "none");
  }

  /** Passwords were changed: what waits after a refusal tries now. */
  retryNow(): void {
    for (const { main, sub } of this.#channels.values()) {
      main.source.retryNow();
      sub.source.retryNow();
    }
  }

  close(): void {
    for (const { main, sub } of this.#channels.values()) {
      main.source.close();
      sub.source.close();
    }
  }
}
