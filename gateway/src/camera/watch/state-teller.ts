import type { Quality } from "@mingcheng/protocols/media";
import type { HealthChange } from "../health/camera-health.ts";
import type { StillDesk } from "../keeping/still-desk.ts";
import type { FromCameras } from "../process-messages.ts";
import type { RelayedChannel } from "../relay/channels.ts";

type StateMessage = FromCameras & { readonly type: "state" };

/** Changes of one camera that wait for a picture; more than that is a camera that flutters. */
const mostWaiting = 32;

const pictureFaults: readonly string[] = ["frozen", "black", "covered"];

/** Tells the gateway how cameras stand, in order; what a picture was the reason for carries that picture. */
export class StateTeller {
  readonly #stills: Pick<StillDesk, "keep">;
  readonly #say: (message: StateMessage) => void;
  readonly #turns = new Map<string, { turn: Promise<void>; waiting: number }>();

  constructor(stills: Pick<StillDesk, "keep">, say: (message: StateMessage) => void) {
    this.#stills = stills;
    this.#say = say;
  }

  /** Returns at once. */
  tell(channel: RelayedChannel, quality: Quality, change: HealthChange): void {
    const { id } = channel.config;
    const [fragment] = channel[quality].source.sinceKey;
    const wanted = pictureFaults.includes(change.state) ? fragment : undefined;
    const place = this.#turns.get(id) ?? { turn: Promise.resolve(), waiting: 0 };
    this.#turns.set(id, place);
    const isMany = place.waiting >= mostWaiting;
    place.waiting++;
    place.turn = place.turn.then(async () => {
      const evidence = wanted === undefined || isMany ? {} : await this.#evidence(channel, wanted);
      place.waiting--;
      this.#say({ type: "state", channel: id, zone: channel.config.zone, quality, ...change, ...evidence });
    });
  }

  async #evidence(
    channel: RelayedChannel,
    fragment: NonNullable<RelayedChannel["main"]["source"]["sinceKey"][number]>,
  ): Promise<Pick<StateMessage, "files" | "picture">> {
    const { codec, widthPx, heightPx } = fragment.movie;
    const picture = { codec, widthPx, heightPx };
    const id = `state-${channel.config.id.slice(0, 40)}-${Math.round(fragment.wallMs)}`;
    try {
      const kept = await this.#stills.keep(channel, fragment, { id, cause: { type: "state", ref: id }, by: "system" });
      return { picture, files: kept.files };
    } catch {
      // The state is told without its picture: the disk may be what fails.
      return { picture };
    }
  }
}
