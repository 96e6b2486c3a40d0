import type { CameraBody } from "@mingcheng/protocols";
import { MingchengError } from "@mingcheng/protocols";
import type { Fragment } from "../media/fragment.ts";
import type { RelayedChannel, RelayedStream } from "../relay/channels.ts";
import type { Still, StillStore } from "../stills/still-store.ts";
import type { KeepingPorts } from "./keeping-ports.ts";

/** What a still is asked with. */
export interface StillAsk {
  readonly id: string;
  readonly cause: NonNullable<CameraBody["cause"]>;
  readonly by: string;
}

/** A picture that was kept, and when it was taken. */
export interface KeptStill extends Still {
  readonly takenMs: number;
}

/** A camera that nobody watched may need so long for its first key frame. */
const patienceMs = 12_000;
/** The newest key frame is a picture of now when it is no older. */
const freshMs = 5_000;

/** Takes evidence pictures out of the sessions that are there, or makes one for it. Each is told in a record. */
export class StillDesk {
  readonly #store: StillStore;
  readonly #ports: KeepingPorts;

  constructor(store: StillStore, ports: KeepingPorts) {
    this.#store = store;
    this.#ports = ports;
  }

  /**
   * Keeps a picture of now from the channel's main stream and tells it; resolves once the record is stored.
   * @throws {MingchengError} PICTURE_NONE; the system's error
   */
  async take(channel: RelayedChannel, ask: StillAsk): Promise<KeptStill> {
    const { tell, wallText, stateOf } = this.#ports;
    const fragment = await this.#frame(channel.main);
    const still = await this.keep(channel, fragment, ask);
    const { codec, widthPx, heightPx } = fragment.movie;
    const at = wallText(fragment.wallMs);
    await tell(channel.config.id, {
      ...{ event: "still", zone: channel.config.zone, state: stateOf(channel.config.id), previous: null },
      ...{ previousMs: null, reason: `still ${ask.id} for ${ask.by}`.slice(0, 256), from: at, until: at },
      ...{ picture: { codec, widthPx, heightPx }, cause: ask.cause, files: [...still.files] },
    });
    return still;
  }

  /** Keeps a key frame that is at hand. @throws the system's error */
  async keep({ config: { id, zone } }: RelayedChannel, fragment: Fragment, ask: StillAsk): Promise<KeptStill> {
    const { gw, clock, wallText, onFault } = this.#ports;
    const { sync, errMs } = clock();
    const takenMs = Math.round(fragment.wallMs);
    const request = { ...ask, gw, channel: id, zone, takenMs, at: wallText(takenMs), sync, errMs };
    const frame = { begin: fragment.begin, fragment: fragment.bytes };
    const kept = await this.#store.keep(frame, { ...request, rtpTime: fragment.rtpTime });
    if (kept.fault !== undefined) onFault(id, kept.fault);
    return { ...kept, takenMs };
  }

  /** The newest key frame, or the next one. @throws {MingchengError} PICTURE_NONE */
  #frame({ source }: RelayedStream): Promise<Fragment> {
    const { nowMs, after } = this.#ports;
    const [newest] = source.sinceKey;
    if (newest?.key === true && nowMs() - newest.monoMs <= freshMs) return Promise.resolve(newest);
    const release = source.hold();
    return new Promise<Fragment>((resolve, reject) => {
      const cancel = after(patienceMs, () => reject(new MingchengError("PICTURE_NONE", source.id)));
      const end = source.listen({
        fragment: (fragment) => {
          if (!fragment.key) return;
          cancel();
          end();
          resolve(fragment);
        },
        refused: (_, reason) => {
          cancel();
          end();
          reject(new MingchengError("PICTURE_NONE", reason));
        },
      });
    }).finally(release);
  }
}
