import type { PlaceFinder } from "../../register/attribution/place-finder.ts";
import type { Cover } from "../../users/cover.ts";

/** Who asks, and what says where things belong. */
export interface Seen {
  readonly cover: Cover;
  readonly places: PlaceFinder;
}
