import type { Played } from "@mingcheng/protocols/media";
import type { ChannelStore } from "./channel-store.ts";
import { type PlaybackPorts, PlaybackRun, type PlaybackScreen } from "./playback-run.ts";

/** Plays recordings to whoever may watch. */
export interface Reviewer {
  /** Plays until it is over or the returned function is called. */
  play(channel: string, played: Played, screen: PlaybackScreen): () => void;
}

/** Plays what is recorded of the channels that `storeOf` knows; of others it says that nothing is. */
export const reviewerOf = (storeOf: (channel: string) => ChannelStore | undefined, ports: PlaybackPorts): Reviewer => ({
  play: (channel, played, screen) => {
    const store = storeOf(channel);
    if (store === undefined) {
      screen.tell({ type: "ended", code: "RECORDING_NOT_FOUND", reason: "this camera is not recorded" });
      return () => undefined;
    }
    const run = new PlaybackRun(store, played, screen, ports);
    void run.run();
    return () => run.end();
  },
});
