import type { Played } from "@mingcheng/protocols/media";
import { type PlaybackPorts, PlaybackRun, type PlaybackScreen } from "./playback-run.ts";
import type { Recordings } from "./recordings.ts";

/** What is played from. */
export type ReviewedRecordings = Pick<Recordings, "store" | "silence" | "recorder">;

/** Plays recordings to whoever may watch. */
export interface Reviewer {
  /** Plays until it is over or the returned function is called. */
  play(channel: string, played: Played, screen: PlaybackScreen): () => void;
}

/** Plays what is recorded; of channels that are not it says so. */
export const reviewerOf = (recordings: () => ReviewedRecordings | undefined, ports: PlaybackPorts): Reviewer => ({
  play: (channel, played, screen) => {
    const store = recordings()?.store(channel);
    if (store === undefined) {
      screen.tell({ type: "ended", code: "RECORDING_OFF", reason: "this camera is not recorded" });
      return () => undefined;
    }
    const source = {
      ...{ store, silence: () => recordings()?.silence(channel) ?? [] },
      cut: () => recordings()?.recorder(channel)?.cut() ?? Promise.resolve(),
    };
    const run = new PlaybackRun(source, played, screen, ports);
    void run.run();
    return () => run.end();
  },
});
