import { isCode } from "@mingcheng/protocols";
import type { Decoder } from "../decode/decode-job.ts";
import { type GreyPicture, measurePicture } from "../health/picture-measure.ts";
import type { Fragment } from "../media/fragment.ts";
import type { RelayedChannel, RelayedStream } from "../relay/channels.ts";

/** A key frame that was measured, for whoever looks at pictures as well. */
export interface MeasuredPicture {
  readonly channel: RelayedChannel;
  readonly fragment: Fragment;
  readonly grey: GreyPicture;
}

/** What watching over cameras works with. */
export interface CameraWatchOptions {
  readonly decoder: Pick<Decoder, "grey">;
  readonly nowMs: () => number;
  /** Keeps a session with every camera. */
  readonly always: boolean;
  /** Which of a channel's streams tells how it stands. */
  readonly judgedBy: (channel: RelayedChannel) => RelayedStream;
  readonly onMeasured: (picture: MeasuredPicture) => void;
  /** A camera's session ended: what comes next is another picture. */
  readonly onAway: (channel: string) => void;
  readonly onFault: (channel: string, error: unknown) => void;
}

/** After a picture that could not be decoded, or without a decoder, the next try comes so much later. */
const afterFaultMs = 600_000;
const afterUnreadableMs = 30_000;

/**
 * Looks after cameras: keeps their sessions, and has a key frame decoded now and then, small and grey, so that frozen, black
 * and covered pictures are known. What packets tell (stalled, gone) needs none of this.
 */
export class CameraWatch {
  readonly #options: CameraWatchOptions;
  readonly #ends: (() => void)[] = [];

  constructor(options: CameraWatchOptions) {
    this.#options = options;
  }

  /** Begins with a channel. */
  add(channel: RelayedChannel): void {
    const stream = this.#options.judgedBy(channel);
    let busy = false;
    let before: GreyPicture | undefined;
    let notBeforeMs = Number.NEGATIVE_INFINITY;
    const measure = async (fragment: Fragment): Promise<void> => {
      const { decoder, nowMs, onMeasured, onFault } = this.#options;
      try {
        const grey = await decoder.grey({ begin: fragment.begin, fragment: fragment.bytes });
        stream.judged(stream.health.measured(nowMs(), measurePicture(grey, before)));
        before = grey;
        onMeasured({ channel, fragment, grey });
      } catch (error) {
        const isHere = isCode(error, "PICTURE_UNREADABLE");
        notBeforeMs = nowMs() + (isHere ? afterUnreadableMs : afterFaultMs);
        onFault(channel.config.id, error);
      } finally {
        busy = false;
      }
    };
    const forget = (): void => {
      before = undefined;
      this.#options.onAway(channel.config.id);
    };
    const end = stream.source.listen({
      released: forget,
      lost: forget,
      refused: forget,
      fragment: (fragment) => {
        const nowMs = this.#options.nowMs();
        if (!fragment.key || busy || nowMs < notBeforeMs || !stream.health.wantsMeasure(nowMs)) return;
        busy = true;
        void measure(fragment);
      },
    });
    this.#ends.push(end);
    if (this.#options.always) this.#ends.push(stream.source.hold());
  }

  close(): void {
    for (const end of this.#ends) end();
  }
}
