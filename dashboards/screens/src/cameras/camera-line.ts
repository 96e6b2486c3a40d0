import type { Player, ShownTile, TileState } from "@mingcheng/player";
import type { ViewToken } from "@mingcheng/protocols";
import { problemOf } from "@mingcheng/ui/data/json-request.ts";

type Shown = Parameters<Player["show"]>[0];

/** What is shown, and how tokens for it are had. */
export interface LineShown extends Omit<Shown, "token"> {
  readonly token: (quality: string) => Promise<ViewToken>;
}

/** One connection to the media door for every tile of a page, made when the first is watched. */
export class CameraLine {
  #player: Promise<Player> | undefined;
  #closed = false;

  /** Shows a camera; undefined when the page has gone meanwhile. Rejects with a `Problem` when it may not be watched. */
  async show({ token, ...shown }: LineShown): Promise<ShownTile | undefined> {
    // The first token says where the media door is; it is used once, like every other.
    let first: { readonly quality: string; readonly given: ViewToken } | undefined;
    if (this.#player === undefined) {
      const quality = shown.wanted ?? "sub";
      const given = await token(quality);
      first = { quality, given };
      this.#player ??= this.#open(given.port);
    }
    const player = await this.#player;
    if (this.#closed) return undefined;
    return player.show({
      ...shown,
      token: async (quality) => {
        const kept = first?.quality === quality ? first.given : undefined;
        first = undefined;
        try {
          return (kept ?? (await token(quality))).token;
        } catch (error) {
          throw new Error(problemOf(error).code ?? "UNREACHABLE");
        }
      },
    });
  }

  async #open(port: number): Promise<Player> {
    const { Player: Loaded } = await import("@mingcheng/player");
    return new Loaded(`wss://${location.hostname}:${port}/media/watch`, {
      loadJsMpeg: async () => (await import("@mingcheng/player/jsmpeg")).jsMpeg,
    });
  }

  close(): void {
    this.#closed = true;
    void this.#player?.then((player) => player.close());
  }
}

/** A tile that nobody watches. */
export const notWatched: TileState = {
  ...{ state: "none", reason: "", codec: null, ageMs: null, showing: "sub", why: null, source: null, takenMs: null },
};
