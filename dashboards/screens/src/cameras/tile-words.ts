import type { TileState } from "@mingcheng/player";
import { problemOf } from "@mingcheng/ui/data/json-request.ts";
import { useI18n } from "vue-i18n";

/** What a tile says of itself, in the reader's language: the truth in one line. */
export const useTileWords = (timezone: string) => {
  const { t, te } = useI18n();
  const clock = (ms: number): string => new Date(ms).toLocaleTimeString("sv-SE", { timeZone: timezone });
  const stateWord = (state: string): string => t(`cameras.states.${te(`cameras.states.${state}`) ? state : "unknown"}`);
  const reasonText = (reason: string): string =>
    te(`cameras.codes.${reason}`) ? t(`cameras.codes.${reason}`) : reason;
  /** In which form it is shown, and why not as wanted. */
  const formText = ({ showing, source, why }: TileState): string => {
    const isMovie = showing === "main" || showing === "sub";
    const form = t(`cameras.forms.${isMovie ? (source ?? showing) : showing}`);
    return why === null ? form : t("cameras.formBecause", { form, reason: t(`cameras.because.${why}`) });
  };
  /** Beside the state: the form, and how old it is. */
  const detailText = (tile: TileState): string => {
    const { state, showing, takenMs, ageMs } = tile;
    if (state === "recorded")
      return takenMs === null ? "" : new Date(takenMs).toLocaleString("sv-SE", { timeZone: timezone });
    if (state !== "live") return reasonText(tile.reason);
    const isMovie = showing === "main" || showing === "sub" || showing === "compatible";
    const age =
      !isMovie && takenMs !== null
        ? t("cameras.takenAt", { at: clock(takenMs) })
        : ageMs === null
          ? ""
          : t("cameras.late", { seconds: (ageMs / 1_000).toFixed(1) });
    return [formText(tile), age].filter(Boolean).join(" · ");
  };
  return { stateWord, detailText, clock, codeOf: (error: unknown): string => problemOf(error).code ?? "" };
};
