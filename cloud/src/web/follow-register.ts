import type { ReadStores } from "../api/queries/read-stores.ts";
import type { PlaceFinder } from "../register/attribution/place-finder.ts";

/** What somebody changed in the register: nothing, something about users or the like, or where things belong. */
export type RegisterChange = "same" | "users" | "places";

/** Returns what says, each time, what changed in the register since the time before. */
export const followRegister = (stores: Pick<ReadStores, "version">, places: PlaceFinder): (() => RegisterChange) => {
  let followed = { register: -1, places: -1 };
  return () => {
    const register = stores.version("register");
    if (register === followed.register) return "same";
    places.refresh();
    const isFirst = followed.register === -1;
    const moved = places.change !== followed.places && !isFirst;
    followed = { register, places: places.change };
    return moved ? "places" : "users";
  };
};
