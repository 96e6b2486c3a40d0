import type { Showing } from "@mingcheng/protocols/media";

/** Why something else is shown than was wanted; null: it is what was wanted. */
export type ShowingReason = "codec" | "slow" | "uplink" | null;

/** What is less to send. */
const below: Readonly<Record<Showing, Showing>> = {
  main: "sub",
  sub: "pictures",
  compatible: "pictures",
  pictures: "stills",
  stills: "stills",
};

const firstCalmMs = 60_000;
const mostCalmMs = 600_000;

/**
 * Decides in which form a camera is shown: as wanted, unless the browser cannot play it or the line is too slow; then less,
 * and more again after a calm time, which grows with every try that was in vain.
 */
export class ShowingChoice {
  #wanted: "main" | "sub";
  readonly #unplayable = new Set<Showing>();
  /** Rungs of less because of the line. */
  #less = 0;
  #sinceMs = 0;
  #calmMs = firstCalmMs;

  /** `playsMovies`: the browser has media source extensions at all. */
  constructor(wanted: "main" | "sub", playsMovies: boolean) {
    this.#wanted = wanted;
    if (!playsMovies) for (const showing of ["main", "sub"] as const) this.#unplayable.add(showing);
  }

  get wanted(): "main" | "sub" {
    return this.#wanted;
  }

  /** What is to be shown now. */
  get now(): Showing {
    let showing = this.#playable;
    for (let rung = 0; rung < this.#less; rung++) showing = below[showing];
    return showing;
  }

  /** Why. */
  get reason(): ShowingReason {
    if (this.#less > 0) return "slow";
    return this.now === this.#wanted ? null : "codec";
  }

  get #playable(): Showing {
    const order: readonly Showing[] = this.#unplayable.has("sub")
      ? ["compatible", "pictures"]
      : [this.#wanted, "sub", "pictures"];
    return order.find((showing) => !this.#unplayable.has(showing)) ?? "pictures";
  }

  /** The tile is larger or smaller now. */
  want(wanted: "main" | "sub"): void {
    this.#wanted = wanted;
  }

  /** This browser cannot play it, or the camera is not offered so. */
  cannot(showing: Showing, isH265 = false): void {
    this.#unplayable.add(showing);
    // Where only the codec is in the way, pictures look better than what a box has to recode.
    if (isH265 && showing === "sub") this.#unplayable.add("compatible");
  }

  /** The line was too slow for what is shown. */
  slow(nowMs: number): void {
    if (this.now === "stills") return;
    // A step up that did not last: the next comes later.
    if (this.#less > 0 || nowMs - this.#sinceMs < firstCalmMs / 2)
      this.#calmMs = Math.min(mostCalmMs, this.#calmMs * 2);
    this.#less++;
    this.#sinceMs = nowMs;
  }

  /** Tries more after a calm time. True when something else is to be shown. */
  tick(nowMs: number): boolean {
    if (this.#less === 0 || nowMs - this.#sinceMs < this.#calmMs) return false;
    this.#less--;
    this.#sinceMs = nowMs;
    return true;
  }
}
