import type { KeyFrame } from "../decode/decode-job.ts";
import type { GreyPicture } from "../health/picture-measure.ts";

/** What a detector is shown: one key frame of one camera. */
export interface ShownPicture {
  readonly channel: string;
  readonly zone: string;
  /** When it came in, by the clock that never jumps. */
  readonly monoMs: number;
  /** Whole and in its own size. */
  readonly frame: KeyFrame;
  /** The same, small and grey, as it was measured anyway. */
  readonly grey: GreyPicture;
}

/** What a detector believes to see in one picture. */
export interface Sighting {
  /** What, in the detector's own words, such as `rodent`, `no-hat`. */
  readonly class: string;
  /** 0 to 100. */
  readonly confidencePercent: number;
}

/**
 * A program that looks at pictures. None is shipped. It sees key frames only, one every 10 to 30 seconds, and says what it
 * believes; it neither stores nor sends anything. Confirmation, evidence, record and verdict are not its business.
 */
export interface Detector {
  readonly name: string;
  readonly version: string;
  /** Zones it is made for; other cameras are not shown to it. */
  readonly zones: readonly string[];
  /** Classes it can say; others are not taken. */
  readonly classes: readonly string[];
  /** Rejects when it cannot; it is asked again with the next picture. Ends soon after `signal` is aborted. */
  inspect(picture: ShownPicture, signal: AbortSignal): Promise<readonly Sighting[]>;
}

/** A sighting that enough pictures agreed on. */
export interface Finding {
  readonly channel: string;
  readonly detector: string;
  readonly version: string;
  readonly class: string;
  /** The least of the pictures that agreed. */
  readonly confidencePercent: number;
  readonly pictures: number;
}

/** When a sighting becomes a finding. */
export interface ConfirmationSettings {
  /** So many pictures behind one another must say the same. */
  readonly pictures: number;
  /** Each with at least this certainty. */
  readonly leastConfidencePercent: number;
  /** After a finding the same is not said again for so long while it goes on. */
  readonly quietMs: number;
}

/** What is used where nothing else is configured. */
export const usualConfirmation: ConfirmationSettings = {
  pictures: 3,
  leastConfidencePercent: 60,
  quietMs: 15 * 60_000,
};

interface Streak {
  pictures: number;
  confidencePercent: number;
  saidMs: number | null;
}

/**
 * Makes findings of sightings: only what several pictures in a row agree on is said, once. One picture proves nothing, and
 * what is said is still no verdict.
 */
export class FindingBook {
  readonly #settings: ConfirmationSettings;
  readonly #streaks = new Map<string, Streak>();

  constructor(settings: ConfirmationSettings = usualConfirmation) {
    this.#settings = settings;
  }

  /** What a detector said of one picture; returns what is confirmed by it. */
  add(
    { name, version, classes }: Pick<Detector, "name" | "version" | "classes">,
    { channel, monoMs }: Pick<ShownPicture, "channel" | "monoMs">,
    sightings: readonly Sighting[],
  ): readonly Finding[] {
    const { pictures, leastConfidencePercent, quietMs } = this.#settings;
    return classes.flatMap((kind) => {
      const key = `${name}\0${channel}\0${kind}`;
      const seen = sightings
        .filter((one) => one.class === kind && one.confidencePercent >= leastConfidencePercent)
        .reduce((most, { confidencePercent }) => Math.max(most, confidencePercent), -1);
      if (seen < 0) {
        this.#streaks.delete(key);
        return [];
      }
      const streak = this.#streaks.get(key) ?? { pictures: 0, confidencePercent: 100, saidMs: null };
      streak.pictures++;
      streak.confidencePercent = Math.min(streak.confidencePercent, Math.min(100, Math.floor(seen)));
      this.#streaks.set(key, streak);
      const due = streak.saidMs === null || monoMs - streak.saidMs >= quietMs;
      if (streak.pictures < pictures || !due) return [];
      streak.saidMs = monoMs;
      const { confidencePercent } = streak;
      return [{ channel, detector: name, version, class: kind, confidencePercent, pictures: streak.pictures }];
    });
  }

  /** The camera was away: what was seen before says nothing of what comes. */
  forget(channel: string): void {
    for (const key of this.#streaks.keys()) if (key.split("\0")[1] === channel) this.#streaks.delete(key);
  }
}
