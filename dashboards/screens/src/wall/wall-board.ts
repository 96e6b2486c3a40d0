import type { Wall, WallAct } from "@mingcheng/protocols";
import { api } from "../data/api-client.ts";
import { useKeptUp } from "../data/kept-up.ts";

/** A record shows as soon as that; less often where the centre takes longer. */
const everyMs = 150;

/** What a wall shows, kept up to date by itself until the scope ends. `name`: what the wall is called; empty: it has no name. */
export const useWallBoard = (name: string, onSignedOut: () => void, onWall: (act: WallAct) => void) => {
  const events = { records: "none", ...(name === "" ? {} : { wall: name }) };
  const { value: wall, ...kept } = useKeptUp<Wall>({ ask: api.wall, onSignedOut, onWall, events, everyMs });
  return { wall, ...kept };
};
