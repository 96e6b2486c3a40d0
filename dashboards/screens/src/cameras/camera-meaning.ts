import type { CameraView } from "@mingcheng/protocols";

/** A state as every page has it: its name among the texts, and what it means. */
export interface CameraStanding {
  readonly word: string;
  readonly meaning: "normal" | "attention" | "alarm" | "unknown" | "parked";
}

const meanings: Readonly<Record<string, CameraStanding["meaning"]>> = {
  ...{ live: "normal", recorded: "normal", ok: "normal", none: "parked", pending: "unknown", connecting: "unknown" },
  ...{ paused: "parked", stale: "attention", stalled: "attention", frozen: "attention", black: "attention" },
  ...{ covered: "attention", "auth-failed": "attention", disconnected: "alarm", unsupported: "attention" },
  ...{ refused: "parked", ended: "parked", unknown: "unknown" },
};

/** What a state means. */
export const meaningOf = (state: string): CameraStanding["meaning"] => meanings[state] ?? "unknown";

/**
 * How a camera stands as far as the centre knows. A gateway that is away says nothing about its cameras, however cheerful its
 * last word was; one that nobody asked for a picture is neither well nor ill.
 */
export const standingOf = ({ online, reported }: Pick<CameraView, "online" | "reported">): CameraStanding => {
  if (online !== true || reported === null) return { word: "unknown", meaning: "unknown" };
  const word = reported.state === "live" ? "ok" : reported.state;
  return { word, meaning: meaningOf(word) };
};

const order = ["alarm", "attention", "unknown", "normal", "parked"];

/** Whether somebody has to look after it. */
export const isBad = (camera: Pick<CameraView, "online" | "reported">): boolean =>
  order.indexOf(standingOf(camera).meaning) < 2;

/** Sites with their cameras: those with something wrong first. */
export const bySite = (cameras: readonly CameraView[]): { readonly site: string; readonly cameras: CameraView[] }[] => {
  const sites = new Map<string, CameraView[]>();
  for (const camera of cameras) sites.set(camera.site, [...(sites.get(camera.site) ?? []), camera]);
  const worst = (all: readonly CameraView[]): number =>
    Math.min(...all.map((camera) => order.indexOf(standingOf(camera).meaning)));
  return [...sites]
    .map(([site, all]) => ({ site, cameras: all }))
    .sort((one, other) => worst(one.cameras) - worst(other.cameras) || one.site.localeCompare(other.site));
};
