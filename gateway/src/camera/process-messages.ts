import type { CameraState } from "@mingcheng/protocols";
import type { Quality } from "@mingcheng/protocols/media";
import type { CamerasConfig } from "../config/cameras-config.ts";
import type { MediaAccess } from "./relay/centre-link.ts";

/** From the gateway to the camera process. */
export type ToCameras =
  | {
      readonly type: "start";
      readonly gw: string;
      readonly dataDirectory: string;
      readonly config: CamerasConfig;
      /** Further names of the local web. */
      readonly names: readonly string[];
      /** The gateway's wall clock minus the system's, milliseconds. */
      readonly aheadMs: number;
    }
  /** Somebody watches at the centre. */
  | { readonly type: "dial"; readonly access: MediaAccess }
  | { readonly type: "clock"; readonly aheadMs: number }
  | { readonly type: "session"; readonly id: number; readonly holds: boolean };

/** From it. */
export type FromCameras =
  /** Where local viewers connect; null: nowhere. */
  | { readonly type: "ready"; readonly viewPort: number | null }
  | { readonly type: "refused"; readonly code: string; readonly message: string }
  | { readonly type: "log"; readonly level: "info" | "warn" | "error"; readonly text: string; readonly detail: object }
  /** Does this token open the set-up page? */
  | { readonly type: "session"; readonly id: number; readonly token: string }
  | {
      readonly type: "state";
      readonly channel: string;
      readonly quality: Quality;
      readonly state: CameraState;
      readonly previous: CameraState;
      readonly previousMs: number;
      readonly reason: string;
    };
