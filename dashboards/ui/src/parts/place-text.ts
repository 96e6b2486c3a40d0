import type { PlaceView } from "@mingcheng/protocols";

/** Stall and vendor in few words; empty where the register names none. */
export const stallText = (place: PlaceView | null): string =>
  [place?.stall?.label, place?.vendor?.name].filter((part) => part !== undefined && part !== "").join(" ");
