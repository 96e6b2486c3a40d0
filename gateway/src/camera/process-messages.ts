import type { CameraBody, CameraState, CameraZone, RecordTime } from "@mingcheng/protocols";
import type { Quality } from "@mingcheng/protocols/media";
import type { CamerasConfig } from "../config/cameras-config.ts";
import type { CameraAnswer, CameraAsk } from "./keeping/camera-ask.ts";
import type { GatewaySignature } from "./recording/clip.ts";
import type { MediaAccess } from "./relay/media-access.ts";

/** What the camera process is told of time. */
export interface ToldClock {
  /** The gateway's wall clock minus the system's, milliseconds. */
  readonly aheadMs: number;
  readonly sync: RecordTime["sync"];
  readonly errMs: number | null;
}

/** From the gateway to the camera process. */
export type ToCameras =
  | {
      readonly type: "start";
      readonly gw: string;
      readonly dataDirectory: string;
      readonly config: CamerasConfig;
      /** Further names of the local web. */
      readonly names: readonly string[];
      readonly clock: ToldClock;
    }
  /** Somebody watches at the centre. */
  | { readonly type: "dial"; readonly access: MediaAccess }
  | { readonly type: "clock"; readonly clock: ToldClock }
  | { readonly type: "session"; readonly id: number; readonly holds: boolean }
  /** A record is on disk, or could not be stored now. */
  | { readonly type: "stored"; readonly id: number; readonly ok: boolean }
  | ({ readonly type: "signed"; readonly id: number } & GatewaySignature)
  /** Somebody wants something done; it is answered. */
  | { readonly type: "ask"; readonly id: number; readonly ask: CameraAsk }
  /** A device of this box stored a record: what its cameras see is evidence. */
  | { readonly type: "event"; readonly device: string; readonly cause: "test" | "weighing"; readonly ref: string };

/** A file that was kept, as a record names it. */
export type NamedFile = NonNullable<CameraBody["files"]>[number];

/** From it. */
export type FromCameras =
  /** Where local viewers connect; null: nowhere. */
  | { readonly type: "ready"; readonly viewPort: number | null }
  | { readonly type: "refused"; readonly code: string; readonly message: string }
  | { readonly type: "log"; readonly level: "info" | "warn" | "error"; readonly text: string; readonly detail: object }
  /** Does this token open the set-up page? */
  | { readonly type: "session"; readonly id: number; readonly token: string }
  /** Something that must be seen at once, or is over. */
  | { readonly type: "alarm"; readonly code: string; readonly detail: string | null }
  /** To be stored and then acknowledged. */
  | { readonly type: "record"; readonly id: number; readonly channel: string; readonly body: CameraBody }
  | { readonly type: "sign"; readonly id: number; readonly octets: Uint8Array }
  | { readonly type: "answer"; readonly id: number; readonly answer: CameraAnswer }
  | {
      readonly type: "state";
      readonly channel: string;
      readonly zone: CameraZone;
      readonly quality: Quality;
      readonly state: CameraState;
      readonly previous: CameraState;
      readonly previousMs: number;
      readonly reason: string;
      /** The picture that was the reason. */
      readonly files?: readonly NamedFile[];
      readonly picture?: NonNullable<CameraBody["picture"]>;
    };
