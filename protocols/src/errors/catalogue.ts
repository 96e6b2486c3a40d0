import { cameraErrors } from "./camera-errors.ts";
import { centreErrors } from "./centre-errors.ts";
import type { ErrorEntry } from "./error-entry.ts";
import { gatewayErrors } from "./gateway-errors.ts";
import { sharedErrors } from "./shared-errors.ts";

/** Every error code of the project. A code is never reused for another meaning. `docs/errors.md` is generated from here. */
export const errorCatalogue = {
  ...sharedErrors,
  ...gatewayErrors,
  ...cameraErrors,
  ...centreErrors,
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code, safe to match on and to document. */
export type ErrorCode = keyof typeof errorCatalogue;
