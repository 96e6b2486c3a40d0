import type { Detector } from "./detector.ts";

/** Detectors of this build. None is shipped: what is added here is shown the pictures that are measured anyway. */
export const installedDetectors: readonly Detector[] = [];
